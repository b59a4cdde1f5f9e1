//! Walks over replies that are already encoded, to join the replies of several shards into one.

/// The length in bytes of the element at the start of `encoded`, its nested elements included. None when it is not
/// whole.
pub fn element_len(encoded: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut wanted = 1_usize;
    while wanted > 0 {
        wanted -= 1;
        let rest = encoded.get(at..)?;
        let (kind, line_len) = (*rest.first()?, line_len(rest)?);
        let number = || {
            std::str::from_utf8(&rest[1..line_len - 2])
                .ok()?
                .parse::<i64>()
                .ok()
        };
        at += line_len;
        match kind {
            b'$' | b'=' => {
                if let Ok(len) = usize::try_from(number()?) {
                    at += len + 2;
                }
            }
            b'*' | b'~' | b'>' => wanted += usize::try_from(number()?).unwrap_or(0),
            b'%' => wanted += 2 * usize::try_from(number()?).unwrap_or(0),
            // Attributes come before the element they belong to.
            b'|' => wanted += 2 * usize::try_from(number()?).unwrap_or(0) + 1,
            _ => {}
        }
    }
    (at <= encoded.len()).then_some(at)
}

fn line_len(encoded: &[u8]) -> Option<usize> {
    encoded
        .windows(2)
        .position(|pair| pair == b"\r\n")
        .map(|at| at + 2)
}

/// The elements of an encoded array or set; empty for anything else.
pub fn array_elements(encoded: &[u8]) -> Vec<&[u8]> {
    let Some(header) = line_len(encoded).filter(|_| matches!(encoded.first(), Some(b'*' | b'~')))
    else {
        return Vec::new();
    };
    let mut rest = &encoded[header..];
    let mut elements = Vec::new();
    while let Some(len) = element_len(rest) {
        let (element, behind) = rest.split_at(len);
        elements.push(element);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    elements
}

/// The number of an encoded integer reply.
pub fn integer(encoded: &[u8]) -> Option<i64> {
    let digits = encoded.strip_prefix(b":")?.strip_suffix(b"\r\n")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The bytes of an encoded bulk string; None for a null or anything else.
pub fn bulk(encoded: &[u8]) -> Option<&[u8]> {
    let header = line_len(encoded).filter(|_| encoded.first() == Some(&b'$'))?;
    encoded.get(header..)?.strip_suffix(b"\r\n")
}

/// Whether the reply is an error.
pub fn is_error(encoded: &[u8]) -> bool {
    encoded.first() == Some(&b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_however_they_nest() {
        let encoded = b"*4\r\n$1\r\na\r\n$-1\r\n*2\r\n:1\r\n%1\r\n+k\r\n_\r\n:7\r\n";
        assert_eq!(element_len(encoded), Some(encoded.len()));
        let elements = array_elements(encoded);
        assert_eq!(elements.len(), 4);
        assert_eq!(bulk(elements[0]), Some(b"a".as_slice()));
        assert_eq!(bulk(elements[1]), None);
        assert_eq!(integer(elements[3]), Some(7));
        assert_eq!(element_len(&encoded[..10]), None);
        assert!(array_elements(b"*0\r\n").is_empty());
    }
}

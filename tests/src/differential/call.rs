//! A command of a run: its words, the keys among them, and what Redis promises of its reply.

use std::fmt;

use super::promise::Promise;

/// See the top of the file.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) words: Vec<Vec<u8>>,
    /// Bit n: it may touch key n of its episode.
    pub(super) keys: u64,
    pub(super) promise: Promise,
}

impl Call {
    /// A call of words without keys whose reply must be the same.
    pub(super) fn plain(line: &str) -> Self {
        Call {
            words: line
                .split(' ')
                .map(|word| word.as_bytes().to_vec())
                .collect(),
            keys: 0,
            promise: Promise::Exact,
        }
    }

    /// The command's name in capitals.
    pub(super) fn name(&self) -> String {
        let name = self.words.first().map_or(&b""[..], |word| word);
        String::from_utf8_lossy(name).to_ascii_uppercase()
    }

    /// Whether it is a scan of all keys, which takes several calls where there are several shards.
    pub(super) fn is_key_scan(&self) -> bool {
        matches!(self.promise, Promise::Scan) && self.name() == "SCAN"
    }

    /// The word at `index`, empty if there is none.
    pub(super) fn word(&self, index: usize) -> &[u8] {
        self.words.get(index).map_or(&[], |word| word)
    }
}

/// As redis-cli reads it.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            let is_plain = !word.is_empty()
                && word
                    .iter()
                    .all(|byte| byte.is_ascii_graphic() && !b"\"'\\".contains(byte));
            if is_plain {
                f.write_str(&String::from_utf8_lossy(word))?;
            } else {
                write!(f, "\"")?;
                for byte in word {
                    match byte {
                        b'"' | b'\\' => write!(f, "\\{}", *byte as char)?,
                        b' '..=b'~' => write!(f, "{}", *byte as char)?,
                        _ => write!(f, "\\x{byte:02x}")?,
                    }
                }
                write!(f, "\"")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_redis_cli() {
        let mut call = Call::plain("SET a b");
        call.words.push(b"\x00 \"x".to_vec());
        call.words.push(Vec::new());
        assert_eq!(call.to_string(), r#"SET a b "\x00 \"x" """#);
    }
}

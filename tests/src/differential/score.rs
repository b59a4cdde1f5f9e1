//! Floating point numbers as text: 7.0 writes 17 significant digits, 7.2 the shortest ones that give the number again.

/// What 7.2 answers where 7.0 answers `text`, if that is a number in C's `%.17g`.
pub(super) fn as_72(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let looks = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.e".contains(&byte));
    let number: f64 = text.parse().ok().filter(|_| looks)?;
    (percent_17g(number) == text).then(|| shortest(number).into_bytes())
}

/// C's `%.17g` of a finite number.
pub(super) fn percent_17g(number: f64) -> String {
    let scientific = format!("{number:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| -> String {
        match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => text.to_owned(),
        }
    };
    if (-4..17).contains(&exponent) {
        return trim(&format!("{number:.*}", (16 - exponent) as usize));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(mantissa), exponent.abs())
}

/// 7.2's text of a finite number: integers below 2^62 in full, else the shortest digits, laid out by their exponent.
pub(super) fn shortest(number: f64) -> String {
    if number == 0.0 {
        return if number.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    if number.abs() <= (i64::MAX / 2) as f64 && number.fract() == 0.0 {
        return (number as i64).to_string();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let first: i32 = exponent.parse().unwrap_or(0);
    let (count, last) = (digits.len() as i32, first - digits.len() as i32 + 1);
    if last >= 0 && first < count + 7 {
        return format!("{sign}{digits}{}", "0".repeat(last as usize));
    }
    if last < 0 && (last > -7 || first.abs() < 4) {
        return match count + last {
            whole if whole <= 0 => {
                format!("{sign}0.{}{digits}", "0".repeat(-whole as usize))
            }
            whole => format!(
                "{sign}{}.{}",
                &digits[..whole as usize],
                &digits[whole as usize..]
            ),
        };
    }
    let rest = if count > 1 {
        format!(".{}", &digits[1..])
    } else {
        String::new()
    };
    let direction = if first < 0 { '-' } else { '+' };
    format!("{sign}{}{rest}e{direction}{}", &digits[..1], first.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_both_versions() {
        let both = |number| (percent_17g(number), shortest(number));
        assert_eq!(both(0.1), ("0.10000000000000001".into(), "0.1".into()));
        assert_eq!(both(3.0), ("3".into(), "3".into()));
        assert_eq!(both(1e20), ("1e+20".into(), "1e+20".into()));
        assert_eq!(both(-2.5), ("-2.5".into(), "-2.5".into()));
        assert_eq!(both(-0.0), ("-0".into(), "-0".into()));
        assert_eq!(both(1e-10), ("1e-10".into(), "1e-10".into()));
        assert_eq!(both(1e17), ("1e+17".into(), "100000000000000000".into()));
        assert_eq!(as_72(b"0.10000000000000001"), Some(b"0.1".to_vec()));
        assert_eq!(as_72(b"0.1"), None);
        assert_eq!(as_72(b"member"), None);
    }
}

//! Sizes in bytes as configuration files write them: digits and an optional unit.
//!
//! `k`, `m`, `g` are powers of 1000, `kb`, `mb`, `gb` powers of 1024, `b` or nothing is one byte; case does not matter.

const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("k", 1000),
    ("kb", 1 << 10),
    ("m", 1000 * 1000),
    ("mb", 1 << 20),
    ("g", 1000 * 1000 * 1000),
    ("gb", 1 << 30),
];

/// The size in bytes, or nothing when the text is no size or does not fit 64 bits. No digits at all are zero.
pub fn parse(text: &[u8]) -> Option<u64> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = if digits == 0 {
        0
    } else {
        std::str::from_utf8(number).ok()?.parse().ok()?
    };
    let (_, factor) = UNITS
        .iter()
        .find(|(name, _)| unit.eq_ignore_ascii_case(name.as_bytes()))?;
    number.checked_mul(*factor)
}

/// The shortest exact form with a unit of 1024: `1gb`, `64mb`, `1000`.
pub fn format(bytes: u64) -> String {
    for (unit, size) in [("gb", 1u64 << 30), ("mb", 1 << 20), ("kb", 1 << 10)] {
        if bytes != 0 && bytes.is_multiple_of(size) {
            return format!("{}{unit}", bytes / size);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn units_are_known_in_any_case() {
        assert_eq!(parse(b""), Some(0));
        assert_eq!(parse(b"10"), Some(10));
        assert_eq!(parse(b"10B"), Some(10));
        assert_eq!(parse(b"2k"), Some(2000));
        assert_eq!(parse(b"2Kb"), Some(2048));
        assert_eq!(parse(b"700mb"), Some(734_003_200));
        assert_eq!(parse(b"1GB"), Some(1 << 30));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "-1",
            "x",
            "1x",
            "1 mb",
            "1.5gb",
            "18446744073709551616",
            "17179869184gb",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn formatting_is_undone_by_parsing(bytes: u64) {
            prop_assert_eq!(parse(format(bytes).as_bytes()), Some(bytes));
        }
    }
}

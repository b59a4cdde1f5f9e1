//! Floating point numbers as text, the way Redis 7.2 prints them: in replies, and for the scores that sorted sets keep as
//! strings.
//!
//! A whole number of up to 2^62 prints as an integer. Everything else prints the fewest digits that read back as the
//! same number, as `123000`, `12.5`, `0.00125` or `1.25e-7`: without an exponent where few zeros need to be filled in.

use zmij::Buffer;

/// The longest text: sign, point, 17 digits, `e-308`.
const LONGEST: usize = 32;
/// Whole numbers up to here print as integers.
const WHOLE_MAX: f64 = (i64::MAX / 2) as f64;

/// The text of a number, without an allocation.
pub struct DoubleText {
    bytes: [u8; LONGEST],
    len: usize,
}

impl DoubleText {
    /// Prints `value`. NaN is `nan`, whatever its sign.
    #[inline]
    pub fn new(value: f64) -> DoubleText {
        let mut text = DoubleText {
            bytes: [0; LONGEST],
            len: 0,
        };
        match whole(value) {
            Some(number) => text.push(itoa::Buffer::new().format(number).as_bytes()),
            None => text.print(value),
        }
        text
    }

    /// The text.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn print(&mut self, value: f64) {
        if value.is_nan() {
            return self.push(b"nan");
        }
        let negative = value.is_sign_negative();
        if negative {
            self.push(b"-");
        }
        if value.is_infinite() {
            self.push(b"inf");
        } else if value == 0.0 {
            self.push(b"0");
        } else {
            self.print_digits(&Digits::of(value.abs()));
        }
    }

    fn print_digits(&mut self, digits: &Digits) {
        let count = digits.count as i32;
        // The power of ten of the first digit.
        let first = digits.exponent + count - 1;
        let bytes = &digits.bytes[..digits.count];
        if digits.exponent >= 0 && first.abs() < count + 7 {
            self.push(bytes);
            self.push_zeros(digits.exponent);
        } else if digits.exponent < 0 && (digits.exponent > -7 || first.abs() < 4) {
            let whole = count + digits.exponent;
            if whole <= 0 {
                self.push(b"0.");
                self.push_zeros(-whole);
                self.push(bytes);
            } else {
                self.push(&bytes[..whole as usize]);
                self.push(b".");
                self.push(&bytes[whole as usize..]);
            }
        } else {
            self.push(&bytes[..1]);
            if count > 1 {
                self.push(b".");
                self.push(&bytes[1..]);
            }
            self.push(if first < 0 { b"e-" } else { b"e+" });
            self.push(itoa::Buffer::new().format(first.abs()).as_bytes());
        }
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn push_zeros(&mut self, count: i32) {
        (0..count).for_each(|_| self.push(b"0"));
    }
}

/// The integer that `value` is, if it is one of moderate size. `-0` is none.
#[inline]
pub(crate) fn whole(value: f64) -> Option<i64> {
    let number = value as i64;
    let is_whole = number as f64 == value && (number != 0 || value.is_sign_positive());
    (is_whole && value.abs() <= WHOLE_MAX).then_some(number)
}

/// A number with 17 significant digits, those that tell any two numbers apart, as C prints it with `%.17g`.
pub fn precise_text(value: f64) -> String {
    const DIGITS: i32 = 17;
    if !value.is_finite() || value == 0.0 {
        let text = DoubleText::new(value);
        return String::from_utf8_lossy(text.as_bytes()).into_owned();
    }
    let scientific = format!("{:.16e}", value.abs());
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let digits: String = digits.chars().filter(|char| *char != '.').collect();
    let sign = if value < 0.0 { "-" } else { "" };
    let without_zeros = |whole: &str, fraction: &str| match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    };
    if !(-4..DIGITS).contains(&power) {
        let mantissa = without_zeros(&digits[..1], &digits[1..]);
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", power.abs());
    }
    if power < 0 {
        let zeros = "0".repeat((-power - 1) as usize);
        without_zeros("0", &format!("{zeros}{digits}"))
    } else {
        let (whole, fraction) = digits.split_at(power as usize + 1);
        without_zeros(whole, fraction)
    }
}

/// A positive number as `digits * 10^exponent` with the fewest digits.
struct Digits {
    bytes: [u8; LONGEST],
    count: usize,
    exponent: i32,
}

impl Digits {
    fn of(value: f64) -> Digits {
        let mut buffer = Buffer::new();
        let text = buffer.format_finite(value).as_bytes();
        let mut digits = Digits {
            bytes: [0; LONGEST],
            count: 0,
            exponent: 0,
        };
        let mut behind_point = false;
        for (at, byte) in text.iter().enumerate() {
            match byte {
                b'.' => behind_point = true,
                b'e' | b'E' => {
                    digits.exponent += exponent(&text[at + 1..]);
                    break;
                }
                digit => {
                    digits.exponent -= i32::from(behind_point);
                    if *digit != b'0' || digits.count > 0 {
                        digits.bytes[digits.count] = *digit;
                        digits.count += 1;
                    }
                }
            }
        }
        while digits.count > 1 && digits.bytes[digits.count - 1] == b'0' {
            digits.count -= 1;
            digits.exponent += 1;
        }
        digits
    }
}

fn exponent(text: &[u8]) -> i32 {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    sign * digits
        .iter()
        .fold(0, |number, digit| number * 10 + i32::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: f64) -> String {
        String::from_utf8(DoubleText::new(value).as_bytes().to_vec()).expect("digits are ASCII")
    }

    #[test]
    fn whole_numbers_print_as_integers() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (-17.0, "-17"),
            (1e17, "100000000000000000"),
            (4_611_686_018_427_387_904.0, "4611686018427387904"),
            (9_223_372_036_854_775_808.0, "9223372036854776000"),
            (1e19, "1e+19"),
            (-5e18, "-5e+18"),
            (1.234_567_890_123_456_9e23, "123456789012345690000000"),
            (-1.234_567_890_123_456_9e23, "-123456789012345690000000"),
            (1.5e300, "1.5e+300"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn fractions_have_few_digits() {
        for (value, expected) in [
            (0.1, "0.1"),
            (-1.5, "-1.5"),
            (2.345_678_901_234_567, "2.345678901234567"),
            (0.000_001, "0.000001"),
            (0.000_000_1, "1e-7"),
            (1.25e-7, "1.25e-7"),
            (0.001_234_567_8, "0.0012345678"),
            (0.000_123_456_78, "1.2345678e-4"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
        ] {
            assert_eq!(text(value), expected);
        }
    }

    #[test]
    fn seventeen_digits_are_c_s() {
        for (value, expected) in [
            (0.1, "0.10000000000000001"),
            (-1.5, "-1.5"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (100.0, "100"),
            (12_345_678.9, "12345678.9"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (1.25e300, "1.2500000000000001e+300"),
            (-0.0, "-0"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(precise_text(value), expected);
        }
    }

    #[test]
    fn what_is_no_number_has_a_name() {
        assert_eq!(text(f64::INFINITY), "inf");
        assert_eq!(text(f64::NEG_INFINITY), "-inf");
        assert_eq!(text(-f64::NAN), "nan");
    }

    proptest! {
        #[test]
        fn every_number_reads_back(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
            prop_assert_eq!(text(value).parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
        }
    }
}

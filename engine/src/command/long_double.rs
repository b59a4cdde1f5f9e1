//! The number that INCRBYFLOAT and HINCRBYFLOAT count with: x86's 80-bit `long double`, so that results have the digits
//! Redis gives them, on any machine.
//!
//! ```text
//! value = (-1)^negative * mantissa * 2^exponent      mantissa: 64 bits, the highest set unless the value is 0
//! ```
//!
//! Reading, adding and printing are each exact and then rounded once, to nearest, halves to even. Deliberately no
//! denormal numbers: printed with 17 decimals they are all 0.

use super::natural::Natural;
use std::cmp::Ordering;

/// Redis refuses longer texts.
const TEXT_MAX: usize = 5 * 1024 - 1;
/// Values of 2^this and above are infinite.
const EXPONENT_LIMIT: i32 = 16384;
/// Values of at most 2^this round to 0.
const EXPONENT_UNDERFLOW: i32 = -16446;
/// Digits behind the point when printed.
const DECIMALS: usize = 17;

/// See the top of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongDouble {
    negative: bool,
    size: Size,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Infinite,
    Finite { mantissa: u64, exponent: i32 },
}

impl LongDouble {
    /// Zero.
    pub const ZERO: Self = LongDouble {
        negative: false,
        size: Size::Finite {
            mantissa: 0,
            exponent: 0,
        },
    };

    /// Reads what C's `strtold` reads as a whole: decimal with point and exponent, hexadecimal behind `0x`, `inf`,
    /// `infinity`; no blanks around it. None for anything else, for `nan`, and for what is too large or too small.
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > TEXT_MAX {
            return None;
        }
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let size = if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
            Size::Infinite
        } else {
            let literal = match text {
                [b'0', b'x' | b'X', rest @ ..] => Literal::parse(rest, 16)?,
                rest => Literal::parse(rest, 10)?,
            };
            literal.round()?
        };
        Some(LongDouble { negative, size })
    }

    /// The sum; None when it is not finite.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (
            Size::Finite {
                mantissa: a,
                exponent: x,
            },
            Size::Finite {
                mantissa: b,
                exponent: y,
            },
        ) = (self.size, other.size)
        else {
            return None;
        };
        if a == 0 {
            return Some(other);
        }
        if b == 0 {
            return Some(self);
        }
        if x < y {
            return other.checked_add(self);
        }
        // Far below the last bit it only matters that there is something.
        let (distance, low) = if x - y > 130 {
            (130, 1)
        } else {
            ((x - y) as u32, b)
        };
        let (mut high, low) = (Natural::from(a), Natural::from(low));
        high.shift_left(distance);
        let mut negative = self.negative;
        if self.negative == other.negative {
            high.add(&low);
        } else if high.cmp(&low) == Ordering::Less {
            let mut flipped = low;
            flipped.subtract(&high);
            (high, negative) = (flipped, other.negative);
        } else {
            high.subtract(&low);
        }
        if high.is_zero() {
            return Some(LongDouble::ZERO);
        }
        let size = round(high, x - distance as i32, false)?;
        Some(LongDouble { negative, size })
    }

    /// As C prints it with `%.17Lf`, without the zeros at the end; `0` for what rounds to that.
    pub fn text(self) -> String {
        let Size::Finite { mantissa, exponent } = self.size else {
            return if self.negative { "-inf" } else { "inf" }.to_owned();
        };
        let mut scaled = Natural::from(mantissa);
        scaled.multiply_power(10, DECIMALS as u32);
        if exponent >= 0 {
            scaled.shift_left(exponent as u32);
        } else {
            scaled.shift_right_rounded(exponent.unsigned_abs(), false);
        }
        if scaled.is_zero() {
            return "0".to_owned();
        }
        let mut text = scaled.decimal(DECIMALS + 1);
        text.insert(text.len() - DECIMALS, '.');
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
        if self.negative {
            text.insert(0, '-');
        }
        text
    }
}

/// A number as written: `digits * base ^ scale * 2 ^ binary`, where `base` is 10 or, for hexadecimal digits, irrelevant.
struct Literal {
    digits: Natural,
    /// Powers of ten.
    scale: i64,
    /// Powers of two.
    binary: i64,
}

impl Literal {
    fn parse(text: &[u8], base: u32) -> Option<Literal> {
        let mut literal = Literal {
            digits: Natural::default(),
            scale: 0,
            binary: 0,
        };
        let (mut seen, mut behind_point, mut decimals) = (false, false, 0_i64);
        let mut rest = text;
        while let [byte, tail @ ..] = rest {
            if let Some(digit) = char::from(*byte).to_digit(base) {
                literal.digits.multiply_add(base, digit);
                seen = true;
                decimals += i64::from(behind_point);
            } else if *byte == b'.' && !behind_point {
                behind_point = true;
            } else {
                break;
            }
            rest = tail;
        }
        let exponent = match rest {
            _ if !seen => return None,
            [] => 0,
            [b'e' | b'E', exponent @ ..] if base == 10 => exponent_of(exponent)?,
            [b'p' | b'P', exponent @ ..] if base == 16 => exponent_of(exponent)?,
            _ => return None,
        };
        match base {
            10 => literal.scale = exponent - decimals,
            _ => literal.binary = exponent - 4 * decimals,
        }
        Some(literal)
    }

    fn round(self) -> Option<Size> {
        if self.digits.is_zero() {
            return Some(Size::Finite {
                mantissa: 0,
                exponent: 0,
            });
        }
        // Bounds on the size before anything of that size is computed; 3.32 bits make a digit.
        let bits =
            i64::from(self.digits.bits()) + self.binary + self.scale.saturating_mul(332) / 100;
        if !(-20_000..20_000).contains(&bits) {
            return None;
        }
        let binary = self.binary as i32;
        if self.scale >= 0 {
            let mut digits = self.digits;
            digits.multiply_power(10, self.scale as u32);
            return round(digits, binary, false);
        }
        let scale = self.scale.unsigned_abs() as u32;
        let mut divisor = Natural::from(1);
        divisor.multiply_power(5, scale);
        quotient(self.digits, divisor, binary - scale as i32)
    }
}

fn exponent_of(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits.iter().fold(0_i64, |size, digit| {
        (size * 10 + i64::from(digit - b'0')).min(1_000_000)
    });
    Some(if negative { -size } else { size })
}

/// `numerator / divisor * 2 ^ exponent`, by long division bit by bit.
fn quotient(mut numerator: Natural, mut divisor: Natural, mut exponent: i32) -> Option<Size> {
    let (top, bottom) = (numerator.bits(), divisor.bits());
    numerator.shift_left(bottom.saturating_sub(top));
    divisor.shift_left(top.saturating_sub(bottom));
    exponent += top as i32 - bottom as i32;
    // One bit may be lost to the first digit, one is for rounding.
    const BITS: i32 = 66;
    let mut digits = Natural::default();
    for _ in 0..BITS {
        let fits = numerator >= divisor;
        digits.multiply_add(2, u32::from(fits));
        if fits {
            numerator.subtract(&divisor);
        }
        numerator.shift_left(1);
    }
    round(digits, exponent - (BITS - 1), !numerator.is_zero())
}

/// Cuts `value * 2 ^ exponent` to 64 bits; `more` tells that the true value is a little larger.
fn round(mut value: Natural, mut exponent: i32, more: bool) -> Option<Size> {
    let bits = value.bits();
    if bits > 64 {
        value.shift_right_rounded(bits - 64, more);
        exponent += bits as i32 - 64;
        if value.bits() > 64 {
            value.shift_right_rounded(1, false);
            exponent += 1;
        }
    } else {
        debug_assert!(!more, "quotients have bits to spare");
        value.shift_left(64 - bits);
        exponent -= 64 - bits as i32;
    }
    let above = exponent + 64;
    (above <= EXPONENT_LIMIT && above > EXPONENT_UNDERFLOW).then(|| Size::Finite {
        mantissa: value.low(),
        exponent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(a: &str, b: &str) -> Option<String> {
        let [a, b] = [a, b].map(|text| LongDouble::parse(text.as_bytes()).unwrap());
        a.checked_add(b).map(LongDouble::text)
    }

    /// The expected texts were printed by Redis 7.0.15 on x86-64.
    #[test]
    fn sums_have_the_digits_of_redis() {
        for (a, b, expected) in [
            ("0", "1", "1"),
            ("1", "0.25", "1.25"),
            ("10.5", "0.1", "10.6"),
            ("3.0e3", "200", "3200"),
            ("5.0e3", "2.0e2", "5200"),
            ("1", "-1.1", "-0.1"),
            ("0.1", "0.2", "0.3"),
            ("17179869184", "1.5", "17179869185.5"),
            ("0", "3.141592653589793238", "3.14159265358979324"),
            ("0x1p4", "-0X.8", "15.5"),
            ("-1e-30", "0", "0"),
        ] {
            assert_eq!(sum(a, b).as_deref(), Some(expected), "{a} + {b}");
        }
        assert_eq!(sum("inf", "1"), None);
        assert_eq!(sum("1.1e4932", "1.1e4932"), None);
    }

    #[test]
    fn only_whole_numbers_texts_are_read() {
        for text in [
            "", " 1", "1 ", "+", "-", ".", "1e", "1e+", "e5", "0x", "0x.p1", "nan", "1e5000",
            "1e-5000", "1..2", "1,5", "1\0",
        ] {
            assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
        }
        for (text, printed) in [
            ("+1.50", "1.5"),
            ("1.", "1"),
            (".5", "0.5"),
            ("-0", "0"),
            ("1e3", "1000"),
            ("-InF", "-inf"),
            ("0e99999", "0"),
        ] {
            assert_eq!(
                LongDouble::parse(text.as_bytes())
                    .map(LongDouble::text)
                    .as_deref(),
                Some(printed),
                "{text}"
            );
        }
    }

    proptest! {
        /// 64 bits hold numbers below 8 to more than 17 decimals, so no error is seen.
        #[test]
        fn small_short_decimals_add_exactly(a in -80_000_000_i64..80_000_000, b in -80_000_000_i64..80_000_000) {
            let write = |value: i64| {
                let sign = if value < 0 { "-" } else { "" };
                let (whole, rest) = (value.abs() / 10_000_000, value.abs() % 10_000_000);
                let text = format!("{sign}{whole}.{rest:07}");
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            };
            prop_assert_eq!(sum(&write(a), &write(b)).unwrap(), write(a + b));
        }
    }
}

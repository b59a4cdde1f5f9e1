//! Numbers with so many decimals, as C's `printf("%.4f")` prints them: of the exact value, rounded once, halves to even.

use std::io::Write as _;

/// Sign, 19 digits, point, 17 decimals, and some.
const LONGEST: usize = 48;
/// The most decimals.
const DECIMALS_MAX: u32 = 17;

/// The text of a number, without an allocation.
pub struct FixedPoint {
    bytes: [u8; LONGEST],
    len: usize,
}

impl FixedPoint {
    /// Prints `value` with up to 17 decimals. Invariant: it is below 2^63; of larger ones the first digits are printed.
    pub fn new(value: f64, decimals: u32) -> FixedPoint {
        debug_assert!(decimals <= DECIMALS_MAX);
        let mut text = FixedPoint {
            bytes: [0; LONGEST],
            len: 0,
        };
        match scaled(value.abs(), decimals) {
            Some((whole, rest)) => {
                if value.is_sign_negative() {
                    text.push(b"-");
                }
                text.push(itoa::Buffer::new().format(whole).as_bytes());
                text.push_decimals(rest, decimals);
            }
            None => {
                let mut room = &mut text.bytes[..];
                // What does not fit is left out.
                let _ = write!(room, "{value:.*}", decimals as usize);
                text.len = LONGEST - room.len();
            }
        }
        text
    }

    /// The same without the zeros at the end, and without a point that nothing follows.
    pub fn trimmed(value: f64, decimals: u32) -> FixedPoint {
        let mut text = FixedPoint::new(value, decimals);
        if text.as_bytes().contains(&b'.') {
            let zeros = text
                .as_bytes()
                .iter()
                .rev()
                .take_while(|byte| **byte == b'0');
            text.len -= zeros.count();
            if text.as_bytes().ends_with(b".") {
                text.len -= 1;
            }
        }
        if text.as_bytes() == b"-0" {
            text.bytes[0] = b'0';
            text.len = 1;
        }
        text
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn push(&mut self, bytes: &[u8]) {
        self.bytes[self.len..][..bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    fn push_decimals(&mut self, mut rest: u64, decimals: u32) {
        if decimals == 0 {
            return;
        }
        self.push(b".");
        let digits = &mut self.bytes[self.len..][..decimals as usize];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.len += decimals as usize;
    }
}

/// The whole part, and the decimals as a whole number. None for what takes more than 64 bits before or behind the point.
fn scaled(size: f64, decimals: u32) -> Option<(u64, u64)> {
    let bits = size.to_bits();
    // size = mantissa / 2^shift
    let (exponent, mantissa) = ((bits >> 52) as i32, bits & ((1 << 52) - 1) | 1 << 52);
    let shift = 1075 - exponent;
    if size == 0.0 {
        return Some((0, 0));
    }
    if !(1..=64).contains(&shift) {
        return None;
    }
    let whole = mantissa.checked_shr(shift as u32).unwrap_or(0);
    let fraction = u128::from(mantissa) & ((1 << shift) - 1);
    let unit = 10_u64.pow(decimals);
    let product = fraction * u128::from(unit);
    let (mut rest, lost) = ((product >> shift) as u64, product & ((1 << shift) - 1));
    let half = 1_u128 << (shift - 1);
    let is_even = if decimals == 0 {
        whole & 1 == 0
    } else {
        rest & 1 == 0
    };
    if lost > half || (lost == half && !is_even) {
        rest += 1;
    }
    Some((whole + rest / unit, rest % unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(value: f64, decimals: u32) -> String {
        String::from_utf8(FixedPoint::new(value, decimals).as_bytes().to_vec()).unwrap()
    }

    fn trimmed(value: f64) -> String {
        String::from_utf8(FixedPoint::trimmed(value, 17).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn decimals_are_exact() {
        assert_eq!(text(166_274.151_6, 4), "166274.1516");
        assert_eq!(text(13.361_389_338_970_184, 17), "13.36138933897018433");
        assert_eq!(text(0.999_99, 4), "1.0000");
        assert_eq!(text(0.125, 2), "0.12", "halves go to even");
        assert_eq!(text(0.375, 2), "0.38");
        assert_eq!(text(-2.5, 0), "-2");
        assert_eq!(trimmed(-0.0), "0");
        assert_eq!(trimmed(-1.50), "-1.5");
        assert_eq!(trimmed(100.0), "100");
        assert_eq!(trimmed(1e-300), "0");
        assert_eq!(trimmed(-1e-300), "0");
        assert_eq!(text(f64::MAX, 4).len(), LONGEST);
    }

    proptest! {
        #[test]
        fn it_prints_what_the_standard_library_does(
            mantissa in -180.0..180.0_f64, shift in -30..30_i32, decimals in 0..=17_u32, low in 0..50_u32,
        ) {
            // Fewer bits, so that halves come up.
            let value = f64::from_bits(mantissa.to_bits() >> low << low) * 2.0_f64.powi(shift);
            prop_assert_eq!(text(value, decimals), format!("{value:.*}", decimals as usize));
        }
    }
}

//! Whole numbers of any size, as far as exact conversion between decimal text and binary floating point needs them.
//!
//! Invariant: limbs of 32 bits, the lowest first, the last one never 0; zero has none.

use std::cmp::Ordering;

/// See the top of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Natural(Vec<u32>);

impl Natural {
    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bits it takes; 0 for zero.
    pub(super) fn bits(&self) -> u32 {
        self.0
            .last()
            .map_or(0, |last| self.0.len() as u32 * 32 - last.leading_zeros())
    }

    fn bit(&self, index: u32) -> bool {
        self.0
            .get(index as usize / 32)
            .is_some_and(|limb| limb >> (index % 32) & 1 == 1)
    }

    /// `self = self * factor + summand`.
    pub(super) fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry != 0 {
            self.0.push(carry as u32);
        }
        self.trim();
    }

    /// `self = self * base ^ exponent`.
    pub(super) fn multiply_power(&mut self, base: u32, exponent: u32) {
        (0..exponent).for_each(|_| self.multiply_add(base, 0));
    }

    /// Divides by `divisor` and returns the remainder.
    pub(super) fn divide(&mut self, divisor: u32) -> u32 {
        let mut rest = 0_u64;
        for limb in self.0.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            *limb = (value / u64::from(divisor)) as u32;
            rest = value % u64::from(divisor);
        }
        self.trim();
        rest as u32
    }

    pub(super) fn shift_left(&mut self, bits: u32) {
        if self.is_zero() {
            return;
        }
        let small = bits % 32;
        if small != 0 {
            self.multiply_add(1 << small, 0);
        }
        self.0
            .splice(0..0, std::iter::repeat_n(0, bits as usize / 32));
    }

    /// Divides by `2 ^ bits`, rounded to nearest, halves to even. `more` tells that the true number is a little larger.
    pub(super) fn shift_right_rounded(&mut self, bits: u32, more: bool) {
        let half = bits > 0 && self.bit(bits - 1);
        let below_half = more || (0..bits.saturating_sub(1)).any(|index| self.bit(index));
        self.0.drain(..(bits as usize / 32).min(self.0.len()));
        let small = bits % 32;
        let mut from_above = 0;
        for limb in self.0.iter_mut().rev() {
            let shifted = (u64::from(from_above) << 32 | u64::from(*limb)) >> small;
            from_above = *limb;
            *limb = shifted as u32;
        }
        self.trim();
        if half && (below_half || self.bit(0)) {
            self.add(&Natural::from(1));
        }
    }

    pub(super) fn add(&mut self, other: &Natural) {
        let mut carry = 0_u64;
        for index in 0.. {
            if index >= other.0.len() && carry == 0 {
                break;
            }
            if index == self.0.len() {
                self.0.push(0);
            }
            carry += u64::from(self.0[index]) + u64::from(other.0.get(index).copied().unwrap_or(0));
            self.0[index] = carry as u32;
            carry >>= 32;
        }
        self.trim();
    }

    /// Invariant: `other` is not larger.
    pub(super) fn subtract(&mut self, other: &Natural) {
        let mut borrow = false;
        for (index, limb) in self.0.iter_mut().enumerate() {
            let (less, first) = limb.overflowing_sub(other.0.get(index).copied().unwrap_or(0));
            let (less, second) = less.overflowing_sub(u32::from(borrow));
            *limb = less;
            borrow = first | second;
        }
        debug_assert!(!borrow);
        self.trim();
    }

    /// The lowest 64 bits.
    pub(super) fn low(&self) -> u64 {
        let limb = |index: usize| u64::from(self.0.get(index).copied().unwrap_or(0));
        limb(1) << 32 | limb(0)
    }

    /// Decimal digits, at least `least` of them.
    pub(super) fn decimal(mut self, least: usize) -> String {
        let mut digits = Vec::new();
        while !self.is_zero() || digits.len() < least {
            let mut chunk = self.divide(1_000_000_000);
            for _ in 0..9 {
                digits.push(b'0' + (chunk % 10) as u8);
                chunk /= 10;
            }
        }
        while digits.len() > least.max(1) && digits.last() == Some(&b'0') {
            digits.pop();
        }
        digits
            .iter()
            .rev()
            .map(|digit| char::from(*digit))
            .collect()
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

impl From<u64> for Natural {
    fn from(value: u64) -> Self {
        let mut natural = Natural(vec![value as u32, (value >> 32) as u32]);
        natural.trim();
        natural
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn natural(value: u128) -> Natural {
        let mut natural = Natural::from((value >> 64) as u64);
        natural.shift_left(64);
        natural.add(&Natural::from(value as u64));
        natural
    }

    proptest! {
        #[test]
        fn it_counts_like_u128(a in any::<u64>(), b in any::<u64>(), shift in 0..63_u32, factor in any::<u32>()) {
            let (wide_a, wide_b) = (u128::from(a) << shift, u128::from(b));
            let mut sum = natural(wide_a);
            prop_assert_eq!(sum.bits(), 128 - wide_a.leading_zeros());
            prop_assert_eq!(natural(wide_a).cmp(&natural(wide_b)), wide_a.cmp(&wide_b));
            sum.add(&natural(wide_b));
            prop_assert_eq!(&sum, &natural(wide_a + wide_b));
            sum.subtract(&natural(wide_b));
            prop_assert_eq!(&sum, &natural(wide_a));
            prop_assert_eq!(sum.clone().decimal(1), wide_a.to_string());
            let mut product = natural(wide_b);
            product.multiply_add(factor, 7);
            prop_assert_eq!(product, natural(wide_b * u128::from(factor) + 7));
        }

        #[test]
        fn shifting_right_rounds_halves_to_even(value in any::<u128>(), bits in 0..140_u32, more in any::<bool>()) {
            let mut shifted = natural(value);
            shifted.shift_right_rounded(bits, more);
            let whole = value.checked_shr(bits).unwrap_or(0);
            let rest = if bits >= 128 { value } else { value - (whole << bits) };
            let up = match bits {
                0 | 129.. => false,
                _ => match rest.cmp(&(1 << (bits - 1))) {
                    Ordering::Less => false,
                    Ordering::Equal => more || whole % 2 == 1,
                    Ordering::Greater => true,
                },
            };
            let mut expected = natural(whole);
            if up {
                expected.add(&Natural::from(1));
            }
            prop_assert_eq!(shifted, expected);
        }
    }
}

//! The integers of BITFIELD: `i1` to `i64` and `u1` to `u63`, anywhere in a string, the highest bit first.

use super::bit_offset::BitOffset;
use crate::command::error::CommandError;
use crate::value::string::parse_int;

/// What happens to a number that its field can't hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Overflow {
    /// Its high bits are cut off.
    #[default]
    Wrap,
    /// It becomes the nearest one that fits.
    Saturate,
    /// Nothing is written.
    Fail,
}

impl Overflow {
    /// Errors: none of the three words.
    pub(super) fn parse(word: &[u8]) -> Result<Self, CommandError> {
        let words = [
            ("wrap", Self::Wrap),
            ("sat", Self::Saturate),
            ("fail", Self::Fail),
        ];
        let found = words
            .into_iter()
            .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        found
            .map(|(_, overflow)| overflow)
            .ok_or(CommandError::new("ERR Invalid OVERFLOW type specified"))
    }
}

/// Width and sign. Invariant: 1 to 64 bits, to 63 without a sign, so that every value is an `i64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldType {
    pub signed: bool,
    pub bits: u32,
}

impl FieldType {
    /// Errors: anything but `i` or `u` with a width.
    pub(super) fn parse(word: &[u8]) -> Result<Self, CommandError> {
        const REFUSED: CommandError = CommandError::new(
            "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
        );
        let (signed, width) = match word {
            [b'i', width @ ..] => (true, width),
            [b'u', width @ ..] => (false, width),
            _ => return Err(REFUSED),
        };
        let most = if signed { 64 } else { 63 };
        match parse_int(width) {
            Some(bits) if (1..=most).contains(&bits) => Ok(FieldType {
                signed,
                bits: bits as u32,
            }),
            _ => Err(REFUSED),
        }
    }

    /// What is written for `number`; None when it does not fit and must fail.
    pub(super) fn fit(self, number: i128, overflow: Overflow) -> Option<i64> {
        let (least, most) = self.bounds();
        match overflow {
            _ if (least..=most).contains(&number) => Some(number as i64),
            Overflow::Wrap => Some(self.value_of(number as u64)),
            Overflow::Saturate => Some(number.clamp(least, most) as i64),
            Overflow::Fail => None,
        }
    }

    /// What SET writes for `number`. Without a sign, a negative number is one that is far too large.
    pub(super) fn fit_set(self, number: i64, overflow: Overflow) -> Option<i64> {
        if !self.signed {
            return self.fit((number as u64).into(), overflow);
        }
        // Redis takes numbers that are more than 64 bits of room away for too large ones: a replica that replays the
        // command must come to the same value on either side.
        let (_, most) = self.bounds();
        let is_far = self.bits < 64 && most - i128::from(number) > i64::MAX.into();
        if is_far && overflow == Overflow::Saturate {
            return Some(most as i64);
        }
        self.fit(number.into(), overflow)
    }

    /// The least and the greatest value.
    fn bounds(self) -> (i128, i128) {
        if self.signed {
            let half = 1_i128 << (self.bits - 1);
            (-half, half - 1)
        } else {
            (0, (1_i128 << self.bits) - 1)
        }
    }

    /// The value of the lowest bits of `raw`.
    fn value_of(self, raw: u64) -> i64 {
        let unused = 64 - self.bits;
        if self.signed {
            (raw << unused) as i64 >> unused
        } else {
            (raw << unused >> unused) as i64
        }
    }

    /// Reads the field at `offset`; behind the string there are zeros.
    pub(super) fn read(self, bytes: &[u8], offset: BitOffset) -> i64 {
        let (window, shift) = (self.window(bytes, offset), self.shift(offset));
        self.value_of((window >> shift) as u64)
    }

    /// Writes the lowest bits of `value`. Invariant: the string reaches over the whole field.
    pub(super) fn write(self, bytes: &mut [u8], offset: BitOffset, value: i64) {
        let shift = self.shift(offset);
        let mask = (u128::MAX >> (128 - self.bits)) << shift;
        let window =
            (self.window(bytes, offset) & !mask) | ((value as u64 as u128) << shift & mask);
        let target = &mut bytes[offset.byte()..=self.last_byte(offset)];
        let len = target.len();
        target.copy_from_slice(&window.to_be_bytes()[..len]);
    }

    /// The last byte that the field touches.
    pub(super) fn last_byte(self, offset: BitOffset) -> usize {
        ((offset.0 + u64::from(self.bits) - 1) >> 3) as usize
    }

    /// Up to 16 bytes from the field's first one on, highest first.
    fn window(self, bytes: &[u8], offset: BitOffset) -> u128 {
        let mut window = [0; 16];
        let end = bytes.len().min(self.last_byte(offset) + 1);
        if let Some(source) = bytes.get(offset.byte()..end) {
            window[..source.len()].copy_from_slice(source);
        }
        u128::from_be_bytes(window)
    }

    /// How far the field's lowest bit is from the window's.
    fn shift(self, offset: BitOffset) -> u32 {
        128 - (offset.0 & 7) as u32 - self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fields_are_rows_of_bits(
            signed in any::<bool>(), bits in 1..=63_u32, at in 0..100_u64, value in any::<i64>(), fill in any::<u8>(),
        ) {
            let field = FieldType { signed, bits };
            let mut bytes = vec![fill; 21];
            field.write(&mut bytes, BitOffset(at), value);
            let bit = |index: u64| bytes[index as usize / 8] >> (7 - index % 8) & 1;
            for index in 0..21 * 8 {
                let expected = if (at..at + u64::from(bits)).contains(&index) {
                    (value as u64 >> (at + u64::from(bits) - 1 - index)) as u8 & 1
                } else {
                    fill >> (7 - index % 8) & 1
                };
                prop_assert_eq!(bit(index), expected, "bit {}", index);
            }
            let read = field.read(&bytes, BitOffset(at));
            prop_assert_eq!(Some(read), field.fit(value.into(), Overflow::Wrap));
        }
    }

    #[test]
    fn what_does_not_fit_wraps_saturates_or_fails() {
        let (i8, u8) = (
            FieldType {
                signed: true,
                bits: 8,
            },
            FieldType {
                signed: false,
                bits: 8,
            },
        );
        for (field, number, wrapped, saturated) in [
            (i8, 128, -128, 127),
            (i8, -129, 127, -128),
            (u8, 256, 0, 255),
            (u8, -1, 255, 0),
        ] {
            assert_eq!(field.fit(number, Overflow::Wrap), Some(wrapped));
            assert_eq!(field.fit(number, Overflow::Saturate), Some(saturated));
            assert_eq!(field.fit(number, Overflow::Fail), None);
        }
        let i31 = FieldType {
            signed: true,
            bits: 31,
        };
        assert_eq!(
            i31.fit_set(i64::MIN, Overflow::Saturate),
            Some((1 << 30) - 1)
        );
        assert_eq!(
            i31.fit_set(-(1 << 40), Overflow::Saturate),
            Some(-(1 << 30))
        );
        assert_eq!(u8.fit_set(-1, Overflow::Saturate), Some(255));
        let i64 = FieldType {
            signed: true,
            bits: 64,
        };
        assert_eq!(
            i64.fit(i128::from(i64::MAX) + 1, Overflow::Wrap),
            Some(i64::MIN)
        );
        assert_eq!(
            i64.fit(i128::from(i64::MIN), Overflow::Fail),
            Some(i64::MIN)
        );
    }
}

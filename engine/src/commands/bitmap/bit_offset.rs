//! Places of bits as arguments.

use crate::command::error::CommandError;
use crate::limits::Limits;
use crate::value::string::parse_int;

/// A place within the longest string that `proto-max-bulk-len` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BitOffset(pub u64);

impl BitOffset {
    const REFUSED: CommandError =
        CommandError::new("ERR bit offset is not an integer or out of range");

    /// Reads a number of bits. Errors: not an integer, negative, or beyond the longest string.
    pub(super) fn parse(word: &[u8], limits: &Limits) -> Result<Self, CommandError> {
        Self::parse_scaled(word, 1, limits)
    }

    /// The same; behind `#` the number counts fields of `width` bits.
    pub(super) fn parse_in_fields(
        word: &[u8],
        width: u32,
        limits: &Limits,
    ) -> Result<Self, CommandError> {
        match word {
            [b'#', number @ ..] => Self::parse_scaled(number, width.into(), limits),
            number => Self::parse_scaled(number, 1, limits),
        }
    }

    fn parse_scaled(word: &[u8], scale: i64, limits: &Limits) -> Result<Self, CommandError> {
        let offset = parse_int(word)
            .and_then(|number| number.checked_mul(scale))
            .ok_or(Self::REFUSED)?;
        let offset = u64::try_from(offset).map_err(|_| Self::REFUSED)?;
        if offset >> 3 < limits.max_bulk {
            Ok(BitOffset(offset))
        } else {
            Err(Self::REFUSED)
        }
    }

    /// The byte it is in.
    pub(super) fn byte(self) -> usize {
        (self.0 >> 3) as usize
    }

    /// The bit's weight in its byte.
    pub(super) fn mask(self) -> u8 {
        0x80 >> (self.0 & 7)
    }
}

//! The steps of one BITFIELD.

use super::bit_offset::BitOffset;
use super::field_type::{FieldType, Overflow};
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::number::integer;
use crate::limits::Limits;

/// What to do with the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Get,
    /// Replies the old value.
    Set(i64, Overflow),
    /// Replies the new value.
    Increment(i64, Overflow),
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FieldOperation {
    pub field: FieldType,
    pub offset: BitOffset,
    pub action: Action,
}

impl FieldOperation {
    /// Reads the words behind the key. Errors: whatever is wrong first, from left to right.
    pub(super) fn parse_all(args: &Args<'_>, limits: &Limits) -> Result<Vec<Self>, CommandError> {
        let (mut operations, mut overflow) = (Vec::new(), Overflow::default());
        let mut at = 2;
        while at < args.len() {
            let rest = args.len() - at - 1;
            let writes = args.is(at, "set") || args.is(at, "incrby");
            if args.is(at, "overflow") && rest >= 1 {
                overflow = Overflow::parse(args.at(at + 1))?;
                at += 2;
                continue;
            }
            if !(args.is(at, "get") && rest >= 2 || writes && rest >= 3) {
                return Err(CommandError::SYNTAX);
            }
            let field = FieldType::parse(args.at(at + 1))?;
            let offset = BitOffset::parse_in_fields(args.at(at + 2), field.bits, limits)?;
            let action = if !writes {
                Action::Get
            } else if args.is(at, "set") {
                Action::Set(integer(args.at(at + 3))?, overflow)
            } else {
                Action::Increment(integer(args.at(at + 3))?, overflow)
            };
            operations.push(FieldOperation {
                field,
                offset,
                action,
            });
            at += if writes { 4 } else { 3 };
        }
        Ok(operations)
    }

    /// How many bytes the string must have for what is written; 0 when nothing is.
    pub(super) fn bytes_needed(&self) -> usize {
        match self.action {
            Action::Get => 0,
            Action::Set(..) | Action::Increment(..) => self.field.last_byte(self.offset) + 1,
        }
    }

    /// What the field becomes and what is replied; None when the number does not fit and must fail.
    pub(super) fn outcome(&self, bytes: &[u8]) -> Option<(i64, i64)> {
        let old = self.field.read(bytes, self.offset);
        match self.action {
            Action::Get => Some((old, old)),
            Action::Set(number, overflow) => {
                self.field.fit_set(number, overflow).map(|new| (new, old))
            }
            Action::Increment(by, overflow) => self
                .field
                .fit(i128::from(old) + i128::from(by), overflow)
                .map(|new| (new, new)),
        }
    }
}

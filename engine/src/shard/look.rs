//! Looking up values by name, for commands that learn the names on the way.

use super::context::ShardContext;
use crate::command::args::{Args, OwnedArgs};
use crate::value::ValueRef;
use crate::value::string::IntBuffer;

/// Words of one lookup: a key and a field. An empty field means the string at the key, any other the field of the hash.
pub const WIDTH: usize = 2;

/// Lookups whose memory is asked for before the first of them is done.
const AHEAD: usize = 16;

/// What lookups found, in their order.
#[derive(Debug, Default)]
pub struct Found {
    values: OwnedArgs,
    missing: Vec<bool>,
}

impl Found {
    /// Adds what one lookup found.
    pub fn push(&mut self, value: Option<&[u8]>) {
        self.values.push(value.unwrap_or_default());
        self.missing.push(value.is_none());
    }

    /// What the lookup with this number found.
    pub fn get(&self, number: usize) -> Option<&[u8]> {
        if self.missing.get(number).copied().unwrap_or(true) {
            return None;
        }
        self.values.as_args().get(number)
    }
}

/// Looks up what `words` name. A key of another type holds nothing of that name.
pub fn look(context: &mut ShardContext<'_>, words: &Args<'_>) -> Found {
    let mut found = Found::default();
    let now = context.now();
    for at in (0..words.len()).step_by(WIDTH) {
        if at % (AHEAD * WIDTH) == 0 {
            let batch = at..(at + AHEAD * WIDTH).min(words.len());
            context.prefetch(batch.step_by(WIDTH).map(|at| words.at(at)));
        }
        let (key, field) = (words.at(at), words.get(at + 1).unwrap_or_default());
        match context.read(key).map(|entry| entry.value()) {
            Some(ValueRef::String(string)) if field.is_empty() => {
                found.push(Some(string.bytes(&mut IntBuffer::new())))
            }
            Some(ValueRef::Hash(hash)) if !field.is_empty() => match hash.get(field, now) {
                Some(value) => found.push(Some(value.bytes(&mut IntBuffer::new()))),
                None => found.push(None),
            },
            _ => found.push(None),
        }
    }
    found
}

//! Collections to be measured: filled with elements that follow from their numbers, many to a request.

use crate::Failure;
use crate::client::{Client, append_request};

/// Elements of a request.
const MANY: u64 = 100;

/// What a collection is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fill {
    /// A list of words of 16 bytes.
    List,
    /// A list of integers of up to six digits.
    Numbers,
    /// A set of integers.
    SetOfIntegers,
    /// A set of words of 20 bytes.
    SetOfWords,
    /// A hash of fields of 20 bytes with values of 16.
    Hash,
    /// A sorted set of words of 20 bytes, their numbers as scores.
    SortedSet,
    /// A stream of entries with a field of 5 bytes and a value of 16.
    Stream,
    /// Places around the globe.
    Places,
}

impl Fill {
    /// Adds elements `0..count` to `key`.
    ///
    /// # Errors
    /// The server refuses.
    pub(super) fn fill(self, client: &mut Client, key: &str, count: u64) -> Result<(), Failure> {
        let many = if self == Fill::Stream { 1 } else { MANY };
        client.send_all(count.div_ceil(many), &mut |request, batch| {
            let mut words = vec![self.command().to_owned(), key.to_owned()];
            let numbers = request * many..count.min((request + 1) * many);
            numbers.for_each(|number| self.element(number, &mut words));
            append_request(batch, &words);
        })
    }

    fn command(self) -> &'static str {
        match self {
            Fill::List | Fill::Numbers => "RPUSH",
            Fill::SetOfIntegers | Fill::SetOfWords => "SADD",
            Fill::Hash => "HSET",
            Fill::SortedSet => "ZADD",
            Fill::Stream => "XADD",
            Fill::Places => "GEOADD",
        }
    }

    fn element(self, number: u64, words: &mut Vec<String>) {
        // What redis-benchmark makes of `element:__rand_int__`.
        let name = format!("element:{number:012}");
        let value = || format!("value-{number:010}");
        match self {
            Fill::List => words.push(value()),
            Fill::Numbers | Fill::SetOfIntegers => words.push(number.to_string()),
            Fill::SetOfWords => words.push(name),
            Fill::Hash => words.extend([name, value()]),
            Fill::SortedSet => words.extend([number.to_string(), name]),
            Fill::Stream => {
                words.extend([format!("{}-1", number + 1), "field".to_owned(), value()])
            }
            Fill::Places => {
                let degrees = |step: u64, width: u64| {
                    (number * step % (width * 1000)) as f64 / 1000.0 - width as f64 / 2.0
                };
                words.extend([
                    degrees(7919, 340).to_string(),
                    degrees(104_729, 160).to_string(),
                    name,
                ]);
            }
        }
    }
}

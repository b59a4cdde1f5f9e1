//! Events that clients want to hear of (`notify-keyspace-events`), until the server publishes them.

use super::event::{Event, EventClass};
use crate::shard::DbIndex;

/// Classes of events, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventMask(u16);

impl EventMask {
    /// The same with `class`.
    pub fn with(self, class: EventClass) -> EventMask {
        EventMask(self.0 | 1 << class as u16)
    }

    /// Whether `class` is in it.
    #[inline]
    pub fn wants(self, class: EventClass) -> bool {
        self.0 & 1 << class as u16 != 0
    }
}

/// Something that happened to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// In which database.
    pub db: DbIndex,
    /// To which key.
    pub key: Box<[u8]>,
    /// What.
    pub event: Event,
}

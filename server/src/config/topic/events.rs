//! Notifications to clients about what happens to keys.

use crate::config::value::{Kind, Reason, Value, ValueLine, single};
use crate::config::words::quote;
use engine::effect::event::EventClass;
use engine::effect::notice::EventMask;

topic! {
    /// Notifications to clients about what happens to keys.
    pub struct Events in events {
        /// Classes of events that are published, one letter each; empty publishes none.
        notify_keyspace_events: EventClasses = EventClasses::NONE, "notify-keyspace-events",
            Kind::Special("[Ag$lshzxeKEtmdn]");
    }
}

/// A set of classes of keyspace events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventClasses(u16);

/// The letters of single classes in the order in which they are shown; `KEm` stay even where `A` replaces the others.
const LETTERS: [(u8, EventClasses); 14] = [
    (b'g', EventClasses::GENERIC),
    (b'$', EventClasses::STRING),
    (b'l', EventClasses::LIST),
    (b's', EventClasses::SET),
    (b'h', EventClasses::HASH),
    (b'z', EventClasses::SORTED_SET),
    (b'x', EventClasses::EXPIRED),
    (b'e', EventClasses::EVICTED),
    (b't', EventClasses::STREAM),
    (b'd', EventClasses::MODULE),
    (b'n', EventClasses::NEW),
    (b'K', EventClasses::KEYSPACE),
    (b'E', EventClasses::KEYEVENT),
    (b'm', EventClasses::MISS),
];

impl EventClasses {
    /// No class.
    pub const NONE: Self = Self(0);
    /// Published to the channel of the key.
    pub const KEYSPACE: Self = Self(1);
    /// Published to the channel of the event.
    pub const KEYEVENT: Self = Self(1 << 1);
    /// Commands of all types: DEL, EXPIRE, RENAME.
    pub const GENERIC: Self = Self(1 << 2);
    /// Strings.
    pub const STRING: Self = Self(1 << 3);
    /// Lists.
    pub const LIST: Self = Self(1 << 4);
    /// Sets.
    pub const SET: Self = Self(1 << 5);
    /// Hashes.
    pub const HASH: Self = Self(1 << 6);
    /// Sorted sets.
    pub const SORTED_SET: Self = Self(1 << 7);
    /// Keys that expire.
    pub const EXPIRED: Self = Self(1 << 8);
    /// Keys that are evicted.
    pub const EVICTED: Self = Self(1 << 9);
    /// Streams.
    pub const STREAM: Self = Self(1 << 10);
    /// Reads of keys that are not there; not part of `A`.
    pub const MISS: Self = Self(1 << 11);
    /// Types of modules.
    pub const MODULE: Self = Self(1 << 12);
    /// Keys that are new; not part of `A`.
    pub const NEW: Self = Self(1 << 13);
    /// All kinds of events but misses and new keys: the letter `A`.
    pub const ALL: Self = Self(
        Self::GENERIC.0
            | Self::STRING.0
            | Self::LIST.0
            | Self::SET.0
            | Self::HASH.0
            | Self::SORTED_SET.0
            | Self::EXPIRED.0
            | Self::EVICTED.0
            | Self::STREAM.0
            | Self::MODULE.0,
    );

    /// What shards have to tell; nothing if it would be published to no channel.
    pub fn mask(self) -> EventMask {
        const CLASSES: [(EventClasses, EventClass); 11] = [
            (EventClasses::GENERIC, EventClass::Generic),
            (EventClasses::STRING, EventClass::String),
            (EventClasses::LIST, EventClass::List),
            (EventClasses::SET, EventClass::Set),
            (EventClasses::HASH, EventClass::Hash),
            (EventClasses::SORTED_SET, EventClass::SortedSet),
            (EventClasses::EXPIRED, EventClass::Expired),
            (EventClasses::EVICTED, EventClass::Evicted),
            (EventClasses::STREAM, EventClass::Stream),
            (EventClasses::MISS, EventClass::KeyMiss),
            (EventClasses::NEW, EventClass::New),
        ];
        if !self.has(Self::KEYSPACE) && !self.has(Self::KEYEVENT) {
            return EventMask::default();
        }
        let wanted = CLASSES.iter().filter(|(own, _)| self.has(*own));
        wanted.fold(EventMask::default(), |mask, (_, class)| mask.with(*class))
    }

    /// Whether all of `other` is in this set.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Value for EventClasses {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let mut classes = 0;
        for letter in single(words)? {
            classes |= match LETTERS.iter().find(|(known, _)| known == letter) {
                Some((_, class)) => class.0,
                None if *letter == b'A' => Self::ALL.0,
                None => return Err("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.".into()),
            };
        }
        *self = Self(classes);
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        let all = self.has(Self::ALL);
        let inside_all = |class: EventClasses| Self::ALL.has(class) || class == Self::NEW;
        let letters = LETTERS
            .iter()
            .filter(|(_, class)| self.has(*class) && !(all && inside_all(*class)));
        all.then_some(b'A')
            .into_iter()
            .chain(letters.map(|(letter, _)| *letter))
            .collect()
    }

    fn lines(&self, default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        vec![ValueLine {
            text: quote(&self.show()),
            needed: self != default,
        }]
    }
}

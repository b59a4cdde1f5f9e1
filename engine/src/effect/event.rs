//! What happened to a key, in the words of keyspace notifications.

/// The classes of `notify-keyspace-events`, by their letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventClass {
    /// `g`: commands of no single type.
    Generic,
    /// `$`
    String,
    /// `l`
    List,
    /// `s`
    Set,
    /// `h`
    Hash,
    /// `z`
    SortedSet,
    /// `x`: a key expired.
    Expired,
    /// `e`: a key was evicted.
    Evicted,
    /// `t`
    Stream,
    /// `m`: a read missed. Not part of `A`.
    KeyMiss,
    /// `n`: a new key. Not part of `A`.
    New,
}

/// One thing that happened to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its class.
    pub class: EventClass,
    /// Its name, as published.
    pub name: &'static str,
}

impl Event {
    /// The key was deleted.
    pub const DEL: Event = Event::generic("del");
    /// The key got an expiry.
    pub const EXPIRE: Event = Event::generic("expire");
    /// The key lost its expiry.
    pub const PERSIST: Event = Event::generic("persist");
    /// The key expired.
    pub const EXPIRED: Event = Event {
        class: EventClass::Expired,
        name: "expired",
    };
    /// The key went for want of memory.
    pub const EVICTED: Event = Event {
        class: EventClass::Evicted,
        name: "evicted",
    };
    /// There was no such key before.
    pub const NEW: Event = Event {
        class: EventClass::New,
        name: "new",
    };
    /// A command wanted to read the key, and it was not there.
    pub const MISS: Event = Event {
        class: EventClass::KeyMiss,
        name: "keymiss",
    };
    /// The key was set as a whole.
    pub const SET: Event = Event::string("set");

    /// An event of class `g`.
    pub const fn generic(name: &'static str) -> Event {
        Event {
            class: EventClass::Generic,
            name,
        }
    }

    /// An event of class `$`.
    pub const fn string(name: &'static str) -> Event {
        Event {
            class: EventClass::String,
            name,
        }
    }

    /// An event of class `l`.
    pub const fn list(name: &'static str) -> Event {
        Event {
            class: EventClass::List,
            name,
        }
    }

    /// An event of class `h`.
    pub const fn hash(name: &'static str) -> Event {
        Event {
            class: EventClass::Hash,
            name,
        }
    }

    /// An event of class `s`.
    pub const fn set(name: &'static str) -> Event {
        Event {
            class: EventClass::Set,
            name,
        }
    }

    /// An event of class `z`.
    pub const fn sorted_set(name: &'static str) -> Event {
        Event {
            class: EventClass::SortedSet,
            name,
        }
    }

    /// An event of class `t`.
    pub const fn stream(name: &'static str) -> Event {
        Event {
            class: EventClass::Stream,
            name,
        }
    }
}

//! The numbers of the format, as Redis and Valkey write it (Redis 2.6 to 7.4: versions 6 to 12).
//!
//! ```text
//! file     "REDIS" | version, 4 digits | record .. | EOF | CRC64, LE
//! record   opcode, what belongs to it                       opcodes from 244 on
//!          type | key | value                               types below that
//! payload  type | value | version u16, LE | CRC64, LE       DUMP
//!
//! length   00llllll                     6 bits
//!          01llllll llllllll            14 bits, high byte first
//!          10000000 llllllll x4         32 bits, high byte first
//!          10000001 llllllll x8         64 bits, high byte first
//! string   length | bytes
//!          11000000 i8 | 11000001 i16, LE | 11000010 i32, LE         an integer's text
//!          11000011 | packed length | length | LZF bytes             see lzf.rs
//! ```
//!
//! Every value of a type is drawn in the file of that type, see [`super::values`].

/// A version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u16);

impl Version {
    /// Redis 7.0: what is written unless something else is asked for.
    pub const V10: Version = Version(10);
    /// Redis 7.2: sets as listpacks, a stream's consumers with the time of their last success.
    pub const V11: Version = Version(11);
    /// Redis 7.4: fields of hashes expire. The newest that is read.
    pub const V12: Version = Version(12);
    /// What RESTORE takes.
    pub const NEWEST: Version = Version::V12;
}

/// Opcodes of a file's records.
pub mod opcode {
    /// A slot's number, its keys and its expiries follow.
    pub const SLOT_INFO: u8 = 244;
    /// A library of functions.
    pub const FUNCTION: u8 = 245;
    /// The same as a release candidate wrote it.
    pub const FUNCTION_PRE_GA: u8 = 246;
    /// A module's data.
    pub const MODULE_AUX: u8 = 247;
    /// The next key's idle time, seconds.
    pub const IDLE: u8 = 248;
    /// The next key's counter of uses, a byte.
    pub const FREQ: u8 = 249;
    /// A name and a text about the file.
    pub const AUX: u8 = 250;
    /// How many keys and expiries the database has.
    pub const RESIZE_DB: u8 = 251;
    /// The next key's expiry, milliseconds since 1970, i64, LE.
    pub const EXPIRE_MILLIS: u8 = 252;
    /// The next key's expiry, seconds since 1970, i32, LE.
    pub const EXPIRE_SECONDS: u8 = 253;
    /// The database that follows.
    pub const SELECT_DB: u8 = 254;
    /// The end.
    pub const EOF: u8 = 255;
}

macro_rules! value_types {
    ($($(#[doc = $doc:literal])* $name:ident = $code:literal,)*) => {
        /// How a value is laid out.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum ValueType {
            $($(#[doc = $doc])* $name = $code,)*
        }

        impl ValueType {
            /// The type with this number, if we have it.
            pub fn from_code(code: u8) -> Option<ValueType> {
                match code {
                    $($code => Some(ValueType::$name),)*
                    _ => None,
                }
            }

            /// All of them.
            pub const ALL: &'static [ValueType] = &[$(ValueType::$name,)*];
        }
    };
}

value_types! {
    /// A string.
    String = 0,
    /// Strings.
    List = 1,
    /// Strings.
    Set = 2,
    /// Strings and scores in decimal text.
    SortedSet = 3,
    /// Names and values.
    Hash = 4,
    /// Strings and scores in binary.
    SortedSet2 = 5,
    /// Up to Redis 2.4.
    HashZipmap = 9,
    /// Up to Redis 3.0.
    ListZiplist = 10,
    /// Integers.
    SetIntset = 11,
    /// Up to Redis 6.2.
    SortedSetZiplist = 12,
    /// Up to Redis 6.2.
    HashZiplist = 13,
    /// Up to Redis 6.2: nodes are ziplists.
    ListQuicklist = 14,
    /// Redis 5.0.
    StreamListpacks = 15,
    /// Since version 10.
    HashListpack = 16,
    /// Since version 10.
    SortedSetListpack = 17,
    /// Since version 10: nodes are listpacks or single elements.
    ListQuicklist2 = 18,
    /// Since version 10: with counters.
    StreamListpacks2 = 19,
    /// Since version 11.
    SetListpack = 20,
    /// Since version 11: with the times of consumers' last successes.
    StreamListpacks3 = 21,
    /// As a release candidate of 7.4 wrote it.
    HashMetadataPreGa = 22,
    /// As a release candidate of 7.4 wrote it.
    HashListpackExPreGa = 23,
    /// Since version 12: names and values with expiries.
    HashMetadata = 24,
    /// Since version 12.
    HashListpackEx = 25,
}

impl ValueType {
    /// Its number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The first version whose readers know it.
    pub fn since(self) -> Version {
        match self {
            ValueType::SetListpack | ValueType::StreamListpacks3 => Version::V11,
            ValueType::HashMetadataPreGa
            | ValueType::HashListpackExPreGa
            | ValueType::HashMetadata
            | ValueType::HashListpackEx => Version::V12,
            _ => Version::V10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_format() {
        for value_type in ValueType::ALL {
            assert_eq!(ValueType::from_code(value_type.code()), Some(*value_type));
        }
        // Modules' values are the ones in between.
        for code in [6, 7, 8, 26, 255] {
            assert_eq!(ValueType::from_code(code), None, "{code}");
        }
    }
}

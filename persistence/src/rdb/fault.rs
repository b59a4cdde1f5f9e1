//! What is wrong with bytes that should be RDB.

use std::fmt;

/// What was found, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// Bytes before the place, counted from the reader's first one.
    pub offset: usize,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The bytes end early.
    Truncated,
    /// A length is none, or too large for what follows.
    Length,
    /// An encoded string has an unknown encoding.
    StringEncoding,
    /// A compressed string does not unpack to its length.
    Compression,
    /// A value's type is unknown, or one we don't have.
    ValueType(u8),
    /// A listpack is broken, or not laid out as its value needs it.
    Listpack,
    /// A ziplist is broken.
    Ziplist,
    /// A zipmap is broken.
    Zipmap,
    /// An intset is broken.
    Intset,
    /// A node of a list is of no known kind.
    ListNode,
    /// A score is not a number.
    Score,
    /// A field or member is there twice.
    Duplicate,
    /// A collection has no elements.
    Empty,
    /// A stream's nodes are not in order, or do not fit its counters.
    Stream,
    /// A stream's groups contradict each other.
    Group,
    /// A module's data is broken.
    Module,
    /// A payload ends before its checksum, has a wrong one, or comes from the future.
    Payload,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind, self.offset)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FaultKind::Truncated => "the data ends early",
            FaultKind::Length => "impossible length",
            FaultKind::StringEncoding => "unknown string encoding",
            FaultKind::Compression => "broken compressed string",
            FaultKind::ValueType(code) => return write!(f, "unknown value type {code}"),
            FaultKind::Listpack => "broken listpack",
            FaultKind::Ziplist => "broken ziplist",
            FaultKind::Zipmap => "broken zipmap",
            FaultKind::Intset => "broken intset",
            FaultKind::ListNode => "unknown kind of list node",
            FaultKind::Score => "score is no number",
            FaultKind::Duplicate => "element is there twice",
            FaultKind::Empty => "empty collection",
            FaultKind::Stream => "inconsistent stream",
            FaultKind::Group => "inconsistent consumer group",
            FaultKind::Module => "broken data of a module",
            FaultKind::Payload => "wrong version or checksum",
        })
    }
}

impl std::error::Error for Fault {}

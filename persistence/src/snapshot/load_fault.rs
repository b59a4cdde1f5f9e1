//! Why a snapshot can't be loaded. Tools look for some of the words, so these are Redis's.

use std::fmt;
use std::io;

use crate::rdb::{Fault, FaultKind};

/// See the top of the file.
#[derive(Debug)]
pub enum LoadFault {
    /// The file can't be read.
    Disk(io::Error),
    /// It is something else.
    Signature,
    /// A later Redis wrote it.
    Version(String),
    /// It is broken in this place of the file.
    Broken(Fault),
    /// Its checksum and that of what was read.
    Checksum(u64, u64),
    /// It has a database that is not configured; how many are.
    Databases(u32),
    /// It holds a value of this module's type.
    Module(String),
    /// A key is there twice, in this database.
    DuplicateKey(String, u32),
}

impl fmt::Display for LoadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadFault::Disk(error) => write!(f, "{error}"),
            LoadFault::Signature => write!(f, "Wrong signature trying to load DB from file"),
            LoadFault::Version(version) => write!(f, "Can't handle RDB format version {version}"),
            LoadFault::Broken(Fault {
                kind: FaultKind::Truncated,
                offset,
            }) => write!(
                f,
                "Short read or OOM loading DB. Unrecoverable error, aborting now. (offset {offset})"
            ),
            LoadFault::Broken(fault) => write!(
                f,
                "Internal error in RDB reading offset {}: {}",
                fault.offset, fault.kind
            ),
            LoadFault::Checksum(expected, found) => write!(
                f,
                "Wrong RDB checksum expected: ({expected:x}) but got ({found:x}). Aborting now. RDB CRC error"
            ),
            LoadFault::Databases(most) => write!(
                f,
                "FATAL: Data file was created with a Redis server configured to handle more than {most} databases. Exiting"
            ),
            LoadFault::Module(name) => write!(
                f,
                "The RDB file contains module data I can't load: no matching module type '{name}'"
            ),
            LoadFault::DuplicateKey(key, db) => {
                write!(f, "RDB has duplicated key '{key}' in DB {db}")
            }
        }
    }
}

impl std::error::Error for LoadFault {}

impl From<io::Error> for LoadFault {
    fn from(error: io::Error) -> Self {
        LoadFault::Disk(error)
    }
}

impl From<Fault> for LoadFault {
    fn from(fault: Fault) -> Self {
        LoadFault::Broken(fault)
    }
}

//! What a snapshot begins with: facts about whoever made it, functions, and the sizes of databases.

use crate::rdb::format::{Version, opcode};
use crate::rdb::writer::Writer;

/// How much a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseSize {
    /// Its number.
    pub db: u32,
    /// Its keys.
    pub keys: u64,
    /// Those of them that expire.
    pub expiring: u64,
}

/// See the top of the file.
#[derive(Clone, Debug)]
pub struct Header {
    /// The version of the format.
    pub version: Version,
    /// Names and texts, in this order.
    pub aux: Vec<(&'static str, String)>,
    /// Libraries of functions, each its source.
    pub functions: Vec<Vec<u8>>,
    /// Databases that are not empty.
    pub databases: Vec<DatabaseSize>,
}

impl Header {
    /// That of a snapshot of nothing.
    pub fn empty(version: Version) -> Header {
        Header {
            version,
            aux: Vec::new(),
            functions: Vec::new(),
            databases: Vec::new(),
        }
    }

    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("REDIS{:04}", self.version.0).into_bytes();
        let mut writer = Writer::new(&mut bytes, self.version, false);
        for (name, text) in &self.aux {
            writer.raw(&[opcode::AUX]);
            writer.string(name.as_bytes());
            writer.string(text.as_bytes());
        }
        for library in &self.functions {
            writer.raw(&[opcode::FUNCTION]);
            writer.string(library);
        }
        for size in &self.databases {
            writer.raw(&[opcode::SELECT_DB]);
            writer.number(size.db.into());
            writer.raw(&[opcode::RESIZE_DB]);
            writer.number(size.keys);
            writer.number(size.expiring);
        }
        bytes
    }
}

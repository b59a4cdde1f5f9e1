//! A snapshot's file, record by record. Values are not decoded: that is done by the shards that keep them.
//!
//! Invariant: the buffer holds what one record needs, and at most a block more than that. A length that the file is too
//! short for is a fault before any memory is asked for.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;

use engine::time::UnixMillis;

use super::load_fault::LoadFault;
use crate::rdb::crc64::crc64;
use crate::rdb::format::{ValueType, Version, opcode};
use crate::rdb::reader::Reader;
use crate::rdb::skip::{skip, skip_module};
use crate::rdb::{Fault, FaultKind};

/// Bytes read in one go.
const BLOCK: usize = 1 << 20;
/// "REDIS" and four digits.
const MAGIC: usize = 9;
/// The first version with a checksum.
const CHECKSUM_SINCE: u16 = 5;
/// Value types of modules.
const MODULES: [u8; 2] = [6, 7];

/// How a key was used, as the file tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawUsage {
    /// Not for so many seconds.
    Idle(u64),
    /// So often.
    Frequency(u8),
}

/// A key whose value is not decoded.
#[derive(Debug)]
pub struct RawKey<'a> {
    /// Its database.
    pub db: u32,
    /// When it expires.
    pub expiry: Option<UnixMillis>,
    /// How it was used.
    pub usage: Option<RawUsage>,
    /// Its name.
    pub key: Cow<'a, [u8]>,
    /// How its value is laid out.
    pub layout: ValueType,
    /// Its value.
    pub value: &'a [u8],
    /// Where the value begins in the file.
    pub offset: u64,
}

/// What a file consists of.
#[derive(Debug)]
pub enum Record<'a> {
    /// A fact about whoever made it.
    Aux(Vec<u8>, Vec<u8>),
    /// The source of a library of functions.
    Function(Vec<u8>),
    /// A key.
    Key(RawKey<'a>),
    /// The end.
    End,
}

/// A record by its places in the buffer.
enum Parsed {
    Aux(Vec<u8>, Vec<u8>),
    Function(Vec<u8>),
    /// It says something about what follows, or nothing that is of interest.
    Passed,
    Key(Name, ValueType, Range<usize>),
    End,
}

enum Name {
    At(Range<usize>),
    Unpacked(Vec<u8>),
}

/// What was said about the key that follows.
#[derive(Clone, Copy, Debug, Default)]
struct Attributes {
    expiry: Option<UnixMillis>,
    usage: Option<RawUsage>,
}

/// See the top of the file.
pub struct SnapshotReader<R: Read> {
    source: R,
    /// Bytes of the file.
    size: u64,
    buffer: Vec<u8>,
    /// What of the buffer was read as records.
    at: usize,
    /// The file's bytes before the buffer.
    before: u64,
    crc: u64,
    /// What of the buffer is in `crc`.
    summed: usize,
    verifies: bool,
    version: Version,
    databases: u32,
    db: u32,
    attributes: Attributes,
}

impl<R: Read> SnapshotReader<R> {
    /// Reads a file of `size` bytes, for a server with so many databases. Errors: no snapshot, or one from the future.
    pub fn new(source: R, size: u64, databases: u32, verifies: bool) -> Result<Self, LoadFault> {
        let mut reader = SnapshotReader {
            source,
            size,
            buffer: Vec::new(),
            at: 0,
            before: 0,
            crc: 0,
            summed: 0,
            verifies,
            version: Version::V10,
            databases,
            db: 0,
            attributes: Attributes::default(),
        };
        reader.version = reader.magic()?;
        Ok(reader)
    }

    /// Bytes read as records.
    pub fn offset(&self) -> u64 {
        self.before + self.at as u64
    }

    /// The version that the file says it has.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Gives back what stands behind the end: bytes that were read already, and the rest of the file.
    pub fn into_rest(mut self) -> (Vec<u8>, R) {
        let rest = self.buffer.split_off(self.at);
        (rest, self.source)
    }

    fn magic(&mut self) -> Result<Version, LoadFault> {
        self.need(MAGIC)?;
        let magic = &self.buffer[..MAGIC];
        let Some(digits) = magic.strip_prefix(b"REDIS") else {
            return Err(LoadFault::Signature);
        };
        let text = String::from_utf8_lossy(digits).into_owned();
        let version = text.parse().ok().map(Version);
        let is_known = |version: &Version| (1..=Version::NEWEST.0).contains(&version.0);
        let version = version.filter(is_known).ok_or(LoadFault::Version(text))?;
        self.at = MAGIC;
        Ok(version)
    }

    /// The next record. Behind the end there is nothing.
    pub fn next_record(&mut self) -> Result<Record<'_>, LoadFault> {
        loop {
            match self.parse()? {
                Parsed::Passed => {}
                Parsed::Aux(name, text) => return Ok(Record::Aux(name, text)),
                Parsed::Function(source) => return Ok(Record::Function(source)),
                Parsed::End => {
                    self.check_end()?;
                    return Ok(Record::End);
                }
                Parsed::Key(name, layout, value) => {
                    let Attributes { expiry, usage } = std::mem::take(&mut self.attributes);
                    return Ok(Record::Key(RawKey {
                        db: self.db,
                        expiry,
                        usage,
                        key: match name {
                            Name::At(at) => Cow::Borrowed(&self.buffer[at]),
                            Name::Unpacked(name) => Cow::Owned(name),
                        },
                        layout,
                        offset: self.before + value.start as u64,
                        value: &self.buffer[value],
                    }));
                }
            }
        }
    }

    /// Parses a record, with as much of the file as that takes.
    fn parse(&mut self) -> Result<Parsed, LoadFault> {
        loop {
            let mut reader = Reader::new(&self.buffer[self.at..]);
            let mut scene = Scene {
                start: self.at,
                databases: self.databases,
                db: self.db,
                attributes: self.attributes,
            };
            match scene.record(&mut reader) {
                Ok(parsed) => {
                    self.at += reader.offset();
                    (self.db, self.attributes) = (scene.db, scene.attributes);
                    return Ok(parsed);
                }
                Err(LoadFault::Broken(Fault {
                    kind: FaultKind::Truncated,
                    ..
                })) => {
                    let wanted = reader.wanted();
                    self.need(wanted)?;
                }
                Err(LoadFault::Broken(fault)) => {
                    let offset = self.offset() as usize + fault.offset;
                    return Err(Fault { offset, ..fault }.into());
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Reads until there are `count` bytes from this place on.
    fn need(&mut self, count: usize) -> Result<(), LoadFault> {
        let left = self.size.saturating_sub(self.offset());
        if count as u64 > left {
            let (kind, offset) = (FaultKind::Truncated, self.size as usize);
            return Err(Fault { kind, offset }.into());
        }
        self.forget();
        let target = count.max(BLOCK).max(self.buffer.len() + BLOCK / 2);
        let more = target.saturating_sub(self.buffer.len()) as u64;
        let read = (&mut self.source)
            .take(more)
            .read_to_end(&mut self.buffer)?;
        if read == 0 || self.buffer.len() < count {
            let (kind, offset) = (
                FaultKind::Truncated,
                self.before as usize + self.buffer.len(),
            );
            return Err(Fault { kind, offset }.into());
        }
        Ok(())
    }

    /// Drops what was read as records.
    fn forget(&mut self) {
        self.sum();
        self.buffer.drain(..self.at);
        self.before += self.at as u64;
        (self.at, self.summed) = (0, 0);
    }

    fn sum(&mut self) {
        if self.verifies {
            self.crc = crc64(self.crc, &self.buffer[self.summed..self.at]);
        }
        self.summed = self.at;
    }

    fn check_end(&mut self) -> Result<(), LoadFault> {
        if self.version.0 < CHECKSUM_SINCE {
            return Ok(());
        }
        self.sum();
        if self.buffer.len() < self.at + 8 {
            self.need(8)?;
        }
        let expected = Reader::new(&self.buffer[self.at..]).array()?;
        self.at += 8;
        match u64::from_le_bytes(expected) {
            // It was written without.
            0 => Ok(()),
            expected if !self.verifies || expected == self.crc => Ok(()),
            expected => Err(LoadFault::Checksum(expected, self.crc)),
        }
    }
}

/// What a record is read in.
struct Scene {
    /// Where the record begins in the buffer.
    start: usize,
    databases: u32,
    db: u32,
    attributes: Attributes,
}

impl Scene {
    fn record(&mut self, reader: &mut Reader<'_>) -> Result<Parsed, LoadFault> {
        match reader.byte()? {
            opcode::EOF => return Ok(Parsed::End),
            opcode::AUX => {
                let name = reader.string()?.into_owned();
                return Ok(Parsed::Aux(name, reader.string()?.into_owned()));
            }
            opcode::FUNCTION => return Ok(Parsed::Function(reader.string()?.into_owned())),
            opcode::SELECT_DB => {
                let db = u32::try_from(reader.number()?).unwrap_or(u32::MAX);
                if db >= self.databases {
                    return Err(LoadFault::Databases(self.databases));
                }
                self.db = db;
            }
            opcode::RESIZE_DB => (0..2).try_for_each(|_| reader.number().map(drop))?,
            opcode::SLOT_INFO => (0..3).try_for_each(|_| reader.number().map(drop))?,
            opcode::EXPIRE_MILLIS => self.attributes.expiry = Some(UnixMillis(reader.millis()?)),
            opcode::EXPIRE_SECONDS => {
                let seconds = i64::from(i32::from_le_bytes(reader.array()?));
                self.attributes.expiry = Some(UnixMillis(seconds * 1000));
            }
            opcode::IDLE => self.attributes.usage = Some(RawUsage::Idle(reader.number()?)),
            opcode::FREQ => self.attributes.usage = Some(RawUsage::Frequency(reader.byte()?)),
            opcode::MODULE_AUX => {
                reader.number()?;
                skip_module(reader)?;
            }
            code => return self.key(code, reader),
        }
        Ok(Parsed::Passed)
    }

    fn key(&self, code: u8, reader: &mut Reader<'_>) -> Result<Parsed, LoadFault> {
        let fault = Fault {
            kind: FaultKind::ValueType(code),
            offset: 0,
        };
        if MODULES.contains(&code) {
            reader.skip_string()?;
            return Err(LoadFault::Module(module_name(reader.number()?)));
        }
        let layout = ValueType::from_code(code).ok_or(fault)?;
        let name = match reader.string()? {
            Cow::Borrowed(name) => {
                let end = self.start + reader.offset();
                Name::At(end - name.len()..end)
            }
            Cow::Owned(name) => Name::Unpacked(name),
        };
        let start = self.start + reader.offset();
        skip(layout, reader)?;
        Ok(Parsed::Key(
            name,
            layout,
            start..self.start + reader.offset(),
        ))
    }
}

/// Nine characters of six bits, and a version.
fn module_name(id: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let letter = |place: u32| LETTERS[(id >> (10 + 6 * place)) as usize & 63] as char;
    (0..9).rev().map(letter).collect()
}

#[cfg(test)]
mod tests;

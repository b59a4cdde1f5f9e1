//! A shard's entries of one database become chunks of a snapshot.

use engine::keyspace::entry::Entry;
use engine::keyspace::walk::Sink;
use engine::shard::access;
use engine::time::UnixMillis;
use engine::value::ValueRef;

use crate::rdb::format::{Version, opcode};
use crate::rdb::values;
use crate::rdb::writer::Writer;

/// A chunk is full with so many bytes.
const FULL: usize = 128 << 10;
/// Room for an entry behind that.
const SLACK: usize = 16 << 10;

/// What is kept of a key's use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// Nothing.
    None,
    /// How long it was idle at this time.
    Idle(UnixMillis),
    /// How often it was used.
    Frequency,
}

/// How entries are written.
#[derive(Clone, Copy, Debug)]
pub struct Encoding {
    /// For readers of this version.
    pub version: Version,
    /// Whether long strings are compressed.
    pub compresses: bool,
    /// What is kept of keys' use.
    pub usage: Usage,
}

/// Some bytes of a snapshot.
#[derive(Debug)]
pub struct Chunk {
    /// They begin with the database.
    pub bytes: Vec<u8>,
    /// How many keys are in it.
    pub keys: u64,
}

/// Where full chunks go. It is dropped behind the last one.
pub trait Outlet: Send {
    /// Takes a chunk.
    fn take(&mut self, chunk: Chunk);

    /// An entry was written.
    fn note_key(&mut self);

    /// The last chunk was taken. An outlet that is dropped without this was given up.
    fn end(&mut self);
}

/// See the top of the file.
pub struct ChunkMaker<O: Outlet> {
    db: u32,
    encoding: Encoding,
    chunk: Chunk,
    outlet: O,
}

impl<O: Outlet> ChunkMaker<O> {
    /// Makes chunks of entries of `db`.
    pub fn new(db: u32, encoding: Encoding, outlet: O) -> Self {
        let (bytes, keys) = (Vec::new(), 0);
        ChunkMaker {
            db,
            encoding,
            chunk: Chunk { bytes, keys },
            outlet,
        }
    }

    fn begin(&mut self) {
        self.chunk.bytes.reserve_exact(FULL + SLACK);
        let mut writer = Writer::new(&mut self.chunk.bytes, self.encoding.version, false);
        writer.raw(&[opcode::SELECT_DB]);
        writer.number(self.db.into());
    }

    fn flush(&mut self) {
        let (bytes, keys) = (Vec::new(), 0);
        let full = std::mem::replace(&mut self.chunk, Chunk { bytes, keys });
        self.outlet.take(full);
    }
}

impl<O: Outlet> Sink for ChunkMaker<O> {
    fn entry(&mut self, entry: Entry<'_>) {
        if self.chunk.keys == 0 {
            self.begin();
        }
        let Encoding {
            version,
            compresses,
            usage,
        } = self.encoding;
        let mut writer = Writer::new(&mut self.chunk.bytes, version, compresses);
        write_attributes(entry, usage, &mut writer);
        write_pair(entry.key(), entry.value(), &mut writer);
        self.chunk.keys += 1;
        self.outlet.note_key();
        if self.chunk.bytes.len() >= FULL {
            self.flush();
        }
    }

    fn end(mut self: Box<Self>) {
        if self.chunk.keys > 0 {
            self.flush();
        }
        self.outlet.end();
    }
}

fn write_attributes(entry: Entry<'_>, usage: Usage, writer: &mut Writer<'_>) {
    if let Some(expiry) = entry.expiry() {
        writer.raw(&[opcode::EXPIRE_MILLIS]);
        writer.millis(expiry.0);
    }
    match usage {
        Usage::None => {}
        Usage::Idle(now) => {
            writer.raw(&[opcode::IDLE]);
            writer.number(access::idle_millis(entry.access(), now) / 1000);
        }
        Usage::Frequency => writer.raw(&[opcode::FREQ, entry.access() as u8]),
    }
}

fn write_pair(key: &[u8], value: ValueRef<'_>, writer: &mut Writer<'_>) {
    writer.raw(&[values::layout(value, writer.version()).code()]);
    writer.string(key);
    values::write(value, writer);
}

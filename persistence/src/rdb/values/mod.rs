//! Values, one file for each type: how it is laid out, written and read.

mod hash;
mod list;
mod set;
mod sorted_set;
mod stream;
mod string;

use super::fault::{Fault, FaultKind};
use super::format::{ValueType, Version};
use super::reader::Reader;
use super::writer::Writer;
use engine::limits::Limits;
use engine::packed::listpack::Listpack;
use engine::random::Random;
use engine::table::HashSeed;
use engine::time::UnixMillis;
use engine::value::collection::Collection;
use engine::value::{Value, ValueRef};

/// What values are made by.
pub struct Maker<'a> {
    /// When a small collection is a large one.
    pub limits: &'a Limits,
    /// The seed of sets that are tables.
    pub seed: HashSeed,
    /// For the seeds of the others.
    pub random: &'a mut Random,
    /// The time.
    pub now: UnixMillis,
}

/// `wished`, or the first later version that can hold all of the value.
pub fn version_for(value: ValueRef<'_>, wished: Version) -> Version {
    match value {
        ValueRef::Hash(hash) if hash.has_expiries() => wished.max(Version::V12),
        _ => wished,
    }
}

/// How a value is laid out for readers of `version`.
pub fn layout(value: ValueRef<'_>, version: Version) -> ValueType {
    match value {
        ValueRef::String(_) => ValueType::String,
        ValueRef::List(_) => ValueType::ListQuicklist2,
        ValueRef::Hash(hash) => hash::layout(hash),
        ValueRef::Set(set) => set::layout(set, version),
        ValueRef::SortedSet(sorted_set) => sorted_set::layout(sorted_set),
        ValueRef::Stream(_) => stream::layout(version),
    }
}

/// Writes a value in its [`layout`] for the writer's version, without its type.
pub fn write(value: ValueRef<'_>, writer: &mut Writer<'_>) {
    match value {
        ValueRef::String(string) => writer.string_value(string),
        ValueRef::List(list) => list::write(list, writer),
        ValueRef::Hash(hash) => hash::write(hash, writer),
        ValueRef::Set(set) => set::write(set, writer),
        ValueRef::SortedSet(sorted_set) => sorted_set::write(sorted_set, writer),
        ValueRef::Stream(stream) => stream::write(stream, writer),
    }
}

/// Reads a value of this layout. An empty collection is a fault of its own kind, as some files have them.
pub fn read(
    layout: ValueType,
    reader: &mut Reader<'_>,
    maker: &mut Maker<'_>,
) -> Result<Value, Fault> {
    let empty = reader.fault(FaultKind::Empty);
    match layout {
        ValueType::String => string::read(reader),
        ValueType::List
        | ValueType::ListZiplist
        | ValueType::ListQuicklist
        | ValueType::ListQuicklist2 => kept(list::read(layout, reader, maker)?, empty),
        ValueType::Set | ValueType::SetIntset | ValueType::SetListpack => {
            kept(set::read(layout, reader, maker)?, empty)
        }
        ValueType::SortedSet
        | ValueType::SortedSet2
        | ValueType::SortedSetZiplist
        | ValueType::SortedSetListpack => kept(sorted_set::read(layout, reader, maker)?, empty),
        ValueType::Hash
        | ValueType::HashZipmap
        | ValueType::HashZiplist
        | ValueType::HashListpack
        | ValueType::HashMetadataPreGa
        | ValueType::HashListpackExPreGa
        | ValueType::HashMetadata
        | ValueType::HashListpackEx => kept(hash::read(layout, reader, maker)?, empty),
        ValueType::StreamListpacks | ValueType::StreamListpacks2 | ValueType::StreamListpacks3 => {
            kept(stream::read(layout, reader)?, empty)
        }
    }
}

fn kept<T: Collection>(collection: T, empty: Fault) -> Result<Value, Fault> {
    if collection.keeps_key() {
        Ok(Box::new(collection).into_value())
    } else {
        Err(empty)
    }
}

/// A string that is a listpack.
fn listpack(reader: &mut Reader<'_>) -> Result<Listpack, Fault> {
    let fault = reader.fault(FaultKind::Listpack);
    Listpack::from_bytes(reader.string()?.into_owned()).ok_or(fault)
}

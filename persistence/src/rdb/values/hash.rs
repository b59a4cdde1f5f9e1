//! Hashes.
//!
//! ```text
//! HashListpack           listpack of name, value, name, value ..
//! HashZiplist            the same as a ziplist
//! HashZipmap             zipmap
//! Hash                   fields | name | value | ..
//! HashListpackEx         least expiry, i64, LE | listpack of name, value, expiry .., rising, those of 0 last
//! HashMetadata           least expiry, i64, LE | fields | expiry - least + 1 (0 for none) | name | value | ..
//! HashListpackExPreGa    listpack as above
//! HashMetadataPreGa      fields | expiry (0 for none) | name | value | ..
//! ```
//!
//! All expiries but those that are told as a difference are milliseconds since 1970.

use super::{Fault, FaultKind, Listpack, Maker, Reader, ValueType, Writer, listpack};
use crate::rdb::{ziplist, zipmap};
use engine::time::UnixMillis;
use engine::value::collection::Collection;
use engine::value::hash::{Hash, NewExpiry, Rules};

/// A hash whose fields all lost their expiries again is written as if none had ever had one.
pub(super) fn layout(hash: &Hash) -> ValueType {
    let is_packed = hash.listpack().is_some();
    match (hash.has_expiries(), is_packed) {
        (true, true) => ValueType::HashListpackEx,
        (true, false) => ValueType::HashMetadata,
        (false, true) if hash.encoding() == "listpack" => ValueType::HashListpack,
        _ => ValueType::Hash,
    }
}

pub(super) fn write(hash: &Hash, writer: &mut Writer<'_>) {
    let least = hash.next_expiry().map_or(0, |at| at.0);
    match (layout(hash), hash.listpack()) {
        (ValueType::HashListpack, Some(pack)) => writer.string(pack.bytes()),
        (ValueType::HashListpackEx, Some(pack)) => {
            writer.millis(least);
            writer.string(pack.bytes());
        }
        (layout, _) => {
            let is_timed = layout == ValueType::HashMetadata;
            if is_timed {
                writer.millis(least);
            }
            writer.number(hash.len() as u64);
            hash.for_each_timed(&mut |name, value, expiry| {
                if is_timed {
                    writer.number(expiry.map_or(0, |at| at.0.abs_diff(least) + 1));
                }
                writer.element(name);
                writer.element(value);
            });
        }
    }
}

pub(super) fn read(
    layout: ValueType,
    reader: &mut Reader<'_>,
    maker: &mut Maker<'_>,
) -> Result<Hash, Fault> {
    let mut rules = Rules {
        now: maker.now,
        limits: maker.limits,
        random: maker.random,
    };
    let fault = |kind| reader.fault(kind);
    let (bad_pack, bad_ziplist, bad_zipmap) = (
        fault(FaultKind::Listpack),
        fault(FaultKind::Ziplist),
        fault(FaultKind::Zipmap),
    );
    let mut pairs = |pack: Option<Listpack>, fault| {
        pack.and_then(|pack| Hash::from_listpack(pack, &mut rules))
            .ok_or(fault)
    };
    match layout {
        ValueType::HashListpack => pairs(Some(listpack(reader)?), bad_pack),
        ValueType::HashZiplist => pairs(ziplist::to_listpack(&reader.string()?), bad_ziplist),
        ValueType::HashZipmap => {
            let pack = zipmap::to_listpack(&reader.string()?).ok_or(bad_zipmap)?;
            from_pairs(&pack, &mut rules).ok_or(bad_zipmap)
        }
        ValueType::HashListpackEx | ValueType::HashListpackExPreGa => {
            if layout == ValueType::HashListpackEx {
                reader.millis()?;
            }
            Hash::from_timed_listpack(listpack(reader)?, &mut rules).ok_or(bad_pack)
        }
        ValueType::HashMetadata => {
            let least = reader.millis()?;
            read_fields(reader, &mut rules, |reader| expiry(reader, least))
        }
        ValueType::HashMetadataPreGa => read_fields(reader, &mut rules, |reader| expiry(reader, 1)),
        _ => read_fields(reader, &mut rules, |_| Ok(NewExpiry::Clear)),
    }
}

/// Zipmaps knew no limit for the length of values: they are set one by one.
fn from_pairs(pack: &Listpack, rules: &mut Rules<'_>) -> Option<Hash> {
    let mut hash = Hash::default();
    let mut elements = pack.iter();
    while let Some(name) = elements.next() {
        let (name, value) = (name.to_vec(), elements.next()?.to_vec());
        if !hash.set(&name, &value, NewExpiry::Clear, rules) {
            return None;
        }
    }
    Some(hash)
}

fn read_fields(
    reader: &mut Reader<'_>,
    rules: &mut Rules<'_>,
    expiry: impl Fn(&mut Reader<'_>) -> Result<NewExpiry, Fault>,
) -> Result<Hash, Fault> {
    let mut hash = Hash::default();
    let fields = reader.count(2)?;
    hash.expect(fields, rules);
    for _ in 0..fields {
        let expiry = expiry(reader)?;
        let fault = reader.fault(FaultKind::Duplicate);
        let name = reader.string()?;
        let value = reader.string()?;
        if !hash.set(&name, &value, expiry, rules) {
            return Err(fault);
        }
    }
    Ok(hash)
}

/// A field's expiry, told as the difference to `least` and one more.
fn expiry(reader: &mut Reader<'_>, least: i64) -> Result<NewExpiry, Fault> {
    let fault = reader.fault(FaultKind::Length);
    match reader.number()? {
        0 => Ok(NewExpiry::Clear),
        behind => {
            let at = least.checked_add_unsigned(behind - 1);
            // In a listpack 0 says that there is none.
            at.filter(|at| *at > 0)
                .map(|at| NewExpiry::At(UnixMillis(at)))
                .ok_or(fault)
        }
    }
}

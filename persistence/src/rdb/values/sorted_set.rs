//! Sorted sets.
//!
//! ```text
//! SortedSetListpack    listpack of member, score, member, score .., rising
//! SortedSetZiplist     the same as a ziplist
//! SortedSet2           members | member | score f64, LE | ..                     the highest first
//! SortedSet            members | member | length u8, score's text | ..           253 is nan, 254 inf, 255 -inf
//! ```

use super::{Fault, FaultKind, Maker, Reader, ValueType, Writer, listpack};
use crate::rdb::ziplist;
use engine::command::number::parse_float;
use engine::packed::listpack::Listpack;
use engine::value::collection::Collection;
use engine::value::sorted_set::{Draft, SortedSet};

pub(super) fn layout(sorted_set: &SortedSet) -> ValueType {
    match sorted_set.listpack() {
        Some(_) => ValueType::SortedSetListpack,
        None => ValueType::SortedSet2,
    }
}

pub(super) fn write(sorted_set: &SortedSet, writer: &mut Writer<'_>) {
    if let Some(pack) = sorted_set.listpack() {
        return writer.string(pack.bytes());
    }
    writer.number(sorted_set.len() as u64);
    for (member, score) in sorted_set.walk_back(0..sorted_set.len()) {
        writer.element(member);
        writer.raw(&score.to_le_bytes());
    }
}

pub(super) fn read(
    layout: ValueType,
    reader: &mut Reader<'_>,
    maker: &mut Maker<'_>,
) -> Result<SortedSet, Fault> {
    match layout {
        ValueType::SortedSetListpack => {
            let fault = reader.fault(FaultKind::Listpack);
            packed(listpack(reader)?, maker, fault)
        }
        ValueType::SortedSetZiplist => {
            let fault = reader.fault(FaultKind::Ziplist);
            let pack = ziplist::to_listpack(&reader.string()?).ok_or(fault)?;
            packed(pack, maker, fault)
        }
        ValueType::SortedSet2 => read_members(reader, maker, 9, binary_score),
        _ => read_members(reader, maker, 2, text_score),
    }
}

fn packed(pack: Listpack, maker: &mut Maker<'_>, fault: Fault) -> Result<SortedSet, Fault> {
    SortedSet::from_listpack(pack, maker.limits, maker.random).ok_or(fault)
}

/// `least` is the number of bytes that a member takes with its score.
fn read_members(
    reader: &mut Reader<'_>,
    maker: &mut Maker<'_>,
    least: usize,
    score: fn(&mut Reader<'_>) -> Result<f64, Fault>,
) -> Result<SortedSet, Fault> {
    let fault = reader.fault(FaultKind::Duplicate);
    let count = reader.count(least)?;
    let mut draft = Draft::with_capacity(count);
    for _ in 0..count {
        let member = reader.string()?;
        draft.push(score(reader)?, &member);
    }
    if is_distinct(&draft) {
        Ok(draft.into_set(maker.limits, maker.random))
    } else {
        Err(fault)
    }
}

fn is_distinct(draft: &Draft) -> bool {
    let mut members: Vec<&[u8]> = draft.iter().map(|(_, member)| member).collect();
    members.sort_unstable();
    members.windows(2).all(|pair| pair[0] != pair[1])
}

fn binary_score(reader: &mut Reader<'_>) -> Result<f64, Fault> {
    let fault = reader.fault(FaultKind::Score);
    let score = f64::from_le_bytes(reader.array()?);
    if score.is_nan() {
        Err(fault)
    } else {
        Ok(score)
    }
}

fn text_score(reader: &mut Reader<'_>) -> Result<f64, Fault> {
    let fault = reader.fault(FaultKind::Score);
    match reader.byte()? {
        253 => Err(fault),
        254 => Ok(f64::INFINITY),
        255 => Ok(f64::NEG_INFINITY),
        length => parse_float(reader.bytes(length.into())?).ok_or(fault),
    }
}

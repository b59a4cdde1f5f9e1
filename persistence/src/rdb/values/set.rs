//! Sets.
//!
//! ```text
//! SetIntset      intset
//! SetListpack    listpack
//! Set            members | member | ..
//! ```
//!
//! Before version 11 a listpack is written as members.

use super::{Fault, FaultKind, Maker, Reader, ValueType, Version, Writer, listpack};
use engine::packed::intset::Intset;
use engine::value::collection::Collection;
use engine::value::set::Set;

pub(super) fn layout(set: &Set, version: Version) -> ValueType {
    if set.intset().is_some() {
        ValueType::SetIntset
    } else if set.listpack().is_some() && version >= ValueType::SetListpack.since() {
        ValueType::SetListpack
    } else {
        ValueType::Set
    }
}

pub(super) fn write(set: &Set, writer: &mut Writer<'_>) {
    let packed = match layout(set, writer.version()) {
        ValueType::SetIntset => set.intset().map(Intset::bytes),
        ValueType::SetListpack => set.listpack().map(|pack| pack.bytes()),
        _ => None,
    };
    match packed {
        Some(bytes) => writer.string(bytes),
        None => {
            writer.number(set.len() as u64);
            set.iter().for_each(|member| writer.element(member));
        }
    }
}

pub(super) fn read(
    layout: ValueType,
    reader: &mut Reader<'_>,
    maker: &Maker<'_>,
) -> Result<Set, Fault> {
    match layout {
        ValueType::SetIntset => {
            let fault = reader.fault(FaultKind::Intset);
            let ints = Intset::from_bytes(reader.string()?.into_owned()).ok_or(fault)?;
            Ok(Set::from_intset(ints, maker.limits, maker.seed))
        }
        ValueType::SetListpack => {
            let fault = reader.fault(FaultKind::Duplicate);
            let pack = listpack(reader)?;
            Set::from_listpack(pack, maker.limits, maker.seed).ok_or(fault)
        }
        _ => read_members(reader, maker),
    }
}

fn read_members(reader: &mut Reader<'_>, maker: &Maker<'_>) -> Result<Set, Fault> {
    let mut set = Set::default();
    let count = reader.count(1)?;
    for index in 0..count {
        let fault = reader.fault(FaultKind::Duplicate);
        let member = reader.string()?;
        if index == 0 {
            set.announce(&member, count, maker.limits, maker.seed);
        }
        if !set.add(&member, maker.limits, maker.seed) {
            return Err(fault);
        }
    }
    Ok(set)
}

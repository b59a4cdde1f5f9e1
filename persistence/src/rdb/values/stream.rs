//! Streams.
//!
//! ```text
//! stream     nodes | node .. | entries | last id | first id* | greatest deleted id* | entries added* | groups | group ..
//! node       string of 16 bytes: the first id, high bytes first | listpack
//! group      name | last delivered id | entries read* | pending | pending entry .. | consumers | consumer ..
//! pending    id in 16 bytes, high bytes first | last delivery, i64, LE | deliveries
//! consumer   name | seen, i64, LE | active, i64, LE** | pending | id in 16 bytes ..
//!
//! id         milliseconds | sequence number         two lengths, where not told otherwise
//! *          since StreamListpacks2
//! **         since StreamListpacks3; -1 for never
//! ```

use super::{Fault, FaultKind, Reader, ValueType, Version, Writer, listpack};
use engine::time::UnixMillis;
use engine::value::collection::Collection;
use engine::value::stream::Stream;
use engine::value::stream::group::{Deliveries, Group};
use engine::value::stream::id::StreamId;
use engine::value::stream::node::Node;
use engine::value::stream::stored::Counters;

/// What a group that cannot tell how much it has read is stored with.
const UNKNOWN: u64 = u64::MAX;
/// Bytes of an id that is no pair of lengths.
const RAW_ID: usize = 16;

pub(super) fn layout(version: Version) -> ValueType {
    if version >= ValueType::StreamListpacks3.since() {
        ValueType::StreamListpacks3
    } else {
        ValueType::StreamListpacks2
    }
}

pub(super) fn write(stream: &Stream, writer: &mut Writer<'_>) {
    writer.number(stream.nodes().len() as u64);
    for (first, node) in stream.nodes().iter() {
        writer.number(RAW_ID as u64);
        writer.raw(&raw_id(first));
        writer.string(node.bytes());
    }
    writer.number(stream.len() as u64);
    write_id(stream.last_id(), writer);
    write_id(stream.first_id(), writer);
    write_id(stream.max_deleted(), writer);
    writer.number(stream.entries_added());
    let groups = stream.groups();
    writer.number(groups.len() as u64);
    groups.for_each(|group| write_group(group, writer));
}

fn write_group(group: &Group, writer: &mut Writer<'_>) {
    writer.string(group.name());
    write_id(group.last_delivered, writer);
    writer.number(group.entries_read.unwrap_or(UNKNOWN));
    writer.number(group.pending().len() as u64);
    for (id, pending) in group.pending().iter() {
        writer.raw(&raw_id(id));
        writer.millis(pending.delivered.0);
        writer.number(pending.deliveries);
    }
    let consumers = group.consumers();
    writer.number(consumers.len() as u64);
    for consumer in consumers.iter() {
        writer.string(consumer.name());
        writer.millis(consumer.seen.0);
        if layout(writer.version()) == ValueType::StreamListpacks3 {
            writer.millis(consumer.active.map_or(-1, |at| at.0));
        }
        writer.number(consumer.pending.len() as u64);
        for (id, ()) in consumer.pending.iter() {
            writer.raw(&raw_id(id));
        }
    }
}

fn raw_id(id: StreamId) -> [u8; RAW_ID] {
    (u128::from(id.ms) << 64 | u128::from(id.seq)).to_be_bytes()
}

fn write_id(id: StreamId, writer: &mut Writer<'_>) {
    writer.number(id.ms);
    writer.number(id.seq);
}

pub(super) fn read(layout: ValueType, reader: &mut Reader<'_>) -> Result<Stream, Fault> {
    let nodes = read_nodes(reader)?;
    let fault = reader.fault(FaultKind::Stream);
    let len = reader.number()?;
    let last_id = id(reader)?;
    let counters = if layout == ValueType::StreamListpacks {
        Counters {
            last_id,
            max_deleted: StreamId::MIN,
            entries_added: len,
        }
    } else {
        // The first id follows from the nodes.
        id(reader)?;
        Counters {
            last_id,
            max_deleted: id(reader)?,
            entries_added: reader.number()?,
        }
    };
    let mut stream = Stream::from_nodes(nodes, counters).ok_or(fault)?;
    if stream.len() as u64 != len {
        return Err(fault);
    }
    for _ in 0..reader.count(5)? {
        let fault = reader.fault(FaultKind::Group);
        let group = read_group(layout, reader, &stream)?;
        if !stream.add_group(group) {
            return Err(fault);
        }
    }
    Ok(stream)
}

fn read_nodes(reader: &mut Reader<'_>) -> Result<Vec<(StreamId, Node)>, Fault> {
    let count = reader.count(RAW_ID + 1)?;
    let mut nodes = Vec::with_capacity(count);
    for _ in 0..count {
        let fault = reader.fault(FaultKind::Stream);
        let first = reader.string()?;
        let first = <[u8; RAW_ID]>::try_from(&*first).map_err(|_| fault)?;
        let node = Node::from_listpack(listpack(reader)?).ok_or(fault)?;
        nodes.push((from_raw(first), node));
    }
    Ok(nodes)
}

fn from_raw(id: [u8; RAW_ID]) -> StreamId {
    let id = u128::from_be_bytes(id);
    StreamId::new((id >> 64) as u64, id as u64)
}

fn id(reader: &mut Reader<'_>) -> Result<StreamId, Fault> {
    Ok(StreamId::new(reader.number()?, reader.number()?))
}

/// A pending entry whose consumer is not known yet.
struct Unowned {
    id: StreamId,
    delivered: UnixMillis,
    deliveries: u64,
}

fn read_group(layout: ValueType, reader: &mut Reader<'_>, stream: &Stream) -> Result<Group, Fault> {
    let name = reader.string()?;
    let last_delivered = id(reader)?;
    let entries_read = if layout == ValueType::StreamListpacks {
        stream.entries_read_up_to(last_delivered)
    } else {
        Some(reader.number()?).filter(|read| *read != UNKNOWN)
    };
    let mut group = Group::new(&name, last_delivered, entries_read);
    let fault = reader.fault(FaultKind::Group);
    let pending = read_pending(reader)?;
    for _ in 0..reader.count(10)? {
        read_consumer(layout, reader, &mut group, &pending)?;
    }
    // Each was taken by one consumer, and by no other.
    if group.pending().len() == pending.len() {
        Ok(group)
    } else {
        Err(fault)
    }
}

/// Rising by id.
fn read_pending(reader: &mut Reader<'_>) -> Result<Vec<Unowned>, Fault> {
    let fault = reader.fault(FaultKind::Group);
    let count = reader.count(RAW_ID + 9)?;
    let mut pending = Vec::with_capacity(count);
    for _ in 0..count {
        pending.push(Unowned {
            id: from_raw(reader.array()?),
            delivered: UnixMillis(reader.millis()?),
            deliveries: reader.number()?,
        });
    }
    if pending.is_sorted_by(|one, other| one.id < other.id) {
        Ok(pending)
    } else {
        Err(fault)
    }
}

fn read_consumer(
    layout: ValueType,
    reader: &mut Reader<'_>,
    group: &mut Group,
    pending: &[Unowned],
) -> Result<(), Fault> {
    let fault = reader.fault(FaultKind::Group);
    let name = reader.string()?;
    let seen = UnixMillis(reader.millis()?);
    let active = match layout {
        ValueType::StreamListpacks3 => match reader.millis()? {
            -1 => None,
            at => Some(UnixMillis(at)),
        },
        _ => Some(seen),
    };
    let consumer = group.create_consumer(&name, seen).ok_or(fault)?;
    for _ in 0..reader.count(RAW_ID)? {
        let id = from_raw(reader.array()?);
        let found = pending.binary_search_by(|unowned| unowned.id.cmp(&id));
        let unowned = &pending[found.map_err(|_| fault)?];
        if group.pending().get(id).is_some() {
            return Err(fault);
        }
        let deliveries = Deliveries::Set(unowned.deliveries);
        group.claim(id, consumer, unowned.delivered, deliveries, seen);
    }
    group.consumer_mut(consumer).active = active;
    Ok(())
}

//! XINFO STREAM FULL: a stream with its first entries, and its groups with the first of what is pending.

use super::entry_reply::{write_entries, write_id};
use super::info::{write_facts, write_progress};
use crate::resp::reply::ReplyWriter;
use crate::value::stream::Stream;
use crate::value::stream::consumer::Consumer;
use crate::value::stream::group::Group;
use crate::value::stream::id::StreamId;

/// At most `most` entries of everything.
pub(super) fn write_full(stream: &Stream, most: usize, reply: &mut ReplyWriter<'_>) {
    reply.map(9);
    write_facts(stream, reply);
    reply.bulk(b"entries");
    write_entries(stream.range(StreamId::MIN, StreamId::MAX), most, reply);
    reply.bulk(b"groups");
    reply.array(stream.groups().len());
    for group in stream.groups() {
        write_group(stream, group, most, reply);
    }
}

fn write_group(stream: &Stream, group: &Group, most: usize, reply: &mut ReplyWriter<'_>) {
    reply.map(7);
    reply.bulk(b"name");
    reply.bulk(group.name());
    write_progress(stream, group, reply);
    reply.bulk(b"pel-count");
    reply.count(group.pending().len());
    reply.bulk(b"pending");
    reply.array(group.pending().len().min(most));
    for (id, pending) in group.pending().iter().take(most) {
        reply.array(4);
        write_id(id, reply);
        reply.bulk(group.owner(pending).name());
        reply.integer(pending.delivered.0);
        reply.integer(pending.deliveries as i64);
    }
    reply.bulk(b"consumers");
    reply.array(group.consumers().len());
    for consumer in group.consumers().iter() {
        write_consumer(group, consumer, most, reply);
    }
}

fn write_consumer(group: &Group, consumer: &Consumer, most: usize, reply: &mut ReplyWriter<'_>) {
    reply.map(5);
    reply.bulk(b"name");
    reply.bulk(consumer.name());
    reply.bulk(b"seen-time");
    reply.integer(consumer.seen.0);
    reply.bulk(b"active-time");
    reply.integer(consumer.active.map_or(-1, |active| active.0));
    reply.bulk(b"pel-count");
    reply.count(consumer.pending.len());
    reply.bulk(b"pending");
    reply.array(consumer.pending.len().min(most));
    for (id, ()) in consumer.pending.iter().take(most) {
        let pending = group.pending().get(id);
        reply.array(3);
        write_id(id, reply);
        reply.integer(pending.map_or(0, |pending| pending.delivered.0));
        reply.integer(pending.map_or(0, |pending| pending.deliveries as i64));
    }
}

//! How entries and ids look in replies.

use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::value::stream::id::StreamId;
use crate::value::stream::node::Entry;

/// `ms-seq`
#[inline]
pub(super) fn write_id(id: StreamId, reply: &mut ReplyWriter<'_>) {
    reply.bulk(id.text().bytes());
}

/// The id, and an array of fields and values in turn.
#[inline]
pub(super) fn write_entry(entry: &Entry<'_>, reply: &mut ReplyWriter<'_>) {
    reply.array(2);
    write_id(entry.id, reply);
    reply.array(entry.len() * 2);
    entry.each(|element| match element {
        Element::Int(number) => reply.bulk_integer(number),
        Element::Bytes(bytes) => reply.bulk(bytes),
    });
}

/// An array of entries, at most `most` of them.
#[inline]
pub(super) fn write_entries<'a>(
    entries: impl Iterator<Item = Entry<'a>>,
    most: usize,
    reply: &mut ReplyWriter<'_>,
) {
    write_array(reply, |reply| {
        let each = |entry| write_entry(&entry, reply);
        entries.take(most).map(each).count()
    });
}

/// An array whose length is known when its elements are written: `elements` returns it.
pub(super) fn write_array(
    reply: &mut ReplyWriter<'_>,
    elements: impl FnOnce(&mut ReplyWriter<'_>) -> usize,
) {
    let start = reply.position();
    let len = elements(reply);
    reply.array_at(start, len);
}

//! XREAD: what came to streams behind given ids, or comes to them from now on.

use super::entry_reply::write_entries;
use super::read_options::{BLOCK, COUNT, Position, ReadOptions, Reader, STREAMS, streams_behind};
use crate::command::args::{Args, OwnedArgs};
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Arity, Command, Docs, Run, Steps};
use crate::command::timeout::Patience;
use crate::command::waits::{Manner, Waits};
use crate::order::carry::Carry;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::context::ShardContext;
use crate::value::ValueRef;
use crate::value::stream::Stream;
use crate::value::stream::id::StreamId;

pub(super) const XREAD: Command = Command {
    name: "xread",
    arity: Arity::AtLeast(4),
    flags: Flags::READONLY
        .union(Flags::BLOCKING)
        .union(Flags::MOVABLE_KEYS),
    acl: Acl::STREAM,
    keys: &[streams_behind(1)],
    tips: &[],
    docs: Docs::new(
        "stream",
        "5.0.0",
        "O(N) for N entries returned from each stream",
        "Returns entries behind given ids from one or more streams, or waits for some",
    )
    .arguments(&[COUNT, BLOCK, STREAMS]),
    run: Run::Blocking(&WAITS),
    subcommands: &[],
};

const WAITS: Waits = Waits {
    steps: Steps {
        gather,
        decide,
        apply: |_, _, _, _| {},
    },
    manner: Manner::Read,
    patience,
    ready,
    nothing: |reply| reply.null_array(),
    words,
};

fn patience(args: &Args<'_>) -> Result<Patience, CommandError> {
    ReadOptions::parse(args, Reader::Anybody).map(|options| options.patience)
}

/// The whole of what the reply says of a key, if there is something, or else from where on there is nothing.
fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    let protocol = context.caller().protocol;
    let stream = match context.read_as::<Stream>(args.at(key)) {
        Err(error) => return Carry::Refused(error),
        Ok(None) => return Carry::Nothing,
        Ok(Some(stream)) => stream,
    };
    let Ok(options) = ReadOptions::parse(args, Reader::Anybody) else {
        return Carry::Nothing;
    };
    let after = match options.position(args, key, Reader::Anybody) {
        Ok(Position::After(id)) => id,
        Ok(_) => stream.last_id(),
        Err(_) => return Carry::Nothing,
    };
    match after.next().filter(|_| stream.has_entries_after(after)) {
        None => Carry::After(after),
        Some(first) => {
            let mut bytes = Vec::new();
            let mut reply = ReplyWriter::new(&mut bytes, protocol);
            write_head(args.at(key), &mut reply);
            write_entries(stream.range(first, StreamId::MAX), options.most, &mut reply);
            Carry::Bytes(bytes)
        }
    }
}

/// What stands before the entries of a stream.
pub(super) fn write_head(key: &[u8], reply: &mut ReplyWriter<'_>) {
    if reply.protocol() == Protocol::Resp2 {
        reply.array(2);
    }
    reply.bulk(key);
}

/// Puts what was gathered of several streams together: a map in RESP3, an array of pairs in RESP2. Nothing if there is
/// nothing.
pub(super) fn write_streams<'c>(
    streams: impl Iterator<Item = &'c [u8]> + Clone,
    reply: &mut ReplyWriter<'_>,
) {
    let count = streams.clone().count();
    if count == 0 {
        return;
    }
    match reply.protocol() {
        Protocol::Resp2 => reply.array(count),
        Protocol::Resp3 => reply.map(count),
    }
    streams.for_each(|stream| reply.raw(stream));
}

fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let options = ReadOptions::parse(args, Reader::Anybody)?;
    for (key, carry) in options.keys().zip(carries.iter_mut()) {
        if let Carry::Refused(_) = carry
            && let Carry::Refused(error) = carry.take()
        {
            return Err(error);
        }
        options.position(args, key, Reader::Anybody)?;
    }
    let found = carries.iter().filter_map(|carry| match carry {
        Carry::Bytes(bytes) => Some(bytes.as_slice()),
        _ => None,
    });
    write_streams(found, reply);
    Ok(())
}

/// Waits behind the ends that were found, not behind those that will be.
fn words(args: &Args<'_>, carries: &mut [Carry]) -> OwnedArgs {
    let Ok(options) = ReadOptions::parse(args, Reader::Anybody) else {
        return OwnedArgs::copy(args);
    };
    let first_id = options.first_key + options.keys;
    let mut words = OwnedArgs::new();
    for (at, word) in args.iter().enumerate() {
        match (word, at.checked_sub(first_id)) {
            (b"$", Some(number)) => {
                let after = match carries.get(number) {
                    Some(Carry::After(id)) => *id,
                    _ => StreamId::MIN,
                };
                words.push(after.text().bytes());
            }
            _ => words.push(word),
        }
    }
    words
}

/// Whether the stream of this key has entries for the reader.
fn ready(args: &Args<'_>, key: usize, value: Option<ValueRef<'_>>) -> bool {
    let Some(ValueRef::Stream(stream)) = value else {
        return false;
    };
    let Ok(options) = ReadOptions::parse(args, Reader::Anybody) else {
        return false;
    };
    // A key that is named twice waits once.
    let same = options
        .keys()
        .filter(|other| args.at(*other) == args.at(key));
    let mut positions = same.filter_map(|key| options.position(args, key, Reader::Anybody).ok());
    positions.any(|position| match position {
        Position::After(id) => stream.has_entries_after(id),
        Position::End | Position::New => false,
    })
}

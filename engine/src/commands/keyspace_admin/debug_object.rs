//! DEBUG OBJECT: a line about the inside of a value.

use super::DEBUG_FLAGS;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::commands::generic::refcount;
use crate::keyspace::key::Key;
use crate::limits::Limits;
use crate::resp::reply::ReplyWriter;
use crate::shard::access;
use crate::shard::context::ShardContext;
use crate::value::ValueRef;
use crate::value::collection::Collection;
use crate::value::list::{List, NodeRef};
use crate::value::string::StringRef;

pub(super) const OBJECT: Command = Command {
    name: "object",
    arity: Arity::Exactly(3),
    flags: DEBUG_FLAGS,
    acl: Acl::empty(),
    keys: &[KeySpec::at(2, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new("server", "1.0.0", "O(1)", "Shows the inside of a value")
        .arguments(&[Argument::key()]),
    run: Run::OneShard(describe),
    subcommands: &[],
};

fn describe(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (now, shared_integers) = (context.now(), context.limits().shared_integers);
    let database = context.database();
    let entry = database
        .get(Key::new(args.at(2), database.seed()))
        .ok_or(CommandError::NO_SUCH_KEY)?;
    let nodes = match entry.value() {
        ValueRef::List(list) if list.encoding() == "quicklist" => {
            describe_nodes(list, context.limits())
        }
        _ => String::new(),
    };
    reply.simple(&format!(
        "Value at:{:p} refcount:{} encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}{nodes}",
        entry.key().as_ptr(),
        refcount(entry, shared_integers),
        entry.value().encoding(),
        serialized_len(entry.value()),
        entry.access(),
        access::idle_millis(entry.access(), now) / 1000,
    ));
    Ok(())
}

/// Nodes are never compressed.
fn describe_nodes(list: &List, limits: &Limits) -> String {
    let nodes = list.nodes();
    let count = nodes.len();
    let bytes: usize = nodes
        .map(|node| match node {
            NodeRef::Packed(pack) => pack.bytes().len(),
            NodeRef::Plain(bytes) => bytes.len(),
        })
        .sum();
    format!(
        " ql_nodes:{count} ql_avg_node:{:.2} ql_listpack_max:{} ql_compressed:0 ql_uncompressed_size:{bytes}",
        list.len() as f64 / count as f64,
        limits.list_max_listpack_size,
    )
}

/// Bytes the value takes in an RDB file, before compression; of a collection, its bytes of memory.
fn serialized_len(value: ValueRef<'_>) -> usize {
    match value {
        ValueRef::String(StringRef::Int(number)) => integer_len(number).unwrap_or_else(|| {
            let digits = StringRef::Int(number).len();
            digits + length_len(digits)
        }),
        ValueRef::String(string) => string
            .as_int()
            .filter(|_| string.len() <= 11)
            .and_then(integer_len)
            .unwrap_or_else(|| string.len() + length_len(string.len())),
        collection => collection.collection_bytes(),
    }
}

/// A number of up to 32 bits is stored as such, behind one byte.
fn integer_len(number: i64) -> Option<usize> {
    if i8::try_from(number).is_ok() {
        Some(2)
    } else if i16::try_from(number).is_ok() {
        Some(3)
    } else {
        i32::try_from(number).is_ok().then_some(5)
    }
}

fn length_len(len: usize) -> usize {
    match len {
        0..0x40 => 1,
        0x40..0x4000 => 2,
        0x4000..=0xffff_ffff => 5,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, shard};

    #[test]
    fn the_inside_is_described() {
        let mut shard = shard();
        assert_eq!(run(&mut shard, "DEBUG OBJECT a"), "-ERR no such key");
        run(&mut shard, "MSET a 1 b 100000 c 12345678901 d value");
        for (key, part) in [
            (
                "a",
                "refcount:2147483647 encoding:int serializedlength:2 lru:",
            ),
            ("b", "refcount:1 encoding:int serializedlength:5 lru:"),
            ("c", "refcount:1 encoding:int serializedlength:12 lru:"),
            ("d", "refcount:1 encoding:embstr serializedlength:6 lru:"),
        ] {
            let line = run(&mut shard, &format!("DEBUG OBJECT {key}"));
            assert!(
                line.starts_with("+Value at:0x") && line.contains(part),
                "{line}"
            );
            assert!(line.ends_with("lru_seconds_idle:0"), "{line}");
        }
        shard.limits.list_max_listpack_size = 2;
        run(&mut shard, "RPUSH l a b c");
        let line = run(&mut shard, "DEBUG OBJECT l");
        let nodes =
            "ql_nodes:2 ql_avg_node:1.50 ql_listpack_max:2 ql_compressed:0 ql_uncompressed_size:23";
        assert!(line.ends_with(nodes), "{line}");
    }
}

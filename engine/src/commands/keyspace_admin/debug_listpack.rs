//! DEBUG LISTPACK: what the bytes of a small collection hold, element by element.

use std::fmt::Write as _;

use super::DEBUG_FLAGS;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, Arity, Command, Docs, Run};
use crate::packed::element::Element;
use crate::packed::listpack::Listpack;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::ValueRef;

pub(super) const LISTPACK: Command = Command {
    name: "listpack",
    arity: Arity::Exactly(3),
    flags: DEBUG_FLAGS,
    acl: Acl::empty(),
    keys: &[KeySpec::at(2, KeyFlags::RO)],
    tips: &[],
    docs: Docs::new(
        "server",
        "7.0.0",
        "O(N) with the elements",
        "Shows the bytes of a small collection",
    )
    .arguments(&[Argument::key()]),
    run: Run::OneShard(show),
    subcommands: &[],
};

const NO_LISTPACK: CommandError = CommandError::new("ERR Not a listpack encoded object.");

fn show(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let entry = context.peek(args.at(2)).ok_or(CommandError::NO_SUCH_KEY)?;
    let pack = listpack(entry.value()).ok_or(NO_LISTPACK)?;
    reply.verbatim("txt", describe(pack).as_bytes());
    Ok(())
}

fn listpack(value: ValueRef<'_>) -> Option<&Listpack> {
    match value {
        ValueRef::List(list) => list.listpack(),
        ValueRef::Hash(hash) => hash.listpack(),
        ValueRef::Set(set) => set.listpack(),
        ValueRef::SortedSet(set) => set.listpack(),
        ValueRef::String(_) | ValueRef::Stream(_) => None,
    }
}

/// Deliberately a reply: Redis prints it where the client can't see it.
fn describe(pack: &Listpack) -> String {
    let mut text = format!("{} bytes, {} elements", pack.bytes().len(), pack.len());
    for (index, element) in pack.iter().enumerate() {
        let bytes = element.packed_len();
        let _ = match element {
            Element::Int(number) => write!(text, "\n{index}: {bytes} bytes, integer {number}"),
            Element::Bytes(own) => {
                let own = own.escape_ascii();
                write!(text, "\n{index}: {bytes} bytes, string \"{own}\"")
            }
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::commands::driver::{run, shard};

    #[test]
    fn elements_are_shown_with_their_bytes() {
        let mut shard = shard();
        assert_eq!(run(&mut shard, "DEBUG LISTPACK k"), "-ERR no such key");
        run(&mut shard, "RPUSH k a 300");
        let expected =
            "$67 13 bytes, 2 elements\n0: 3 bytes, string \"a\"\n1: 3 bytes, integer 300";
        assert_eq!(run(&mut shard, "DEBUG LISTPACK k"), expected);
        run(&mut shard, "HSET h f v");
        run(&mut shard, "SADD s f");
        run(&mut shard, "ZADD z 1 f");
        for key in ["h", "s", "z"] {
            assert!(run(&mut shard, &format!("DEBUG LISTPACK {key}")).contains("\"f\""));
        }
        run(&mut shard, "SET string 1");
        run(&mut shard, "SADD ints 1");
        shard.limits.list_max_listpack_size = 1;
        run(&mut shard, "RPUSH long a b");
        for key in ["string", "ints", "long"] {
            let reply = run(&mut shard, &format!("DEBUG LISTPACK {key}"));
            assert_eq!(reply, "-ERR Not a listpack encoded object.", "{key}");
        }
    }
}

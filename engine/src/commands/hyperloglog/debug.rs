//! PFDEBUG and PFSELFTEST: the inside of a sketch, for tests.

use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run};
use crate::hyperloglog::{self, Encoding, Registers, SparseOp, sparse_ops};
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::shard::string_guard::StringGuard;

pub(super) const PFDEBUG: Command = Command {
    name: "pfdebug",
    arity: Arity::Exactly(3),
    flags: Flags::WRITE.union(Flags::DENYOOM).union(Flags::ADMIN),
    acl: Acl::HYPERLOGLOG,
    keys: &[KeySpec::at(2, KeyFlags::RW.union(KeyFlags::ACCESS))],
    tips: &[],
    docs: Docs::new(
        "hyperloglog",
        "2.8.9",
        "O(N) for N registers",
        "Shows or changes how a sketch is stored",
    )
    .arguments(&[
        Argument::new("subcommand", ArgumentKind::String),
        Argument::key(),
    ]),
    run: Run::OneShard(pfdebug),
    subcommands: &[],
};

pub(super) const PFSELFTEST: Command = Command {
    name: "pfselftest",
    arity: Arity::Exactly(1),
    flags: Flags::ADMIN,
    acl: Acl::HYPERLOGLOG,
    keys: &[],
    tips: &[],
    docs: Docs::new(
        "hyperloglog",
        "2.8.9",
        "O(1)",
        "Checks the registers and estimates of sketches",
    ),
    run: Run::OneShard(pfselftest),
    subcommands: &[],
};

fn pfselftest(
    context: &mut ShardContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    hyperloglog::self_test(context.random())
        .map_err(|why| CommandError::with(format!("TESTFAILED {why}")))?;
    reply.ok();
    Ok(())
}

fn pfdebug(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let Some(sketch) = context.edit_string(args.at(2))? else {
        return Err(CommandError::new("ERR The specified key does not exist"));
    };
    let encoding = sketch.get().with_bytes(hyperloglog::encoding)?;
    if args.is(1, "getreg") {
        make_dense(sketch)?;
        return reply_registers(context, args.at(2), reply);
    } else if args.is(1, "decode") {
        if encoding == Encoding::Dense {
            return Err(CommandError::new("ERR HLL encoding is not sparse"));
        }
        let text = sketch.get().with_bytes(decoded);
        reply.bulk(text.as_bytes());
    } else if args.is(1, "encoding") {
        reply.simple(match encoding {
            Encoding::Dense => "dense",
            Encoding::Sparse => "sparse",
        });
    } else if args.is(1, "todense") {
        reply.integer(make_dense(sketch)?.into());
    } else {
        let word = String::from_utf8_lossy(args.at(1)).into_owned();
        return Err(CommandError::with(format!(
            "ERR Unknown PFDEBUG subcommand '{word}'"
        )));
    }
    Ok(())
}

fn make_dense(mut sketch: StringGuard<'_>) -> Result<bool, CommandError> {
    let made = hyperloglog::make_dense(sketch.bytes_mut());
    match made {
        Ok(true) => sketch.commit_unheard(),
        _ => sketch.leave(),
    }
    Ok(made?)
}

fn reply_registers(
    context: &mut ShardContext<'_>,
    key: &[u8],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut registers = Registers::default();
    if let Some(string) = context.edit_string(key)? {
        string.get().with_bytes(|bytes| registers.merge(bytes))?;
    }
    reply.array(registers.ranks().len());
    registers
        .ranks()
        .iter()
        .for_each(|rank| reply.integer((*rank).into()));
    Ok(())
}

fn decoded(bytes: &[u8]) -> String {
    let words: Vec<String> = sparse_ops(bytes)
        .map(|op| match op {
            SparseOp::Zeros(len) => format!("z:{len}"),
            SparseOp::ManyZeros(len) => format!("Z:{len}"),
            SparseOp::Value { rank, len } => format!("v:{rank},{len}"),
        })
        .collect();
    words.join(" ")
}

//! PFMERGE: a sketch of all that several sketches have seen.

use super::EVENT;
use super::count::copy_of_sketch;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::commands::string::raw;
use crate::hyperloglog::{self, Encoding, Registers};
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::{ShardContext, Ttl};

pub(super) const PFMERGE: Command = Command {
    name: "pfmerge",
    arity: Arity::AtLeast(2),
    flags: Flags::WRITE.union(Flags::DENYOOM),
    acl: Acl::HYPERLOGLOG,
    keys: &[
        KeySpec::at(
            TARGET,
            KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::INSERT),
        ),
        KeySpec::range(2, -1, 1, KeyFlags::RO.union(KeyFlags::ACCESS)),
    ],
    tips: &[],
    docs: Docs::new(
        "hyperloglog",
        "2.8.9",
        "O(N) for N sketches",
        "Adds what other sketches have seen to a sketch, which is made if it is not there",
    )
    .arguments(&[
        Argument::new("destkey", ArgumentKind::Key(0)),
        Argument::new("sourcekey", ArgumentKind::Key(1)).multiple(),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather,
        decide,
        apply,
    }),
    subcommands: &[],
};

const TARGET: usize = 1;

fn gather(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize) -> Carry {
    copy_of_sketch(context, args.at(key)).unwrap_or_else(Carry::Refused)
}

/// How the result is stored depends on the target's limit, which only its shard knows: so what goes there are registers,
/// and whether one of the sketches was dense.
fn decide(
    _: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let (mut registers, mut is_dense) = (Registers::default(), false);
    for carry in carries.iter_mut() {
        match carry.take() {
            Carry::Bytes(sketch) => is_dense |= registers.merge(&sketch)? == Encoding::Dense,
            Carry::Refused(error) => {
                carries.iter_mut().for_each(|carry| drop(carry.take()));
                return Err(error);
            }
            _ => {}
        }
    }
    carries[0] = Carry::Registers {
        registers,
        is_dense,
    };
    reply.ok();
    Ok(())
}

fn apply(context: &mut ShardContext<'_>, args: &Args<'_>, key: usize, carry: Carry) {
    let Carry::Registers {
        registers,
        is_dense,
    } = carry
    else {
        return;
    };
    let (key, sparse_max) = (args.at(key), context.limits().hll_sparse_max_bytes as usize);
    let merge = |bytes: &mut Vec<u8>| {
        if is_dense {
            hyperloglog::make_dense(bytes)?;
        }
        hyperloglog::raise_all(bytes, &registers, sparse_max)
    };
    // Without a sketch there is nothing: any other value was refused when it was gathered.
    if let Ok(Some(mut string)) = context.edit_string(key) {
        let bytes = string.bytes_mut();
        let merged = merge(bytes);
        debug_assert!(merged.is_ok(), "the target was merged before");
        hyperloglog::forget(bytes);
        return string.commit(EVENT);
    }
    let mut bytes = hyperloglog::empty();
    let merged = merge(&mut bytes);
    debug_assert!(merged.is_ok(), "an empty sketch is sound");
    hyperloglog::forget(&mut bytes);
    context.put(key, raw(bytes), Ttl::Clear, EVENT);
}

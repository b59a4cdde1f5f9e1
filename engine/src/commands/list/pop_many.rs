//! LMPOP: elements are taken from the first of several lists that has any.
//!
//! Every key's shard lends its first elements as a ready reply; the decision passes on that of the first key that has
//! some, and only there they go.

use super::direction::{ENDS, end, popping};
use super::pop::{finish_pop, reply_front};
use super::transfer::Outcome;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::{Acl, Flags};
use crate::command::keys::{KeyFlags, KeySpec};
use crate::command::spec::{Argument, ArgumentKind, Arity, Command, Docs, Run, Steps};
use crate::order::carry::Carry;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::context::ShardContext;
use crate::value::collection::{Collection, Variant};
use crate::value::list::{End, List};
use crate::value::string::parse_int;

pub(super) const LMPOP: Command = Command {
    name: "lmpop",
    arity: Arity::AtLeast(4),
    flags: Flags::WRITE.union(Flags::MOVABLE_KEYS),
    acl: Acl::LIST,
    keys: &[KeySpec::counted(
        1,
        KeyFlags::RW.union(KeyFlags::ACCESS).union(KeyFlags::DELETE),
    )],
    tips: &[],
    docs: Docs::new(
        "list",
        "7.0.0",
        "O(N+M) with the number of keys and that of the elements returned",
        "Takes elements from the first of several lists that has any, and returns them with its name",
    )
    .arguments(&[
        Argument::new("numkeys", ArgumentKind::Integer),
        Argument::key().multiple(),
        Argument::new("where", ENDS),
        Argument::new("count", ArgumentKind::Integer)
            .token("COUNT")
            .optional(),
    ]),
    run: Run::ReadThenWrite(&Steps {
        gather: |context, args, key| gather(context, args, key, PopMany::parse(args, 1)),
        decide: |args, carries, reply| {
            let outcome = decide(args, carries, reply, PopMany::parse(args, 1))?;
            if outcome == Outcome::NothingThere {
                reply.null_array();
            }
            Ok(())
        },
        apply: |context, args, key, carry| apply(context, args, key, carry, PopMany::parse(args, 1)),
    }),
    subcommands: &[],
};

const NO_KEYS: CommandError = CommandError::new("ERR numkeys should be greater than 0");
const NO_COUNT: CommandError = CommandError::new("ERR count should be greater than 0");

/// What the words from `numkeys` on ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PopMany {
    /// Where the first key stands.
    first_key: usize,
    end: End,
    count: usize,
}

impl PopMany {
    /// Reads `numkeys key .. LEFT|RIGHT [COUNT n]`, where `numkeys` stands at the index `at`.
    pub(crate) fn parse(args: &Args<'_>, at: usize) -> Result<PopMany, CommandError> {
        let positive = |word: &[u8]| {
            let number = parse_int(word).filter(|number| *number > 0)?;
            usize::try_from(number).ok()
        };
        let keys = positive(args.at(at)).ok_or(NO_KEYS)?;
        let place = keys.checked_add(at + 1);
        let place = place.filter(|place| *place < args.len());
        let place = place.ok_or(CommandError::SYNTAX)?;
        let end = end(args.at(place))?;
        let count = match args.len() - place {
            1 => 1,
            3 if args.is(place + 1, "COUNT") => positive(args.at(place + 2)).ok_or(NO_COUNT)?,
            len if len > 3 && args.is(place + 1, "COUNT") => {
                positive(args.at(place + 2)).ok_or(NO_COUNT)?;
                return Err(CommandError::SYNTAX);
            }
            _ => return Err(CommandError::SYNTAX),
        };
        Ok(PopMany {
            first_key: at + 1,
            end,
            count,
        })
    }
}

/// What the key has to give: [`Carry::Bytes`] with a reply of its elements, [`Carry::WrongType`], or nothing.
pub(crate) fn gather(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    request: Result<PopMany, CommandError>,
) -> Carry {
    let Ok(PopMany { end, count, .. }) = request else {
        return Carry::Nothing;
    };
    match context.peek(args.at(key)).map(|entry| entry.value()) {
        None => Carry::Nothing,
        Some(value) => match List::of(value) {
            None => Carry::WrongType,
            Some(list) => {
                let mut elements = Vec::new();
                // An array of bulk strings is the same in both protocols.
                let mut reply = ReplyWriter::new(&mut elements, Protocol::Resp2);
                reply_front(&mut reply, list, end, count.min(list.len()));
                Carry::Bytes(elements)
            }
        },
    }
}

/// Replies the elements of the first key that has some, and lets them go there.
pub(crate) fn decide(
    args: &Args<'_>,
    carries: &mut [Carry],
    reply: &mut ReplyWriter<'_>,
    request: Result<PopMany, CommandError>,
) -> Result<Outcome, CommandError> {
    let mut gathered: Vec<Carry> = carries.iter_mut().map(Carry::take).collect();
    let request = request?;
    for (number, carry) in gathered.iter_mut().enumerate() {
        match carry.take() {
            Carry::WrongType => return Err(CommandError::WRONG_TYPE),
            Carry::Bytes(elements) => {
                reply.array(2);
                reply.bulk(args.at(request.first_key + number));
                reply.raw(&elements);
                carries[number] = Carry::Present;
                return Ok(Outcome::Found);
            }
            _ => {}
        }
    }
    Ok(Outcome::NothingThere)
}

/// Takes the elements away where that was decided, and logs it as a plain LPOP or RPOP.
pub(crate) fn apply(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    key: usize,
    carry: Carry,
    request: Result<PopMany, CommandError>,
) {
    let (Ok(PopMany { end, count, .. }), Carry::Present) = (request, carry) else {
        return;
    };
    if let Ok(Some(mut list)) = context.edit::<List>(args.at(key)) {
        let count = count.min(list.len());
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(count).as_bytes();
        list.log().instead(&[popping(end), args.at(key), digits]);
        finish_pop(list, end, count);
    }
}

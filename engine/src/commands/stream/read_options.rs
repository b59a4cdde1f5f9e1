//! The words of XREAD and XREADGROUP.

use super::id_argument::id;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::keys::{Begin, Find, KeyFlags, KeySpec};
use crate::command::number::integer;
use crate::command::spec::{Argument, ArgumentKind};
use crate::command::timeout::{Patience, millis};
use crate::value::stream::id::StreamId;

const GROUP_OF_READ: CommandError = CommandError::new(
    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.",
);
const NOACK_OF_READ: CommandError = CommandError::new(
    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.",
);
const NO_GROUP: CommandError = CommandError::new("ERR Missing GROUP option for XREADGROUP");
const UNBALANCED_READ: CommandError = CommandError::new(
    "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.",
);
const UNBALANCED_GROUP_READ: CommandError = CommandError::new(
    "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.",
);
const LAST_OF_GROUP: CommandError = CommandError::new(
    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying \
     a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set.",
);
const NEW_OF_READ: CommandError = CommandError::new(
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
);

pub(super) const COUNT: Argument = Argument::new("count", ArgumentKind::Integer)
    .token("COUNT")
    .optional();
pub(super) const BLOCK: Argument = Argument::new("milliseconds", ArgumentKind::Integer)
    .token("BLOCK")
    .optional();
pub(super) const STREAMS: Argument = Argument::new(
    "streams",
    ArgumentKind::Block(&[
        Argument::key().multiple(),
        Argument::new("id", ArgumentKind::String).multiple(),
    ]),
)
.token("STREAMS");

/// The keys behind the word STREAMS, which is looked for from word `first` on: the first half of what is there.
pub(super) const fn streams_behind(first: isize) -> KeySpec {
    KeySpec {
        flags: KeyFlags::RO.union(KeyFlags::ACCESS),
        begin: Begin::Keyword("STREAMS", first),
        find: Find::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
        notes: "",
    }
}

/// Who reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// XREAD
    Anybody,
    /// XREADGROUP
    Member,
}

/// Where a reader goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Behind this id. For a member: with what is pending for it.
    After(StreamId),
    /// `$`: with what is not there yet.
    End,
    /// `>`: with what the group has not got.
    New,
}

/// See the top of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadOptions<'a> {
    /// At most so many entries of a stream.
    pub most: usize,
    pub patience: Patience,
    pub group: &'a [u8],
    pub consumer: &'a [u8],
    /// What is delivered counts as acknowledged.
    pub no_ack: bool,
    /// Where the first key stands.
    pub first_key: usize,
    /// How many keys.
    pub keys: usize,
}

impl<'a> ReadOptions<'a> {
    /// Reads the words up to the keys. The ids are read by [`ReadOptions::position`], as their errors come behind those of
    /// their keys.
    pub(super) fn parse(args: &Args<'a>, reader: Reader) -> Result<ReadOptions<'a>, CommandError> {
        let is_member = reader == Reader::Member;
        let mut options = ReadOptions {
            most: usize::MAX,
            patience: Patience::None,
            group: &[],
            consumer: &[],
            no_ack: false,
            first_key: 0,
            keys: 0,
        };
        let (mut has_group, mut at) = (false, 1);
        while at < args.len() {
            let more = args.len() - 1 - at;
            if more >= 1 && args.is(at, "BLOCK") {
                at += 1;
                options.patience = millis(args.at(at))?;
            } else if more >= 1 && args.is(at, "COUNT") {
                at += 1;
                options.most = match integer(args.at(at))? {
                    ..=0 => usize::MAX,
                    count => count as usize,
                };
            } else if more >= 1 && args.is(at, "STREAMS") {
                options.set_keys(args, at + 1, is_member)?;
                break;
            } else if more >= 2 && args.is(at, "GROUP") {
                if !is_member {
                    return Err(GROUP_OF_READ);
                }
                (options.group, options.consumer) = (args.at(at + 1), args.at(at + 2));
                has_group = true;
                at += 2;
            } else if args.is(at, "NOACK") {
                if !is_member {
                    return Err(NOACK_OF_READ);
                }
                options.no_ack = true;
            } else {
                return Err(CommandError::SYNTAX);
            }
            at += 1;
        }
        if options.first_key == 0 {
            return Err(CommandError::SYNTAX);
        }
        if is_member && !has_group {
            return Err(NO_GROUP);
        }
        Ok(options)
    }

    fn set_keys(
        &mut self,
        args: &Args<'_>,
        first: usize,
        is_member: bool,
    ) -> Result<(), CommandError> {
        let words = args.len() - first;
        if words % 2 == 1 {
            return Err(if is_member {
                UNBALANCED_GROUP_READ
            } else {
                UNBALANCED_READ
            });
        }
        (self.first_key, self.keys) = (first, words / 2);
        Ok(())
    }

    /// The indices of the keys.
    pub(super) fn keys(&self) -> std::ops::Range<usize> {
        self.first_key..self.first_key + self.keys
    }

    /// From where on the stream of the key at this index is read.
    pub(super) fn position(
        &self,
        args: &Args<'_>,
        key: usize,
        reader: Reader,
    ) -> Result<Position, CommandError> {
        match (args.at(key + self.keys), reader) {
            (b"$", Reader::Anybody) => Ok(Position::End),
            (b"$", Reader::Member) => Err(LAST_OF_GROUP),
            (b">", Reader::Anybody) => Err(NEW_OF_READ),
            (b">", Reader::Member) => Ok(Position::New),
            (word, reader) => Ok(match (id(word)?, reader) {
                // To Redis this is the same as `>`.
                (StreamId::MAX, Reader::Member) => Position::New,
                (id, _) => Position::After(id),
            }),
        }
    }
}

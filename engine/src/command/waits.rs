//! What the row of a command tells that may wait for its keys.

use super::args::{Args, OwnedArgs};
use super::error::CommandError;
use super::spec::Steps;
use super::timeout::Patience;
use crate::order::carry::Carry;
use crate::resp::reply::ReplyWriter;
use crate::value::ValueRef;

/// What a waiter waits for, and what serving it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It waits at all its keys, and takes from whichever serves it first. No other key is needed for that.
    Pop,
    /// It waits at its first key; what it takes there goes to the others.
    Move,
    /// It waits at all its keys, and is shown what came to whichever serves it first, without taking anything away.
    Read,
    /// The same for a member of a group, who takes: nobody behind it may be served before it. It is also served when
    /// a key is gone.
    GroupRead,
}

impl Manner {
    /// Whether one key is enough to be served.
    pub fn needs_one_key(self) -> bool {
        self != Manner::Move
    }

    /// Whether those of its keys that are on one shard are looked at together, so that all of them must be free.
    pub fn looks_at_all(self) -> bool {
        self != Manner::Pop
    }

    /// Whether those behind it in a queue have to wait until it is known what it leaves.
    pub fn takes(self) -> bool {
        self != Manner::Read
    }

    /// Whether being served changes keys of several shards, if its keys are on several.
    pub fn is_distant(self) -> bool {
        self.takes() && !self.needs_one_key()
    }

    /// Whether it must hear that a key is gone.
    pub fn minds_missing(self) -> bool {
        self == Manner::GroupRead
    }
}

/// See the top of the file.
///
/// Invariant: `steps.decide` writes a reply or an error exactly when the command need not wait. When it has to, it turns
/// what was gathered into what gives it back, as always.
pub struct Waits {
    /// The command.
    pub steps: Steps,
    /// Who it is.
    pub manner: Manner,
    /// How long it waits. Looks at the arguments alone, before any shard is asked.
    pub patience: fn(&Args<'_>) -> Result<Patience, CommandError>,
    /// Whether the key at this index, which holds this or nothing, may serve it. Where it says yes the command must not
    /// answer "wait" again, as long as the key stays so and nobody gets in between.
    pub ready: fn(&Args<'_>, usize, Option<ValueRef<'_>>) -> bool,
    /// What it answers in MULTI, or when it is not willing to wait, in place of waiting.
    pub nothing: fn(&mut ReplyWriter<'_>),
    /// The words with which it waits, given what was gathered; called behind `decide`.
    pub words: fn(&Args<'_>, &mut [Carry]) -> OwnedArgs,
}

/// For commands that wait with the words they came with.
pub fn same_words(args: &Args<'_>, _: &mut [Carry]) -> OwnedArgs {
    OwnedArgs::copy(args)
}

//! The row of a command: everything the rest of the server derives its behaviour from.

use super::args::{Args, OwnedArgs};
use super::error::CommandError;
use super::flags::{Acl, Flags};
use super::keys::KeySpec;
use super::waits::Waits;
use crate::key::placement::Placement;
use crate::key::slot::Slot;
use crate::order::carry::Carry;
use crate::order::stamp::ShardId;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;

/// How many words a command takes, its name (and a subcommand's parent) included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly so many.
    Exactly(usize),
    /// So many or more.
    AtLeast(usize),
}

impl Arity {
    /// Whether `words` words are allowed.
    pub fn admits(self, words: usize) -> bool {
        match self {
            Arity::Exactly(n) => words == n,
            Arity::AtLeast(n) => words >= n,
        }
    }

    /// Redis's number: negative for "at least".
    pub fn signed(self) -> i64 {
        match self {
            Arity::Exactly(n) => n as i64,
            Arity::AtLeast(n) => -(n as i64),
        }
    }
}

/// What COMMAND DOCS tells about a command, in our own words.
#[derive(Clone, Copy, Debug)]
pub struct Docs {
    /// One sentence, without a full stop.
    pub summary: &'static str,
    /// The Redis version that brought it.
    pub since: &'static str,
    /// Redis's group name (`string`, `generic` ..).
    pub group: &'static str,
    /// Cost in O notation.
    pub complexity: &'static str,
    /// The arguments behind the name, for hints and help.
    pub arguments: &'static [Argument],
    /// What changed in which version.
    pub history: &'static [(&'static str, &'static str)],
    /// Since when it is deprecated and what replaces it.
    pub deprecated: Option<(&'static str, &'static str)>,
}

impl Docs {
    /// Docs with the four facts every command has.
    pub const fn new(
        group: &'static str,
        since: &'static str,
        complexity: &'static str,
        summary: &'static str,
    ) -> Self {
        Docs {
            summary,
            since,
            group,
            complexity,
            arguments: &[],
            history: &[],
            deprecated: None,
        }
    }

    /// The same with arguments.
    pub const fn arguments(self, arguments: &'static [Argument]) -> Self {
        Docs { arguments, ..self }
    }

    /// The same, deprecated since `version` in favour of `replacement`.
    pub const fn deprecated(self, version: &'static str, replacement: &'static str) -> Self {
        Docs {
            deprecated: Some((version, replacement)),
            ..self
        }
    }

    /// The same with its history.
    pub const fn history(self, history: &'static [(&'static str, &'static str)]) -> Self {
        Docs { history, ..self }
    }
}

/// The kind of one documented argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentKind {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A floating point number.
    Double,
    /// A key; the number of its key specification.
    Key(usize),
    /// A glob.
    Pattern,
    /// Seconds since 1970.
    UnixTime,
    /// Just the word of its token.
    PureToken,
    /// One of its parts.
    OneOf(&'static [Argument]),
    /// All of its parts.
    Block(&'static [Argument]),
}

/// One documented argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: ArgumentKind,
    /// The word that introduces it; empty for none.
    pub token: &'static str,
    /// May be left out.
    pub optional: bool,
    /// May be repeated.
    pub multiple: bool,
    /// The token is repeated with it.
    pub multiple_token: bool,
}

impl Argument {
    /// A plain argument.
    pub const fn new(name: &'static str, kind: ArgumentKind) -> Self {
        Argument {
            name,
            kind,
            token: "",
            optional: false,
            multiple: false,
            multiple_token: false,
        }
    }

    /// A key of the first key specification.
    pub const fn key() -> Self {
        Self::new("key", ArgumentKind::Key(0))
    }

    /// A word on its own, such as `NX`.
    pub const fn word(name: &'static str, token: &'static str) -> Self {
        Self::new(name, ArgumentKind::PureToken).token(token)
    }

    /// The same behind `token`.
    pub const fn token(self, token: &'static str) -> Self {
        Argument { token, ..self }
    }

    /// The same, optional.
    pub const fn optional(self) -> Self {
        Argument {
            optional: true,
            ..self
        }
    }

    /// The same, repeatable together with its token.
    pub const fn multiple_token(self) -> Self {
        Argument {
            multiple_token: true,
            ..self
        }
    }

    /// The same, repeatable.
    pub const fn multiple(self) -> Self {
        Argument {
            multiple: true,
            ..self
        }
    }
}

/// Runs a command on one shard: pure, synchronous, and the only thing that touches data.
pub type Handler =
    fn(&mut ShardContext<'_>, &Args<'_>, &mut ReplyWriter<'_>) -> Result<(), CommandError>;

/// Looks at the arguments alone, before any shard is asked.
pub type Validate = fn(&Args<'_>) -> Result<(), CommandError>;

/// How the replies of several shards become one.
#[derive(Clone, Copy)]
pub enum Join {
    /// Integers are added.
    Sum,
    /// Any one (they are equal); an error, if there is one.
    First,
    /// Each shard's array holds the elements of its own keys; they are put in the order of the keys.
    ByKey,
    /// Arrays one behind the other.
    Concat,
    /// A function over the shards' replies (always written in RESP2), in shard order.
    With(fn(&[&[u8]], &mut ReplyWriter<'_>)),
}

/// A command that must see all its keys before it may write: it reads every key on its shard under a lock, decides in
/// one place, and writes back under the same locks. When all keys share a shard the same three functions run in a row.
pub struct Steps {
    /// Called on the shard of each key, in the order of the keys: what the decision needs of it. May take the value
    /// out of the keyspace: the lock hides that, and the decision must then give it back or on.
    pub gather: fn(&mut ShardContext<'_>, &Args<'_>, key: usize) -> Carry,
    /// Called once with what was gathered, key by key. Writes the reply, and turns each carry into what its key's shard
    /// has to do ([`Carry::Nothing`] for nothing), also when it answers with an error.
    pub decide:
        fn(&Args<'_>, carries: &mut [Carry], &mut ReplyWriter<'_>) -> Result<(), CommandError>,
    /// Called on the shard of each key with what was decided for it.
    pub apply: fn(&mut ShardContext<'_>, &Args<'_>, key: usize, Carry),
}

/// A command that learns which further keys it needs only from the ones it has gathered, as SORT from the elements.
pub struct Following {
    /// The first and the last of it: what is found in between is appended to the carries that are decided on.
    pub steps: Steps,
    /// Where further keys may be that these arguments need. Nobody else writes there meanwhile. If nowhere, the steps are
    /// all there is.
    pub reach: fn(&Args<'_>) -> Reach,
    /// What to look up next, as words for [`look`]; called again after each round, with a [`Carry::Found`] more. No
    /// words end it.
    ///
    /// [`look`]: crate::shard::look::look
    pub next: fn(&Args<'_>, &mut [Carry]) -> OwnedArgs,
}

/// A walk over the keyspace in steps, each on the shard that its cursor names.
pub struct Walk {
    /// Takes a step, no further than the end of its shard's run of slots.
    pub step: Handler,
    /// Which argument the cursor is. The slot where the step begins is its upper 16 bits.
    pub cursor: usize,
    /// How many keys a step is to find, by its arguments. With fewer it goes on on the next shards.
    pub wanted: fn(&Args<'_>) -> u64,
}

/// Where a command may look beyond the keys it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Nowhere.
    Nowhere,
    /// At keys of these slots.
    Slots(Vec<Slot>),
    /// At any key.
    Anywhere,
}

impl Reach {
    /// Whether that may be on `shard`.
    pub fn is_on(&self, shard: ShardId, placement: &Placement) -> bool {
        match self {
            Reach::Nowhere => false,
            Reach::Slots(slots) => slots.iter().any(|slot| placement.of_slot(*slot) == shard),
            Reach::Anywhere => true,
        }
    }
}

/// How a command meets shards.
#[derive(Clone, Copy)]
pub enum Run {
    /// It has one key, or none. Invariant: a row with several keys runs in one of the other ways.
    OneShard(Handler),
    /// Each key stands for itself: a shard gets the command's name with the words of its own keys (`width` words a key),
    /// runs `part`, and the replies are joined. One hop.
    PerKey {
        /// Checks the whole before it is split.
        validate: Validate,
        /// Runs on each shard.
        part: Handler,
        /// Words per key, the key included.
        width: usize,
        /// Makes one reply.
        join: Join,
    },
    /// Every shard runs it at the same point of the order. One hop.
    EveryShard {
        /// Checks the arguments first.
        validate: Validate,
        /// Runs on each shard.
        part: Handler,
        /// Makes one reply.
        join: Join,
    },
    /// Needs all keys before it writes.
    ReadThenWrite(&'static Steps),
    /// The same with further keys that the first ones lead to.
    Follow(&'static Following),
    /// The same, and outside of MULTI it waits when it finds nothing.
    Blocking(&'static Waits),
    /// A walk over the keyspace in steps.
    Walk(&'static Walk),
    /// What it does nobody knows beforehand, see [`crate::order::program`].
    Program,
    /// Answered by the connection's own core, without data.
    Session,
}

impl Run {
    /// The steps of a command that has them.
    pub fn steps(&self) -> Option<&'static Steps> {
        match self {
            Run::ReadThenWrite(steps) => Some(steps),
            Run::Follow(following) => Some(&following.steps),
            Run::Blocking(waits) => Some(&waits.steps),
            _ => None,
        }
    }

    /// What a walk is made of.
    pub fn walk(&self) -> Option<&'static Walk> {
        match self {
            Run::Walk(walk) => Some(walk),
            _ => None,
        }
    }

    /// Where a command with these arguments may look beyond its keys, as far as it runs there.
    pub fn reach(&self, args: &Args<'_>) -> Reach {
        match self {
            Run::EveryShard { .. } | Run::Walk(_) => Reach::Anywhere,
            Run::Follow(following) => (following.reach)(args),
            _ => Reach::Nowhere,
        }
    }
}

/// One command.
pub struct Command {
    /// Lower case; of a subcommand, its own word.
    pub name: &'static str,
    /// How many words it takes.
    pub arity: Arity,
    /// Its properties.
    pub flags: Flags,
    /// The ACL categories that do not follow from the flags.
    pub acl: Acl,
    /// Where its keys are.
    pub keys: &'static [KeySpec],
    /// Redis's command tips, shown by COMMAND INFO.
    pub tips: &'static [&'static str],
    /// For COMMAND DOCS.
    pub docs: Docs,
    /// How it runs.
    pub run: Run,
    /// Its subcommands, if it is a container.
    pub subcommands: &'static [&'static Command],
}

impl Command {
    /// Whether the row only holds subcommands.
    pub fn is_container(&self) -> bool {
        !self.subcommands.is_empty()
    }

    /// Its ACL categories, the derived ones included.
    pub fn acl(&self) -> Acl {
        Acl::of(self.acl, self.flags)
    }
}

/// For commands whose arguments need no look before they are split.
pub fn anything(_: &Args<'_>) -> Result<(), CommandError> {
    Ok(())
}

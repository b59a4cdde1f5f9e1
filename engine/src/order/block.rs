//! What one core asks of another in one flush: many small operations packed into three vectors, which travel there, come
//! back with the answers, and are used again.
//!
//! ```text
//!   ops     [ Op ][ Op ][ Op ] ..        what to do, for whom, and where its words and its reply are
//!   words   spans into `bytes`           the arguments, copied out of the client's buffer
//!   replies [ reply ][ reply ] ..        appended by the shard that runs the operations
//! ```
//!
//! Invariant: the operations of a block run in their order and nothing runs between them, except behind a lock: a group
//! that has to wait leaves the block and answers in a block of its own.

use super::carry::Carry;
use super::stamp::ShardId;
use crate::command::args::{Args, Span};
use crate::command::table::CommandId;
use crate::shard::DbIndex;
use crate::shard::context::Caller;
use crate::shard::waiting::WaiterId;
use crate::shard::watch::WatcherId;

/// A transaction, named by the core that coordinates it. The top 16 bits are that core's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(pub u64);

/// The place in a connection's pipeline that waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    /// The connection's number on its core, never given twice.
    pub connection: u64,
    /// The place in the pipeline.
    pub place: u32,
}

/// Who waits for the answer of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyTo {
    /// Nobody.
    Nobody,
    /// A client directly: the answer is the reply.
    Client(Client),
    /// Whoever knows the waiter: its home.
    Waiter(WaiterId),
    /// A part of a unit of a transaction.
    Transaction {
        /// The transaction.
        id: TransactionId,
        /// Which of its commands.
        unit: u32,
        /// Which part, or which key, of the command.
        part: u32,
    },
}

/// What a shard is asked to do.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// Run a command, or this shard's part of it.
    Run(CommandId),
    /// Run a program. An empty answer says that it needs more than this shard, and that nothing of it has happened.
    Program(CommandId),
    /// The same as `Run` for a transaction that holds the locks it needs.
    RunHeld(CommandId),
    /// The next `size` operations run together, when their keys are free.
    Group(Group),
    /// Read a key for a command that is decided elsewhere: the words are the command's, `key` the index of the key.
    /// Answers with a carry.
    Gather {
        /// The command.
        command: CommandId,
        /// Index of the key among the words.
        key: u32,
    },
    /// Look up what the words name, for a command that holds all locks. Answers with a carry.
    Look(CommandId),
    /// Do what was decided for a key; the carry says what.
    Apply {
        /// The command.
        command: CommandId,
        /// Index of the key among the words.
        key: u32,
        /// The transaction that decided it.
        id: TransactionId,
        /// Which of its commands.
        unit: u32,
    },
    /// Run a blocking command whose keys are all here. An empty answer says that it waits; its reply comes later, as
    /// another answer of this kind.
    Try {
        /// The command.
        command: CommandId,
        /// Its name, should it wait.
        waiter: WaiterId,
    },
    /// Wait at those of the words' keys that are here, as the transaction which holds their locks found nothing.
    Wait {
        /// The command.
        command: CommandId,
        /// Its name.
        waiter: WaiterId,
    },
    /// Hear of a command that will wait, see [`super::links`].
    Link {
        /// The command.
        command: CommandId,
        /// Its name.
        waiter: WaiterId,
    },
    /// It waits no more.
    Unlink(WaiterId),
    /// Nothing, but later than all who have heard of it.
    Linked(WaiterId),
    /// Serve whoever waits here for what this transaction has changed. Answers with the name of the first, 8 bytes little
    /// endian, who needs a key of another shard, if there is one.
    Turn(TransactionId),
    /// The waiter's turn has ended; its reply is the word, an empty one if it still waits.
    Served(WaiterId),
    /// Only as an answer: a key on this shard is ready for the waiter.
    Ready(ShardId),
    /// Serve the waiter from the keys that are reserved for it. An empty answer says that it still waits.
    Serve(WaiterId),
    /// The waiter looked, found nothing and still waits.
    Missed(WaiterId),
    /// It waits no more. Answered by `:1` if it did until now, else by `:0`.
    Leave {
        /// Who.
        waiter: WaiterId,
        /// Nothing comes of it any more; else [`What::Settled`] follows.
        is_settled: bool,
    },
    /// What the waiter did when it was served has had all its consequences.
    Settled(WaiterId),
    /// Run the errand that is the carry, whatever is locked.
    Errand,
    /// Give back the locks of this transaction.
    Unlock(TransactionId),
    /// Watch the keys that are the words.
    Watch(WatcherId),
    /// Forget all watches of this connection.
    Unwatch(WatcherId),
}

/// The head of a group of operations.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// How many operations follow that belong to it.
    pub size: u32,
    /// Whose locks to take and keep on the keys in the words (8-byte lock keys, little endian); without it the
    /// group's own keys must be free, and stay so while it runs.
    pub keep_for: Option<TransactionId>,
    /// Lock the whole shard.
    pub everything: bool,
    /// Run only if this connection's watches saw no change here; they end in any case. Answered by `:0` if not,
    /// else by `:1`, or by `:2` when somebody waits here whose service would have consequences on several shards.
    pub watcher: Option<WatcherId>,
}

/// Where the answer of an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Not run yet.
    None,
    /// These bytes of `replies`.
    Reply {
        /// First byte.
        start: u32,
        /// How many.
        len: u32,
    },
    /// In another block, later.
    Deferred,
}

/// One operation.
#[derive(Debug)]
pub struct Op {
    /// What to do.
    pub what: What,
    /// In which database.
    pub db: DbIndex,
    /// For what kind of client.
    pub caller: Caller,
    /// Who waits.
    pub reply_to: ReplyTo,
    /// The answer, when it has run.
    pub answer: Answer,
    /// How long it took, in the meter's unit.
    pub took: u64,
    /// What its sender had submitted before it since its last flush: the same for all parts of a transaction.
    pub submission: u32,
    first_word: u32,
    words: u32,
    carry: Option<u32>,
}

/// Each operation is written by one core and read by another: its lines of cache travel twice.
const _: () = assert!(size_of::<Op>() <= 136);

/// See the top of the file.
#[derive(Debug, Default)]
pub struct Block {
    /// The operations.
    pub ops: Vec<Op>,
    /// What they answered.
    pub replies: Vec<u8>,
    /// When its last operation ended, on the meter's clock.
    pub ended: u64,
    /// The number of what is pushed from now on, see [`Op::submission`].
    pub(super) submission: u32,
    spans: Vec<Span>,
    bytes: Vec<u8>,
    carries: Vec<Carry>,
}

/// A block that has grown beyond this is not kept for reuse, in bytes.
const LARGEST_KEPT: usize = 96 << 10;

impl Block {
    /// Whether it asks nothing.
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Adds an operation over `words`.
    pub fn push<'w>(
        &mut self,
        what: What,
        db: DbIndex,
        caller: Caller,
        reply_to: ReplyTo,
        words: impl Iterator<Item = &'w [u8]>,
    ) {
        let first_word = self.spans.len() as u32;
        for word in words {
            let start = self.bytes.len() as u32;
            self.bytes.extend_from_slice(word);
            self.spans.push(Span {
                start,
                len: word.len() as u32,
            });
        }
        let words = self.spans.len() as u32 - first_word;
        self.ops.push(Op {
            what,
            db,
            caller,
            reply_to,
            answer: Answer::None,
            took: 0,
            submission: self.submission,
            first_word,
            words,
            carry: None,
        });
    }

    /// Hands a carry to the operation pushed last.
    pub fn attach(&mut self, carry: Carry) {
        let index = self.ops.len() - 1;
        self.set_carry(index, carry);
    }

    pub(super) fn set_carry(&mut self, op: usize, carry: Carry) {
        self.ops[op].carry = Some(self.carries.len() as u32);
        self.carries.push(carry);
    }

    /// Takes the carry of an operation.
    pub fn take_carry(&mut self, op: usize) -> Carry {
        self.ops[op]
            .carry
            .take()
            .map_or(Carry::Nothing, |index| self.carries[index as usize].take())
    }

    /// The words of an operation.
    pub fn args(&self, op: &Op) -> Args<'_> {
        Args::new(
            &self.bytes,
            &self.spans[op.first_word as usize..][..op.words as usize],
        )
    }

    /// The words of an operation, and the buffer for its reply.
    pub(super) fn args_and_replies(&mut self, op: usize) -> (Args<'_>, &mut Vec<u8>) {
        let op = &self.ops[op];
        let spans = &self.spans[op.first_word as usize..][..op.words as usize];
        (Args::new(&self.bytes, spans), &mut self.replies)
    }

    /// The reply of an operation; empty while there is none.
    pub fn reply(&self, op: &Op) -> &[u8] {
        match op.answer {
            Answer::Reply { start, len } => &self.replies[start as usize..][..len as usize],
            Answer::None | Answer::Deferred => &[],
        }
    }

    /// A block of one operation that was answered without being asked.
    pub(super) fn of_answer(what: What, reply_to: ReplyTo, reply: Vec<u8>, took: u64) -> Block {
        let mut block = Block::default();
        let words = std::iter::empty();
        block.push(what, DbIndex(0), Caller::default(), reply_to, words);
        let len = reply.len() as u32;
        block.ops[0].answer = Answer::Reply { start: 0, len };
        block.ops[0].took = took;
        block.replies = reply;
        block
    }

    /// Moves answers that somebody waits for out into a block of their own, if there are any.
    pub(super) fn split_answered(&mut self, first: usize, count: usize) -> Option<Block> {
        let mut out = Block::default();
        for index in first..first + count {
            let op = &self.ops[index];
            if op.reply_to == ReplyTo::Nobody || !matches!(op.answer, Answer::Reply { .. }) {
                continue;
            }
            let (what, db, caller, reply_to) = (op.what, op.db, op.caller, op.reply_to);
            let took = op.took;
            let start = out.replies.len() as u32;
            out.replies.extend_from_slice(self.reply(&self.ops[index]));
            let len = out.replies.len() as u32 - start;
            let carry = self.take_carry(index);
            // Its words tell which command it was, should it have been slow.
            let words = self.args(&self.ops[index]);
            out.push(what, db, caller, reply_to, words.iter());
            out.attach(carry);
            let last = out.ops.len() - 1;
            out.ops[last].took = took;
            out.ended = self.ended;
            out.ops[last].answer = Answer::Reply { start, len };
            self.ops[index].answer = Answer::Deferred;
        }
        (!out.is_empty()).then_some(out)
    }

    /// Moves operations out into a block of their own and marks them as deferred here.
    pub(super) fn split_out(&mut self, first: usize, count: usize) -> Block {
        let mut out = Block::default();
        for index in first..first + count {
            let carry = self.take_carry(index);
            let op = &self.ops[index];
            out.submission = op.submission;
            out.push(op.what, op.db, op.caller, op.reply_to, self.args(op).iter());
            out.attach(carry);
            self.ops[index].answer = Answer::Deferred;
        }
        out
    }

    /// Empties it for reuse. Returns false when it has grown too large to be kept.
    pub fn recycle(&mut self) -> bool {
        let held =
            self.bytes.capacity() + self.replies.capacity() + self.ops.capacity() * size_of::<Op>();
        self.ops.clear();
        self.replies.clear();
        self.spans.clear();
        self.bytes.clear();
        self.carries.clear();
        held <= LARGEST_KEPT
    }
}

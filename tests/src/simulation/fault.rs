//! Rules of the order that can be broken on purpose, to show that the check would notice.

/// A rule that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: as designed.
    None,
    /// A receiver does not wait for those who are flushing.
    NoFlagWait,
    /// A flush reads the clock before it raises its flag.
    StampBeforeFlag,
    /// Messages run as soon as they are seen, whatever their stamp.
    StampsNotCompared,
    /// A command runs at once although an earlier one of its connection travels in the same tick.
    LocalJumpsAhead,
    /// What a client sends while a tick's logical time is being taken is served in that tick.
    ReapedLate,
    /// Commands on one shard do not look at locks.
    LocksIgnored,
    /// A transaction of several hops gives its locks back before it does what it decided.
    UnlockBeforeApply,
    /// A transaction of several hops takes no locks.
    NoLocksKept,
    /// Nobody hears that a waiter leaves.
    LeavesUnheard,
    /// No home hears that a key is ready.
    ReadyUnheard,
    /// No core hears that a command will wait for a key and need another one.
    LinksUnheard,
    /// Whoever looked and found nothing stands in the queues only when its locks are gone.
    WaitBehindUnlock,
    /// Replies leave before the flush of their tick. As long as nobody waits for keys that is harmless: whatever a reply
    /// tells has been run, or its keys stay locked until the flush arrives. But a client that waits no longer must not
    /// hear so before its shards do. Too rare to be demanded of every search: one run in some thousands notices it.
    RepliesBeforeFlush,
}

impl Fault {
    /// Those that must be noticed.
    pub const NOTICEABLE: [Fault; 12] = [
        Fault::NoFlagWait,
        Fault::StampBeforeFlag,
        Fault::StampsNotCompared,
        Fault::LocalJumpsAhead,
        Fault::ReapedLate,
        Fault::LocksIgnored,
        Fault::UnlockBeforeApply,
        Fault::NoLocksKept,
        Fault::LeavesUnheard,
        Fault::ReadyUnheard,
        Fault::LinksUnheard,
        Fault::WaitBehindUnlock,
    ];
}

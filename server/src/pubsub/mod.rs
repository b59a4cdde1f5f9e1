//! Publish and subscribe, over all cores.
//!
//! A core knows what its own clients subscribed to ([`subscriptions`]), and all cores know of each other how many
//! subscriptions there are ([`interest`]). A message goes to the cores where somebody may want it, in the one order, and
//! each hands it to its own clients ([`delivery`]): the messages of one publisher arrive in their order, and whoever
//! hears of a message sees the writes that its publisher made before it.
//!
//! A publisher never waits for a subscriber: messages go to the client's output buffer, whose limit
//! (`client-output-buffer-limit pubsub`) closes those that do not read.

pub mod delivery;
pub mod interest;
mod notices;
pub mod subscriptions;

/// What a subscription is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A channel by its name.
    Channel,
    /// Channels whose names match a glob.
    Pattern,
    /// A shard channel by its name. Shard channels are apart from the others.
    ShardChannel,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Channel, Kind::Pattern, Kind::ShardChannel];
}

/// Where a message is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// PUBLISH: channels and patterns.
    Global,
    /// SPUBLISH: shard channels.
    Shard,
}

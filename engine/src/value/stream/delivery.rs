//! What a member of a group was shown of a stream, on its way to the decision and back to where it is delivered.

use super::id::StreamId;

/// Why entries are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nobody of the group had them.
    New,
    /// They are pending for the consumer already.
    Again,
}

/// See the top of the file.
#[derive(Debug)]
pub struct Delivery {
    kind: Kind,
    ids: Vec<StreamId>,
    reply: Vec<u8>,
}

impl Delivery {
    /// `reply` is what the client is told about the stream, in its protocol; empty for not mentioning it.
    pub fn new(kind: Kind, ids: Vec<StreamId>, reply: Vec<u8>) -> Delivery {
        Delivery { kind, ids, reply }
    }

    /// Why.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The entries.
    pub fn ids(&self) -> &[StreamId] {
        &self.ids
    }

    /// What the client is told, if the stream is mentioned.
    pub fn reply(&self) -> Option<&[u8]> {
        (!self.reply.is_empty()).then_some(&self.reply)
    }
}

//! What clients did and saw, and when.

use std::fmt;

use super::command::{KEYS, Operation};

/// A moment of a run: they count its steps.
pub(super) type Moment = u64;

/// One operation as its client saw it.
#[derive(Debug)]
pub(super) struct Event {
    pub operation: Operation,
    /// When the client sent it.
    pub asked: Moment,
    /// When it was known to stand in the queues of its keys, if it waited.
    pub arrived: Option<Moment>,
    /// When its reply came.
    pub answered: Moment,
    /// As it came; None if its client was gone before.
    pub reply: Option<Vec<u8>>,
}

/// What all clients saw.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Client by client, in the order in which each sent.
    pub clients: Vec<Vec<Event>>,
    /// What the keys held in the end.
    pub values: [Option<i64>; KEYS],
    /// How many cores there were; a key's number tells which of them it lived on.
    pub cores: usize,
}

impl History {
    /// How many operations there were.
    pub(super) fn len(&self) -> usize {
        self.clients.iter().map(Vec::len).sum()
    }

    /// How many EXECs ran nothing.
    pub(super) fn aborted(&self) -> usize {
        self.clients
            .iter()
            .flatten()
            .filter(|event| matches!(event.operation, Operation::Exec(_)))
            .filter(|event| event.reply.as_deref() == Some(b"*-1\r\n"))
            .count()
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (client, events) in self.clients.iter().enumerate() {
            for event in events {
                let reply = event.reply.as_deref().unwrap_or(b"(gone)");
                let reply = String::from_utf8_lossy(reply)
                    .trim_end()
                    .replace("\r\n", " ");
                let Event {
                    asked,
                    answered,
                    operation,
                    ..
                } = event;
                writeln!(
                    f,
                    "  client {client}  {asked:>6} .. {answered:<6} {operation}  ->  {reply}"
                )?;
            }
        }
        writeln!(f, "  in the end: {:?}", self.values)
    }
}

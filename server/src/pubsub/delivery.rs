//! A message on its way to its subscribers.

use std::sync::Arc;

use engine::order::ShardId;
use engine::resp::reply::{Protocol, ReplyWriter};

use super::{Kind, Scope};
use crate::connection::Connection;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::runtime::net::ConnId;

/// What is published.
#[derive(Clone, Debug)]
pub struct Message {
    /// Where.
    pub scope: Scope,
    /// The name of the channel.
    pub channel: Arc<[u8]>,
    /// What is said.
    pub payload: Arc<[u8]>,
}

/// Whether a publisher knows how many clients a message reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// So many.
    Now(usize),
    /// Other cores are asked; they answer on the place that waits.
    Later,
}

/// A message as the wire has it, made when first wanted.
struct Encoded<'a> {
    message: &'a Message,
    pattern: Option<&'a [u8]>,
    resp2: Option<Vec<u8>>,
    resp3: Option<Vec<u8>>,
}

impl<'a> Encoded<'a> {
    fn new(message: &'a Message, pattern: Option<&'a [u8]>) -> Self {
        Encoded {
            message,
            pattern,
            resp2: None,
            resp3: None,
        }
    }

    fn bytes(&mut self, protocol: Protocol) -> &[u8] {
        let (message, pattern) = (self.message, self.pattern);
        let place = match protocol {
            Protocol::Resp2 => &mut self.resp2,
            Protocol::Resp3 => &mut self.resp3,
        };
        place.get_or_insert_with(|| encode(message, pattern, protocol))
    }
}

fn encode(message: &Message, pattern: Option<&[u8]>, protocol: Protocol) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.channel.len() + message.payload.len() + 64);
    let mut writer = ReplyWriter::new(&mut bytes, protocol);
    match (pattern, message.scope) {
        (Some(pattern), _) => {
            writer.push(4);
            writer.bulk(b"pmessage");
            writer.bulk(pattern);
        }
        (None, Scope::Global) => {
            writer.push(3);
            writer.bulk(b"message");
        }
        (None, Scope::Shard) => {
            writer.push(3);
            writer.bulk(b"smessage");
        }
    }
    writer.bulk(&message.channel);
    writer.bulk(&message.payload);
    bytes
}

impl ServerCore {
    /// Publishes a message to the clients of all cores. `served` is the connection that is being served, if one is.
    pub(crate) fn publish(
        &mut self,
        served: Option<&mut Connection>,
        waiting: Waiting,
        message: Message,
    ) -> Published {
        let me = self.me();
        let elsewhere: Vec<ShardId> = self.process.interest.elsewhere(me, message.scope).collect();
        let here = self.deliver(served, &message);
        if elsewhere.is_empty() {
            return Published::Now(here);
        }
        let task = move |core: &mut ServerCore| core.deliver(None, &message);
        self.ask(
            elsewhere.into_iter(),
            waiting,
            task,
            move |core, waiting, counts| {
                let count = here + counts.into_iter().sum::<usize>();
                core.tell_count(waiting, count);
            },
        );
        Published::Later
    }

    fn tell_count(&mut self, waiting: Waiting, count: usize) {
        match waiting {
            Waiting::Nobody => {}
            Waiting::Piece(..) | Waiting::Script(_) => self.reply_to(waiting, |_, reply| {
                reply.count(count);
                Ok(())
            }),
            Waiting::Client(client) => {
                let mut bytes = Vec::new();
                ReplyWriter::new(&mut bytes, Protocol::Resp2).count(count);
                self.answer(client, &bytes);
            }
        }
    }

    /// Hands a message to this core's clients. Returns how many times it was wanted.
    fn deliver(&mut self, mut served: Option<&mut Connection>, message: &Message) -> usize {
        let kind = match message.scope {
            Scope::Global => Kind::Channel,
            Scope::Shard => Kind::ShardChannel,
        };
        let subscriptions = std::mem::take(&mut self.subscriptions);
        let mut count = 0;
        let mut plain = Encoded::new(message, None);
        for conn in subscriptions.subscribers(kind, &message.channel) {
            count += self.hand_over(conn, served.as_deref_mut(), &mut plain);
        }
        if message.scope == Scope::Global {
            for pattern in subscriptions.patterns_of(&message.channel) {
                let mut encoded = Encoded::new(message, Some(pattern));
                for conn in subscriptions.subscribers(Kind::Pattern, pattern) {
                    count += self.hand_over(conn, served.as_deref_mut(), &mut encoded);
                }
            }
        }
        self.subscriptions = subscriptions;
        count
    }

    fn hand_over(
        &mut self,
        conn: ConnId,
        served: Option<&mut Connection>,
        encoded: &mut Encoded<'_>,
    ) -> usize {
        let told = self.visit(conn, served, |connection| {
            connection.push_message(encoded.bytes(connection.protocol))
        });
        usize::from(told.is_some())
    }

    /// Subscribes `connection`. Returns the number to be told.
    pub(crate) fn subscribe(
        &mut self,
        connection: &mut Connection,
        kind: Kind,
        name: &[u8],
    ) -> usize {
        let subscribed = connection.subscribed.get_or_insert_default();
        if subscribed.add(kind, name) {
            self.subscriptions.add(kind, name, connection.conn);
            self.process.interest.add(self.engine.me(), kind);
        }
        subscribed.told(kind)
    }

    /// Ends a subscription of `connection`, if there is such a one. Returns the number to be told.
    pub(crate) fn unsubscribe(
        &mut self,
        connection: &mut Connection,
        kind: Kind,
        name: &[u8],
    ) -> usize {
        let Some(subscribed) = &mut connection.subscribed else {
            return 0;
        };
        if subscribed.remove(kind, name) {
            self.subscriptions.remove(kind, name, connection.conn);
            self.process.interest.remove(self.engine.me(), kind);
        }
        let told = subscribed.told(kind);
        if subscribed.is_empty() {
            connection.subscribed = None;
        }
        told
    }

    /// Ends all subscriptions of `connection`, without a word to it.
    pub(crate) fn unsubscribe_from_all(&mut self, connection: &mut Connection) {
        for kind in Kind::ALL {
            let names = connection
                .subscribed
                .as_ref()
                .map_or_else(Vec::new, |subscribed| subscribed.list(kind));
            for name in names {
                self.unsubscribe(connection, kind, &name);
            }
        }
    }
}

impl Connection {
    /// Puts an out-of-band message among its replies: right away, or behind the replies that wait for earlier ones, as
    /// one of them may confirm the subscription.
    pub(crate) fn push_message(&mut self, bytes: &[u8]) {
        if self.pipeline.held() == 0 {
            self.out.extend_from_slice(bytes);
        } else {
            self.pipeline.answer_now(bytes, &mut self.out);
        }
    }

    /// Whether it has subscribed and its protocol has no place for replies among messages.
    pub(crate) fn only_listens(&self) -> bool {
        self.subscribed.is_some() && self.protocol == Protocol::Resp2
    }

    /// Subscriptions of a kind.
    pub(crate) fn subscriptions(&self, kind: Kind) -> usize {
        self.subscribed.as_ref().map_or(0, |own| own.len(kind))
    }
}

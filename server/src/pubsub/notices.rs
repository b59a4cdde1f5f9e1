//! Keyspace notifications: what happened to a key is published on the channel of the key, of the event, or of both.
//!
//! A core publishes what happened on its shard at the end of the tick, in the order in which it happened. It leaves with
//! the same flush as the replies, so that nobody hears of a change that can't be seen.

use engine::effect::notice::Notice;

use super::Scope;
use super::delivery::Message;
use crate::config::topic::events::EventClasses;
use crate::core::ServerCore;
use crate::core::ask::Waiting;

impl ServerCore {
    /// Publishes what the shard has to tell.
    pub(crate) fn publish_notices(&mut self) {
        if !self.engine.shard_ref().has_notices() {
            return;
        }
        let classes = self.settings.events.notify_keyspace_events;
        let notices = self.engine.shard().take_notices();
        if !self.process.interest.is_any(Scope::Global) {
            return;
        }
        for notice in notices {
            let Notice { db, key, event } = notice;
            if classes.has(EventClasses::KEYSPACE) {
                let channel = channel("keyspace", db.0, &key);
                self.tell(channel, event.name.as_bytes());
            }
            if classes.has(EventClasses::KEYEVENT) {
                let channel = channel("keyevent", db.0, event.name.as_bytes());
                self.tell(channel, &key);
            }
        }
    }

    fn tell(&mut self, channel: Vec<u8>, payload: &[u8]) {
        let message = Message {
            scope: Scope::Global,
            channel: channel.into(),
            payload: payload.into(),
        };
        // Nobody waits to hear how many listened.
        self.publish(None, Waiting::Nobody, message);
    }
}

fn channel(kind: &str, db: u32, about: &[u8]) -> Vec<u8> {
    let mut channel = format!("__{kind}@{db}__:").into_bytes();
    channel.extend_from_slice(about);
    channel
}

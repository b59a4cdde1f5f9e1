//! An operation under all locks of all shards, as a server drives it: commands hop by hop, then an errand on every shard
//! that looks at all keys.

use std::sync::{Arc, Mutex, PoisonError};

use engine::command::args::OwnedArgs;
use engine::command::table::table;
use engine::order::core::{Core, Queued, Request};
use engine::order::{Errand, Exclusive, Piece};
use engine::resp::elements::bulk;
use engine::shard::context::Caller;
use engine::shard::execute::execute;
use engine::shard::{DbIndex, Shard};

use super::client::NOW;
use super::command::KEYS;

/// See the top of the file.
pub(super) struct StandStill {
    exclusive: Exclusive,
    left: std::vec::IntoIter<Queued>,
    replies: Vec<Vec<u8>>,
    names: Arc<[String]>,
    seen: Seen,
}

type Seen = Arc<Mutex<[Option<Vec<u8>>; KEYS]>>;

impl StandStill {
    pub(super) fn begin(
        core: &mut Core,
        request: Request,
        queue: Vec<Queued>,
        names: &[String],
    ) -> Self {
        StandStill {
            exclusive: core.submit_exclusive(request),
            left: queue.into_iter(),
            replies: Vec::new(),
            names: names.into(),
            seen: Seen::default(),
        }
    }

    pub(super) fn is(&self, exclusive: Exclusive) -> bool {
        self.exclusive == exclusive
    }

    /// The locks are there, or the last command has run: the next one, or the end.
    pub(super) fn go_on(&mut self, core: &mut Core, pieces: Vec<Piece>) {
        self.replies
            .extend(pieces.into_iter().map(|piece| match piece {
                Piece::Reply(_, reply) => reply,
                Piece::Session(_) => unreachable!("only commands on data are queued here"),
            }));
        if let Some(command) = self.left.next() {
            return core.run_under(self.exclusive, vec![command]);
        }
        let (names, seen) = (&self.names, &self.seen);
        core.release(self.exclusive, |_| {
            let (names, seen) = (names.clone(), seen.clone());
            Some(Errand::new(move |shard, _| look_at(shard, &names, &seen)))
        });
    }

    /// What the client is answered.
    pub(super) fn reply(self) -> Vec<u8> {
        let mut reply = format!("*{}\r\n", self.replies.len() + 1).into_bytes();
        reply.extend(self.replies.into_iter().flatten());
        reply.extend_from_slice(format!("*{KEYS}\r\n").as_bytes());
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = b"$-1\r\n".to_vec();
        for value in seen.iter() {
            reply.extend_from_slice(value.as_ref().unwrap_or(&missing));
        }
        reply
    }
}

/// Notes what those keys hold that are there.
fn look_at(shard: &mut Shard, names: &[String], seen: &Seen) {
    let get = table().row(table().top(b"get").expect("GET is there"));
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, seen) in names.iter().zip(seen.iter_mut()) {
        let words: OwnedArgs = [b"get".as_slice(), name.as_bytes()].into_iter().collect();
        let mut reply = Vec::new();
        let (db, caller) = (DbIndex(0), Caller::default());
        execute(shard, get, db, caller, NOW, &words.as_args(), &mut reply);
        if bulk(&reply).is_some() {
            *seen = Some(reply);
        }
    }
}

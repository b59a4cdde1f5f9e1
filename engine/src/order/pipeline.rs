//! The commands of one connection that are under way, and their replies in the order of the commands.
//!
//! Invariants:
//! - Replies leave in the order in which places were given.
//! - Once a command went to the mesh in a tick, the later ones of that tick go there too, also to the own core: see
//!   [`Pipeline::must_travel`]. Else a later command could take effect before an earlier one. The same holds behind a command
//!   that waited until somebody served it.

use std::collections::VecDeque;

use super::stamp::Stamp;
use crate::command::table::CommandId;

/// See the top of the file.
#[derive(Debug, Default)]
pub struct Pipeline {
    /// The place of the first entry of `places`.
    first: u32,
    places: VecDeque<Place>,
    /// Replies that are here but must wait for earlier ones.
    early: Vec<u8>,
    /// Messages that are no replies, each with the place it leaves in front of, in the order of the places.
    asides: VecDeque<(u32, Vec<u8>)>,
    /// The logical time of the tick in which a command last went to the mesh.
    travelled_at: Option<Stamp>,
    /// Whether a command that waited was served since the last one was read.
    is_served: bool,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Waiting {
        command: CommandId,
        /// The client does not want the reply (CLIENT REPLY OFF).
        muted: bool,
    },
    /// Bytes of `early`.
    Here { start: usize, len: usize },
}

impl Pipeline {
    /// Whether no command is under way: then a reply goes straight out.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.places.is_empty()
    }

    /// How many commands wait for their reply, or for an earlier one's.
    pub fn depth(&self) -> usize {
        self.places.len()
    }

    /// Bytes of replies and messages held back.
    pub fn held(&self) -> usize {
        let asides = self.asides.iter().map(|(_, message)| message.len());
        self.early.len() + asides.sum::<usize>()
    }

    /// Whether a command read in the tick of logical time `now` must go through the mesh even if its keys are here.
    #[inline]
    pub fn must_travel(&mut self, now: Stamp) -> bool {
        if std::mem::take(&mut self.is_served) {
            self.travelled_at = Some(now);
        }
        self.travelled_at == Some(now)
    }

    /// A command that waited was served, perhaps later than the logical time of this tick: what follows in the tick must travel.
    /// Here it would run before what its client has been told of already.
    pub fn served(&mut self) {
        self.is_served = true;
    }

    /// Gives a place to a command that goes to the mesh in the tick of logical time `now`.
    #[inline]
    pub fn travel(&mut self, now: Stamp, command: CommandId, muted: bool) -> u32 {
        self.travelled_at = Some(now);
        self.wait(command, muted)
    }

    /// The place that the next command gets.
    #[inline]
    pub fn next_place(&self) -> u32 {
        self.first.wrapping_add(self.places.len() as u32)
    }

    /// Gives a place to a command that is answered later.
    pub fn wait(&mut self, command: CommandId, muted: bool) -> u32 {
        let place = self.next_place();
        self.places.push_back(Place::Waiting { command, muted });
        place
    }

    /// Takes the reply of a command that was answered at once, after all that are under way.
    pub fn answer_now(&mut self, reply: &[u8], out: &mut Vec<u8>) {
        if self.places.is_empty() {
            out.extend_from_slice(reply);
        } else {
            let here = self.keep(reply);
            self.places.push_back(here);
        }
    }

    /// Sends a message that is no reply when all commands before `place` are answered, which may be now.
    pub fn send_before(&mut self, place: u32, message: &[u8], out: &mut Vec<u8>) {
        if place == self.first {
            out.extend_from_slice(message);
        } else {
            self.asides.push_back((place, message.to_vec()));
        }
    }

    /// Takes the reply of the command at `place` and appends to `out` whatever may leave now. Returns the command.
    pub fn answer(&mut self, place: u32, reply: &[u8], out: &mut Vec<u8>) -> Option<CommandId> {
        let index = place.wrapping_sub(self.first) as usize;
        let Some(Place::Waiting { command, muted }) = self.places.get(index).copied() else {
            debug_assert!(false, "a place is answered once");
            return None;
        };
        let reply = if muted { &[] } else { reply };
        if index > 0 {
            self.places[index] = self.keep(reply);
            return Some(command);
        }
        out.extend_from_slice(reply);
        self.advance(out);
        while let Some(Place::Here { start, len }) = self.places.front().copied() {
            out.extend_from_slice(&self.early[start..start + len]);
            self.advance(out);
        }
        Some(command)
    }

    fn keep(&mut self, reply: &[u8]) -> Place {
        let start = self.early.len();
        self.early.extend_from_slice(reply);
        Place::Here {
            start,
            len: reply.len(),
        }
    }

    fn advance(&mut self, out: &mut Vec<u8>) {
        self.places.pop_front();
        self.first = self.first.wrapping_add(1);
        let first = self.first;
        while let Some((_, message)) = self.asides.front().filter(|(place, _)| *place == first) {
            out.extend_from_slice(message);
            self.asides.pop_front();
        }
        if self.places.is_empty() {
            self.early.clear();
            self.early.shrink_to(16 << 10);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_leave_in_the_order_of_their_commands() {
        let mut pipeline = Pipeline::default();
        let (get, set) = (CommandId::for_tests(1), CommandId::for_tests(2));
        let mut out = Vec::new();
        pipeline.answer_now(b"0", &mut out);
        let one = pipeline.travel(Stamp(5), get, false);
        let two = pipeline.travel(Stamp(5), set, false);
        pipeline.answer_now(b"3", &mut out);
        let four = pipeline.wait(get, true);
        assert!(pipeline.must_travel(Stamp(5)) && !pipeline.must_travel(Stamp(6)));
        assert_eq!(pipeline.answer(two, b"2", &mut out), Some(set));
        assert_eq!(out, b"0");
        pipeline.answer(one, b"1", &mut out);
        assert_eq!(out, b"0123");
        assert_eq!(pipeline.answer(four, b"4", &mut out), Some(get));
        assert_eq!(out, b"0123", "nobody wanted the last one");
        assert!(pipeline.is_idle());
    }

    #[test]
    fn messages_leave_between_replies() {
        let mut pipeline = Pipeline::default();
        let get = CommandId::for_tests(1);
        let mut out = Vec::new();
        pipeline.send_before(pipeline.next_place(), b"a", &mut out);
        let one = pipeline.wait(get, false);
        let two = pipeline.wait(get, false);
        pipeline.send_before(one, b"b", &mut out);
        assert_eq!(out, b"ab", "nothing is before the first");
        pipeline.send_before(two, b"c", &mut out);
        pipeline.send_before(pipeline.next_place(), b"d", &mut out);
        pipeline.answer(two, b"2", &mut out);
        assert_eq!((out.as_slice(), pipeline.held()), (b"ab".as_slice(), 3));
        pipeline.answer(one, b"1", &mut out);
        assert_eq!(out, b"ab1c2d");
        assert!(pipeline.is_idle() && pipeline.held() == 0);
    }
}

//! One core's connection to the mesh: what it sends, what it receives, and its logical time.

use std::fmt;

use engine::order::{Inbox, LogicalTime, ShardId, Stamp, Tag};

use super::atomics::{Arc, Ordering, Patience, fence};
use super::clock::Clock;
use super::flags::Flags;
use super::outbox::{Block, Outbox};
use super::ring::{Receiver, Sender};

/// What a port delivers.
#[derive(Debug, PartialEq, Eq)]
pub enum Mail<T, R> {
    /// A message, in the one order.
    Message(Tag, T),
    /// A reply, as soon as it is visible; those of one sender come in the order in which they were sent.
    Reply(ShardId, R),
}

/// The ends of the rings that are one core's, in the order of the cores at the other ends.
pub(super) struct Ends<T, R> {
    pub(super) outgoing: Vec<Sender<Block<T, R>>>,
    pub(super) incoming: Vec<Receiver<Block<T, R>>>,
}

/// What one core holds of the mesh. Ports move to their core's thread; nobody shares one.
///
/// Invariants:
/// - Once [`Port::receive`] has taken a logical time L, no message stamped below L becomes visible to this core later.
/// - No wake-up is lost. A sender publishes, then a full barrier, then looks (in `wake`) whether the receiver sleeps. A
///   receiver marks itself asleep, then a full barrier, then looks at the rings ([`Port::has_mail`]). So the sender sees
///   the mark or the receiver sees the mail, or both.
pub struct Port<T, R, C, W> {
    me: ShardId,
    ends: Ends<T, R>,
    outbox: Outbox<T, R>,
    /// Whom the flush goes to that is on its way.
    receivers: Vec<ShardId>,
    /// Messages that are visible but not yet below the logical time, a flush of them at a time.
    inbox: Inbox<Vec<(u32, T)>>,
    time: LogicalTime,
    flags: Arc<Flags>,
    clock: C,
    wake: W,
}

impl<T: Send, R: Send, C: Clock, W: Fn(ShardId)> Port<T, R, C, W> {
    pub(super) fn new(me: ShardId, ends: Ends<T, R>, flags: Arc<Flags>, clock: C, wake: W) -> Self {
        let cores = ends.outgoing.len();
        Self {
            me,
            ends,
            outbox: Outbox::new(cores),
            receivers: Vec::with_capacity(cores),
            inbox: Inbox::new(cores as u16),
            time: LogicalTime::default(),
            flags,
            clock,
            wake,
        }
    }

    /// Whose port this is.
    pub fn id(&self) -> ShardId {
        self.me
    }

    /// The logical time of the last [`Port::receive`].
    pub fn logical_time(&self) -> Stamp {
        self.time.now()
    }

    /// As [`Outbox::send`].
    pub fn send(&mut self, to: ShardId, payload: T) {
        self.outbox.send(to, payload);
    }

    /// As [`Outbox::reply`].
    pub fn reply(&mut self, to: ShardId, reply: R) {
        self.outbox.reply(to, reply);
    }

    /// As [`Outbox::has_unsent`].
    pub fn has_unsent(&self) -> bool {
        self.outbox.has_unsent()
    }

    /// Publishes everything that was collected under one stamp, and wakes the receivers. `None` if nothing was
    /// published: there was nothing, or a ring has no room and [`Port::has_unsent`] stays true. Then try again in the next
    /// tick, after [`Port::receive`]; receivers make room whenever they receive.
    pub fn flush(&mut self) -> Option<Stamp> {
        if !self.find_room() {
            return None;
        }
        self.flags.raise(self.me);
        let stamp = self.time.stamp(self.clock.now());
        for receiver in &self.receivers {
            let block = self.outbox.take(*receiver, stamp);
            let refused = self.ends.outgoing[receiver.index()].push(block);
            debug_assert!(
                refused.is_ok(),
                "room that was found stays: only the receiver changes it, to more"
            );
        }
        self.flags.lower(self.me);
        self.outbox.taken();
        self.wake_receivers();
        Some(stamp)
    }

    /// Whether there is something to send, and room for all of it. Notes who is to receive.
    fn find_room(&mut self) -> bool {
        self.receivers.clear();
        self.receivers.extend(self.outbox.receivers());
        let mut receivers = self.receivers.iter();
        !self.receivers.is_empty()
            && receivers.all(|receiver| self.ends.outgoing[receiver.index()].has_room())
    }

    fn wake_receivers(&self) {
        // Pairs with the barrier in `has_mail`.
        fence(Ordering::SeqCst);
        for receiver in self
            .receivers
            .iter()
            .filter(|receiver| **receiver != self.me)
        {
            (self.wake)(*receiver);
        }
    }

    /// Takes the next logical time, delivers the replies that are visible, and then, in the order of their tags, the
    /// messages below that time. Returns it: what the core runs for its own connections from here on happens at it.
    ///
    /// `deliver` may add to the next flush. It must not wait for another core, which may be waiting for this one.
    pub fn receive(&mut self, deliver: &mut impl FnMut(&mut Outbox<T, R>, Mail<T, R>)) -> Stamp {
        let time = self.take_time();
        let Self {
            ends,
            outbox,
            inbox,
            ..
        } = self;
        for (ring, sender) in ends.incoming.iter_mut().zip((0..).map(ShardId)) {
            ring.drain(|block| {
                let Block {
                    stamp,
                    messages,
                    mut replies,
                } = block;
                replies
                    .drain(..)
                    .for_each(|reply| deliver(outbox, Mail::Reply(sender, reply)));
                outbox.keep_replies(replies);
                if messages.is_empty() {
                    outbox.keep_messages(messages);
                } else {
                    inbox.push(
                        Tag {
                            stamp,
                            sender,
                            place: 0,
                        },
                        messages,
                    );
                }
            });
        }
        inbox.take_below(time, &mut |tag, mut messages| {
            for (place, payload) in messages.drain(..) {
                deliver(outbox, Mail::Message(Tag { place, ..tag }, payload));
            }
            outbox.keep_messages(messages);
        });
        time
    }

    fn take_time(&mut self) -> Stamp {
        let mut patience = Patience::default();
        let reading = loop {
            let reading = self.clock.now();
            if self.time.may_take(reading) {
                break reading;
            }
            patience.wait();
        };
        self.flags.wait_for_others(self.me);
        self.time.take(reading)
    }

    /// Whether [`Port::receive`] has something to deliver, now or a moment later. A core may sleep if it has marked itself
    /// asleep (with a store of an atomic that `wake` loads) and then found no mail.
    pub fn has_mail(&self) -> bool {
        // Pairs with the barrier in `wake_receivers`: it stands behind the caller's mark.
        fence(Ordering::SeqCst);
        !self.inbox.is_empty() || self.ends.incoming.iter().any(|ring| !ring.is_empty())
    }
}

impl<T, R, C, W> fmt::Debug for Port<T, R, C, W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Port")
            .field("me", &self.me)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::{MonotonicClock, mesh};
    use super::*;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, AtomicUsize};
    use std::time::{Duration, Instant};

    type Ports<T> = Vec<Port<T, T, MonotonicClock, fn(ShardId)>>;

    fn ports<T: Send>(cores: u16, capacity: usize) -> Ports<T> {
        mesh(cores, capacity, MonotonicClock, (|_| {}) as fn(ShardId))
    }

    fn received<T: Send>(port: &mut Port<T, T, MonotonicClock, fn(ShardId)>) -> Vec<Mail<T, T>> {
        let mut mail = Vec::new();
        port.receive(&mut |_, item| mail.push(item));
        mail
    }

    #[test]
    fn one_flush_carries_one_stamp_and_numbers_its_messages() {
        let mut ports = ports(2, 4);
        let (first, second) = (ShardId(0), ShardId(1));
        for (to, payload) in [(second, 'a'), (first, 'b'), (second, 'c')] {
            ports[0].send(to, payload);
        }
        ports[0].reply(second, 'r');
        assert!(ports[0].has_unsent() && !ports[1].has_mail());
        let stamp = ports[0].flush().unwrap();
        assert!(!ports[0].has_unsent() && ports[1].has_mail() && ports[0].has_mail());
        let message = |place, payload| {
            Mail::Message(
                Tag {
                    stamp,
                    sender: first,
                    place,
                },
                payload,
            )
        };
        assert_eq!(
            received(&mut ports[1]),
            [Mail::Reply(first, 'r'), message(0, 'a'), message(2, 'c')]
        );
        assert_eq!(received(&mut ports[0]), [message(1, 'b')]);
        assert_eq!(ports[0].flush(), None);
        assert!(!ports[1].has_mail() && !ports[0].has_mail());
        assert!(ports[0].logical_time() > stamp);
    }

    #[test]
    fn a_flush_without_room_sends_nothing_at_all() {
        let mut ports = ports(3, 1);
        let everybody = [ShardId(1), ShardId(2)];
        ports[0].send(ShardId(1), 0);
        ports[0].flush().unwrap();
        everybody.iter().for_each(|to| ports[0].send(*to, 1));
        ports[0].reply(ShardId(2), 2);
        assert_eq!(ports[0].flush(), None);
        assert!(ports[0].has_unsent() && !ports[2].has_mail());
        assert_eq!(received(&mut ports[1]).len(), 1);
        assert!(ports[0].flush().is_some());
        assert_eq!(
            (received(&mut ports[1]).len(), received(&mut ports[2]).len()),
            (1, 2)
        );
    }

    #[test]
    fn a_delivery_may_add_to_the_next_flush() {
        let mut ports = ports(2, 4);
        ports[0].send(ShardId(1), 20);
        ports[0].flush().unwrap();
        ports[1].receive(&mut |outbox, mail| {
            let Mail::Message(tag, payload) = mail else {
                panic!("no reply was sent")
            };
            outbox.reply(tag.sender, payload + 1);
        });
        ports[1].flush().unwrap();
        assert_eq!(received(&mut ports[0]), [Mail::Reply(ShardId(1), 21)]);
    }

    /// Runs one core until everybody has all replies, and returns the tags of the messages it ran.
    fn run_core(
        mut port: Port<(u16, u64), u64, MonotonicClock, impl Fn(ShardId)>,
        quiet: &AtomicUsize,
    ) -> Vec<Tag> {
        const FLUSHES: u64 = 1_500;
        let cores = quiet_target(&port);
        let (mut tags, mut replies, mut sent) = (Vec::new(), vec![0u64; cores], 0);
        let (mut flushes, mut reported) = (0, false);
        loop {
            let before = port.logical_time();
            let time = port.receive(&mut |outbox, mail| match mail {
                Mail::Message(tag, (sender, _)) => {
                    assert_eq!(tag.sender, ShardId(sender));
                    assert!(
                        tag.stamp >= before,
                        "{tag:?} came after {before:?} was taken"
                    );
                    tags.push(tag);
                    outbox.reply(tag.sender, 1);
                }
                Mail::Reply(sender, count) => replies[sender.index()] += count,
            });
            assert!(time >= before && tags.last().is_none_or(|tag| tag.stamp < time));
            if flushes < FLUSHES && !port.has_unsent() {
                for to in
                    ShardId::first(cores as u16).filter(|to| (flushes + u64::from(to.0)) % 3 != 0)
                {
                    port.send(to, (port.id().0, flushes));
                    sent += 1;
                }
                flushes += 1;
            }
            port.flush();
            let done =
                flushes == FLUSHES && !port.has_unsent() && replies.iter().sum::<u64>() == sent;
            if done && !reported {
                reported = true;
                quiet.fetch_add(1, Ordering::SeqCst);
            }
            if quiet.load(Ordering::SeqCst) == cores && !port.has_mail() {
                return tags;
            }
            if flushes % 16 == 0 {
                std::thread::yield_now();
            }
        }
    }

    fn quiet_target<T, R, C, W>(port: &Port<T, R, C, W>) -> usize {
        port.ends.outgoing.len()
    }

    /// More threads than this machine has processors, so flushes are interrupted in the middle.
    #[test]
    fn all_cores_deliver_in_one_order() {
        let quiet = AtomicUsize::new(0);
        let ports = mesh(4, 2, MonotonicClock, |_| {});
        let (seen, quiet) = (Mutex::new(Vec::new()), &quiet);
        std::thread::scope(|scope| {
            for port in ports {
                let seen = &seen;
                scope.spawn(move || {
                    let tags = run_core(port, quiet);
                    seen.lock().unwrap().push(tags);
                });
            }
        });
        let mut all = Vec::new();
        for tags in seen.into_inner().unwrap() {
            assert!(
                tags.is_sorted_by(|left, right| left < right),
                "a core ran messages out of order"
            );
            all.extend(tags);
        }
        assert_eq!(all.len(), 4 * 1_500 * 8 / 3);
        all.sort_unstable();
        assert!(
            all.is_sorted_by(|left, right| left < right),
            "two messages share a tag"
        );
    }

    /// Two cores play ball and sleep whenever they have nothing to do. A lost wake-up would leave both asleep.
    #[test]
    fn sleepers_are_woken() {
        const ROUNDS: u32 = 20_000;
        let asleep = [AtomicBool::new(false), AtomicBool::new(false)];
        let threads: Mutex<Vec<(ShardId, std::thread::Thread)>> = Mutex::new(Vec::new());
        let wake = |to: ShardId| {
            if asleep[to.index()].swap(false, Ordering::SeqCst) {
                let threads = threads.lock().unwrap();
                threads
                    .iter()
                    .filter(|(id, _)| *id == to)
                    .for_each(|(_, thread)| thread.unpark());
            }
        };
        let mut ports = mesh(2, 2, MonotonicClock, wake);
        ports[0].send(ShardId(1), 0u32);
        ports[0].flush();
        std::thread::scope(|scope| {
            for mut port in ports {
                let (asleep, threads) = (&asleep, &threads);
                scope.spawn(move || {
                    let me = port.id();
                    threads.lock().unwrap().push((me, std::thread::current()));
                    let (start, mut last) = (Instant::now(), 0);
                    while last < ROUNDS - 1 {
                        assert!(
                            start.elapsed() < Duration::from_secs(60),
                            "nobody woke {me:?}"
                        );
                        port.receive(&mut |outbox, mail: Mail<u32, ()>| {
                            let Mail::Message(_, round) = mail else {
                                return;
                            };
                            last = round;
                            if round < ROUNDS {
                                outbox.send(ShardId(1 - me.0), round + 1);
                            }
                        });
                        port.flush();
                        asleep[me.index()].store(true, Ordering::Relaxed);
                        while asleep[me.index()].load(Ordering::Relaxed)
                            && !port.has_mail()
                            && last < ROUNDS - 1
                        {
                            std::thread::park_timeout(Duration::from_secs(30));
                        }
                        asleep[me.index()].store(false, Ordering::Relaxed);
                    }
                });
            }
        });
    }
}

//! Once a core has taken L, no message stamped below L becomes visible to it later.
//!
//! Walks what two and three cores do in a few ticks, and then leaves one rule out to show that the walk would notice.

use std::sync::Mutex;

use engine::order::{ShardId, Stamp, Tag};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread;

use crate::mesh::{Clock, Flags, Mail, Port, assemble};

/// Which rule is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// Nobody sees another core's flag.
    NoFlag,
    /// The stamp is read before the flag is raised.
    FlagAfterStamp,
}

/// A core's view of the clock of all cores, which moves on by a nanosecond every `readings` readings. Readings are
/// relaxed operations of loom: it has to know that their order matters, and they pass no memory between cores.
#[derive(Clone)]
struct View {
    read: Arc<AtomicU64>,
    readings: u64,
    /// A reading that moved up in the program and is handed out where it should have been made.
    early: std::sync::Arc<Mutex<Option<Stamp>>>,
}

impl View {
    fn of(read: &Arc<AtomicU64>, readings: u64) -> Self {
        Self {
            read: read.clone(),
            readings,
            early: Default::default(),
        }
    }

    fn read_early(&self) {
        let reading = self.now();
        *self.early.lock().unwrap() = Some(reading);
    }
}

impl Clock for View {
    fn now(&self) -> Stamp {
        let early = self.early.lock().unwrap().take();
        early.unwrap_or_else(|| Stamp(self.read.fetch_add(1, Ordering::Relaxed) / self.readings))
    }
}

/// One thing a core does.
#[derive(Clone, Copy)]
enum Step {
    Receive,
    /// Flushes a message to each of these cores.
    Flush(&'static [u16]),
}

use Step::{Flush, Receive};

type Wake = fn(ShardId);

/// A core, and the tags of what it ran.
struct Core {
    port: Port<(), (), View, Wake>,
    view: View,
    broken: Broken,
    ran: Vec<Tag>,
}

impl Core {
    fn run(mut self, steps: &[Step]) -> Self {
        for step in steps {
            match step {
                Receive => self.receive(),
                Flush(receivers) => self.flush(receivers),
            }
        }
        self
    }

    fn receive(&mut self) {
        let (before, ran) = (self.port.logical_time(), &mut self.ran);
        let time = self.port.receive(&mut |_, mail| {
            let Mail::Message(tag, ()) = mail else {
                panic!("no reply was sent")
            };
            assert!(
                tag.stamp >= before,
                "{tag:?} became visible after {before:?} was taken"
            );
            ran.push(tag);
        });
        assert!(ran.last().is_none_or(|tag| tag.stamp < time));
        assert!(ran.is_sorted_by(|left, right| left < right));
    }

    fn flush(&mut self, receivers: &[u16]) {
        receivers
            .iter()
            .for_each(|to| self.port.send(ShardId(*to), ()));
        if self.broken == Broken::FlagAfterStamp {
            self.view.read_early();
        }
        assert!(self.port.flush().is_some());
    }
}

/// A core for each list of steps. Whether they see the same flags depends on what is broken.
fn cores(count: usize, readings: u64, broken: Broken) -> Vec<Core> {
    let read = Arc::new(AtomicU64::new(1));
    let views: Vec<View> = (0..count).map(|_| View::of(&read, readings)).collect();
    let flags = Arc::new(Flags::new(count as u16));
    let seen = views.iter().map(|view| {
        let own = Arc::new(Flags::new(count as u16));
        let flags = if broken == Broken::NoFlag {
            own
        } else {
            flags.clone()
        };
        (flags, view.clone(), (|_| {}) as Wake)
    });
    let ports = assemble(2, seen.collect());
    ports
        .into_iter()
        .zip(views)
        .map(|(port, view)| Core {
            port,
            view,
            broken,
            ran: Vec::new(),
        })
        .collect()
}

/// Walks every order in which cores can take their steps; with `preemptions`, those with at most so many switches that no
/// core asked for.
fn walk(
    scripts: &'static [&'static [Step]],
    readings: u64,
    preemptions: Option<usize>,
    broken: Broken,
) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.max_branches = 20_000;
    model.check(move || {
        let mut cores = cores(scripts.len(), readings, broken)
            .into_iter()
            .zip(scripts);
        let (first, script) = cores.next().unwrap();
        let others: Vec<_> = cores
            .map(|(core, script)| thread::spawn(move || core.run(script)))
            .collect();
        let mut done = vec![first.run(script)];
        done.extend(others.into_iter().map(|core| core.join().unwrap()));
        for core in &mut done {
            while core.port.has_mail() {
                core.receive();
            }
        }
        let sent = scripts.iter().copied().flatten().map(|step| match step {
            Flush(receivers) => receivers.len(),
            Receive => 0,
        });
        assert_eq!(
            done.iter().map(|core| core.ran.len()).sum::<usize>(),
            sent.sum()
        );
    });
}

/// The smallest case: one sends while the other takes its time.
const ONE_WAY: &[&[Step]] = &[&[Receive, Receive], &[Flush(&[0])]];

/// Both send to each other, and one to itself, between two looks into their rings.
const BOTH_WAYS: &[&[Step]] = &[&[Receive, Flush(&[0, 1]), Receive], &[Flush(&[0]), Receive]];

/// A sender that flushes twice while the receiver waits for the first.
const TWICE: &[&[Step]] = &[&[Receive, Receive], &[Flush(&[0]), Flush(&[0])]];

/// Two send to a third, and one of them to the other: too many orders to walk them all.
const THREE: &[&[Step]] = &[&[Receive, Receive], &[Flush(&[0, 2])], &[Flush(&[0])]];

#[test]
fn nothing_comes_too_late_one_way() {
    walk(ONE_WAY, 1, None, Broken::Nothing);
    walk(ONE_WAY, 3, None, Broken::Nothing);
}

#[test]
fn nothing_comes_too_late_both_ways() {
    walk(BOTH_WAYS, 1, None, Broken::Nothing);
    walk(BOTH_WAYS, 2, None, Broken::Nothing);
}

#[test]
fn nothing_comes_too_late_from_one_who_flushes_twice() {
    walk(TWICE, 1, None, Broken::Nothing);
}

#[test]
fn nothing_comes_too_late_among_three() {
    walk(THREE, 1, Some(4), Broken::Nothing);
}

#[test]
#[should_panic(expected = "became visible after")]
fn two_without_flags_break_the_order() {
    walk(ONE_WAY, 1, None, Broken::NoFlag);
}

#[test]
#[should_panic(expected = "became visible after")]
fn two_with_the_flag_after_the_stamp_break_the_order() {
    walk(ONE_WAY, 1, None, Broken::FlagAfterStamp);
}

#[test]
#[should_panic(expected = "became visible after")]
fn three_without_flags_break_the_order() {
    walk(THREE, 1, Some(4), Broken::NoFlag);
}

#[test]
#[should_panic(expected = "became visible after")]
fn three_with_the_flag_after_the_stamp_break_the_order() {
    walk(THREE, 1, Some(4), Broken::FlagAfterStamp);
}

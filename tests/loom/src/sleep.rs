//! No wake-up is lost: a core that sleeps is woken by whoever sends it something.

use engine::order::{ShardId, Stamp};
use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::mesh::{Clock, Mail, Port, mesh};

/// Moves on with each reading.
#[derive(Clone)]
struct Ticking(Arc<AtomicU64>);

impl Clock for Ticking {
    fn now(&self) -> Stamp {
        Stamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

struct Bed {
    asleep: AtomicBool,
    alarm: Notify,
}

/// When the sleeper looks for mail.
#[derive(Clone, Copy)]
enum Look {
    AfterTheMark,
    BeforeTheMark,
}

fn sleep(port: &Port<(), (), Ticking, impl Fn(ShardId)>, bed: &Bed, look: Look) {
    let before = matches!(look, Look::BeforeTheMark).then(|| port.has_mail());
    bed.asleep.store(true, Ordering::Relaxed);
    if !before.unwrap_or_else(|| port.has_mail()) {
        bed.alarm.wait();
    }
    bed.asleep.store(false, Ordering::Relaxed);
}

/// One core sends a message and a reply in two flushes; the other sleeps whenever it has nothing to do. A lost wake-up
/// leaves nobody who can run, which loom reports.
fn walk(look: Look) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(4);
    model.max_branches = 20_000;
    model.check(move || {
        let bed = Arc::new(Bed {
            asleep: AtomicBool::new(false),
            alarm: Notify::new(),
        });
        let wake = {
            let bed = bed.clone();
            move |_: ShardId| {
                if bed.asleep.load(Ordering::Relaxed) {
                    bed.alarm.notify();
                }
            }
        };
        let mut ports = mesh(2, 2, Ticking(Arc::new(AtomicU64::new(1))), wake).into_iter();
        let (mut sleeper, mut sender) = (ports.next().unwrap(), ports.next().unwrap());
        let sending = thread::spawn(move || {
            sender.send(ShardId(0), ());
            sender.flush();
            sender.reply(ShardId(0), ());
            sender.flush();
        });
        let (mut messages, mut replies) = (0, 0);
        while messages + replies < 2 {
            sleeper.receive(&mut |_, mail| match mail {
                Mail::Message(..) => messages += 1,
                Mail::Reply(..) => replies += 1,
            });
            if messages + replies < 2 {
                sleep(&sleeper, &bed, look);
            }
        }
        assert_eq!((messages, replies), (1, 1));
        sending.join().unwrap();
    });
}

#[test]
fn sleepers_are_woken() {
    walk(Look::AfterTheMark);
}

#[test]
#[should_panic(expected = "deadlock")]
fn who_looks_before_the_mark_sleeps_for_ever() {
    walk(Look::BeforeTheMark);
}

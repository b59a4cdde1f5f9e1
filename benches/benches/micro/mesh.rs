//! Messages between cores.

use std::sync::atomic::{AtomicBool, Ordering};

use divan::Bencher;
use engine::order::ShardId;
use server::runtime::mesh::{Mail, MonotonicClock, Port, mesh};

type TestPort = Port<u64, u64, MonotonicClock, fn(ShardId)>;

const THERE: ShardId = ShardId(1);

/// Two ports whose cores never sleep.
fn ports() -> [TestPort; 2] {
    let mut ports = mesh(2, 64, MonotonicClock, (|_| {}) as fn(ShardId)).into_iter();
    std::array::from_fn(|_| ports.next().expect("two cores have two ports"))
}

/// Answers what has arrived. Returns whether anything had.
fn answer(port: &mut TestPort) -> bool {
    let mut any = false;
    port.receive(&mut |outbox, mail| {
        if let Mail::Message(tag, payload) = mail {
            outbox.reply(tag.sender, payload + 1);
            any = true;
        }
    });
    if any {
        port.flush();
    }
    any
}

/// The reply that has arrived, if one has.
fn reply(port: &mut TestPort) -> Option<u64> {
    let mut got = None;
    port.receive(&mut |_, mail| {
        if let Mail::Reply(_, payload) = mail {
            got = Some(payload);
        }
    });
    got
}

/// A question and its reply, both ends on one thread: what the steps cost without any waiting.
#[divan::bench]
fn there_and_back_on_one_thread(bencher: Bencher<'_, '_>) {
    let [mut here, mut there] = ports();
    bencher.bench_local(|| {
        here.send(THERE, 1);
        here.flush();
        // The message is below the receiver's time only a moment later.
        while !answer(&mut there) {}
        reply(&mut here).expect("the reply is visible")
    });
}

/// What every tick without mail pays.
#[divan::bench]
fn receive_nothing(bencher: Bencher<'_, '_>) {
    let [mut here, _there] = ports();
    bencher.bench_local(|| reply(&mut here));
}

/// A question and its reply between two threads that never sleep: two hops.
#[divan::bench]
fn there_and_back_between_threads(bencher: Bencher<'_, '_>) {
    let [mut here, mut there] = ports();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                if !answer(&mut there) {
                    std::hint::spin_loop();
                }
            }
        });
        bencher.bench_local(|| {
            here.send(THERE, 1);
            here.flush();
            loop {
                if let Some(payload) = reply(&mut here) {
                    break payload;
                }
                std::hint::spin_loop();
            }
        });
        over.store(true, Ordering::Relaxed);
    });
}

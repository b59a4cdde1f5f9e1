//! Requests through whole cores, without sockets: bytes in, bytes out, and every step of the tick between.

use std::sync::Arc;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use engine::keyspace::key::HashSeed;
use engine::order::{ShardId, Stamp, Tag};
use engine::time::UnixMillis;
use server::config::Settings;
use server::config::load::Source;
use server::core::mail::Mail;
use server::core::process::Process;
use server::core::{Output, ServerCore};
use server::runtime::net::{ConnId, PeerAddr};

use crate::keys::{Draw, KEYS, append_request, key};

const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

/// Cores that know each other, and one client of the first.
struct Cores {
    cores: Vec<ServerCore>,
    client: ConnId,
    stamp: u64,
    /// Bytes of replies so far.
    replied: usize,
}

impl Cores {
    fn new(count: u16) -> Self {
        server::commands::register();
        let process = Arc::new(Process::new(
            count,
            HashSeed(7),
            "0".repeat(40),
            Source::Nowhere,
        ));
        let settings = Arc::new(Settings::default());
        let core = |me| ServerCore::new(me, process.clone(), settings.clone());
        let mut cores: Vec<ServerCore> = ShardId::first(count).map(core).collect();
        let address = || PeerAddr::Inet(([127, 0, 0, 1], 6379).into());
        let client = ConnId::from_bits(0);
        cores[0].begin_tick(Stamp(1), NOW);
        cores[0].accept(client, address(), address(), None);
        let mut cores = Cores {
            cores,
            client,
            stamp: 1,
            replied: 0,
        };
        cores.fill();
        cores
    }

    fn fill(&mut self) {
        for first in (0..KEYS).step_by(100) {
            let mut input = Vec::new();
            (first..first + 100).for_each(|number| {
                append_request(&mut input, &[b"SET", &key(number), &[b'x'; 32]])
            });
            assert_eq!(
                self.ask(&input),
                100 * b"+OK\r\n".len(),
                "every SET is answered OK"
            );
        }
    }

    /// Hands `input` to the client's core and ticks until it is answered. Returns the bytes of the replies.
    fn ask(&mut self, input: &[u8]) -> usize {
        let before = self.replied;
        self.tick(0, Some(input));
        while self.exchange() {
            (0..self.cores.len()).for_each(|core| self.tick(core, None));
        }
        self.hand_out();
        self.replied - before
    }

    fn tick(&mut self, core: usize, input: Option<&[u8]>) {
        self.stamp += 1;
        let core = &mut self.cores[core];
        core.begin_tick(Stamp(self.stamp), NOW);
        if let Some(input) = input {
            core.receive(self.client, input);
        }
        core.end_tick();
    }

    /// Carries the mail of all cores. Returns whether there was any.
    fn exchange(&mut self) -> bool {
        let mut any = false;
        for from in 0..self.cores.len() {
            let mut taken = Vec::new();
            self.cores[from].take_mail(|to, mail| taken.push((to, mail)));
            any |= !taken.is_empty();
            for (to, mail) in taken {
                let receiver = &mut self.cores[to.index()];
                match mail {
                    Mail::Request(request) => {
                        let tag = Tag {
                            stamp: Stamp(self.stamp),
                            sender: ShardId(from as u16),
                            place: 0,
                        };
                        receiver.take_request(tag, request);
                    }
                    Mail::Answer(answer) => receiver.take_answer(answer),
                }
            }
        }
        any
    }

    fn hand_out(&mut self) {
        let mut sent = Vec::new();
        self.cores[0].take_output(false, |output| match output {
            Output::Send(_, bytes) => sent.push(bytes),
            other => panic!("nothing but replies is expected, not {other:?}"),
        });
        for bytes in sent {
            self.replied += black_box(&bytes).len();
            self.cores[0].reuse(bytes);
        }
    }
}

/// Inputs of `pipeline` requests each.
fn inputs(pipeline: usize, append: impl Fn(&mut Vec<u8>, &mut Draw)) -> impl FnMut() -> Vec<u8> {
    let mut draw = Draw::new();
    move || {
        let mut input = Vec::new();
        (0..pipeline).for_each(|_| append(&mut input, &mut draw));
        input
    }
}

fn append_get(input: &mut Vec<u8>, draw: &mut Draw) {
    append_request(input, &[b"GET", &key(draw.number())]);
}

fn append_set(input: &mut Vec<u8>, draw: &mut Draw) {
    append_request(input, &[b"SET", &key(draw.number()), &[b'y'; 32]]);
}

fn append_mset(input: &mut Vec<u8>, draw: &mut Draw) {
    let keys: Vec<[u8; 16]> = (0..10).map(|_| key(draw.number())).collect();
    let mut words: Vec<&[u8]> = vec![b"MSET"];
    keys.iter()
        .for_each(|key| words.extend([&key[..], &[b'y'; 32]]));
    append_request(input, &words);
}

fn run(bencher: Bencher<'_, '_>, cores: u16, pipeline: usize, append: fn(&mut Vec<u8>, &mut Draw)) {
    let mut cores = Cores::new(cores);
    let bencher = bencher
        .counter(ItemsCount::new(pipeline))
        .with_inputs(inputs(pipeline, append));
    bencher.bench_local_refs(|input| cores.ask(input));
}

#[divan::bench]
fn ping(bencher: Bencher<'_, '_>) {
    run(bencher, 1, 16, |input, _| append_request(input, &[b"PING"]));
}

#[divan::bench(args = [1, 16, 64])]
fn get(bencher: Bencher<'_, '_>, pipeline: usize) {
    run(bencher, 1, pipeline, append_get);
}

#[divan::bench(args = [1, 16, 64])]
fn set(bencher: Bencher<'_, '_>, pipeline: usize) {
    run(bencher, 1, pipeline, append_set);
}

#[divan::bench]
fn mset(bencher: Bencher<'_, '_>) {
    run(bencher, 1, 16, append_mset);
}

/// Half of the keys live on the other core.
#[divan::bench(args = [1, 16])]
fn get_on_two_cores(bencher: Bencher<'_, '_>, pipeline: usize) {
    run(bencher, 2, pipeline, append_get);
}

#[divan::bench(args = [1, 16])]
fn set_on_two_cores(bencher: Bencher<'_, '_>, pipeline: usize) {
    run(bencher, 2, pipeline, append_set);
}

#[divan::bench(args = [1, 16])]
fn mset_on_two_cores(bencher: Bencher<'_, '_>, pipeline: usize) {
    run(bencher, 2, pipeline, append_mset);
}

//! Clients that cache what they read, on the real binary with 4 shards: whatever is in a cache is what is at the key.
//!
//! Readers and writers go wild together, then stand still; each reader takes what it was still to be told, and compares.
//! `DARTER` names the binary (else the one beside this test).

use std::collections::HashMap;
use std::sync::Barrier;

use darter_tests::real::{Client, Reply, Server};
use engine::random::Random;

const READERS: usize = 5;
const WRITERS: usize = 3;
/// Times that all stand still.
const ROUNDS: usize = 20;
/// Pipelines of each client between two of these.
const PIPELINES: usize = 40;
const KEYS: u64 = 30;

fn key(random: &mut Random) -> String {
    format!("k{}", random.next_u64() % KEYS)
}

fn keys(random: &mut Random) -> Vec<String> {
    let count = random.next_u64() % 4 + 1;
    (0..count).map(|_| key(random)).collect()
}

/// What the reader knows of the keys without asking.
#[derive(Default)]
struct Cache {
    values: HashMap<String, Reply>,
    told: usize,
}

impl Cache {
    /// Takes replies to reads of these keys, one list a reply, and what was pushed among them.
    fn take(&mut self, reads: Vec<Vec<String>>, replies: Vec<Reply>) {
        let mut reads = reads.into_iter();
        for reply in replies {
            match reply {
                Reply::Push(message) => self.forget(&message[1]),
                reply => {
                    let keys = reads.next().expect("a reply for each command");
                    let values: &[Reply] = match reply.elements() {
                        [] => std::slice::from_ref(&reply),
                        elements => elements,
                    };
                    self.values
                        .extend(keys.into_iter().zip(values.iter().cloned()));
                }
            }
        }
    }

    fn forget(&mut self, stale: &Reply) {
        self.told += 1;
        if stale.is_null() {
            self.values.clear();
        }
        for key in stale.elements() {
            let Reply::Bulk(Some(name)) = key else {
                panic!("no key: {key}");
            };
            self.values.remove(&*String::from_utf8_lossy(name));
        }
    }
}

/// One pipeline of reads and, now and then, a write of its own.
fn read_some(client: &mut Client, random: &mut Random, cache: &mut Cache) {
    let mut reads = Vec::new();
    for _ in 0..random.next_u64() % 6 + 1 {
        let keys = keys(random);
        match random.next_u64() % 10 {
            0 => {
                client.queue(&format!("SET {} own", keys[0]));
                reads.push(Vec::new());
            }
            1 | 2 => {
                client.queue("MULTI");
                keys.iter().for_each(|key| {
                    client.queue(&format!("GET {key}"));
                });
                client.queue("EXEC");
                reads.extend(std::iter::repeat_n(Vec::new(), keys.len() + 1));
                reads.push(keys);
            }
            3..6 => {
                client.queue(&format!("MGET {}", keys.join(" ")));
                reads.push(keys);
            }
            _ => {
                client.queue(&format!("GET {}", keys[0]));
                reads.push(vec![keys[0].clone()]);
            }
        }
    }
    let replies = client.flush_with_pushes().expect("the server answers");
    cache.take(reads, replies);
}

fn write_some(client: &mut Client, random: &mut Random) {
    for _ in 0..random.next_u64() % 3 + 1 {
        let value = random.next_u64();
        let (one, other) = (key(random), key(random));
        client.queue(&match random.next_u64() % 40 {
            0 => "FLUSHALL".to_owned(),
            1..4 => format!("SET {one} {value} PX 2"),
            4..8 => format!("RENAME {one} {other}"),
            8..20 => format!("MSET {one} {value} {other} {value}"),
            _ => format!("SET {one} {value}"),
        });
    }
    client.flush().expect("the server answers");
}

/// Waits until a read that begins now is behind all that has happened, then looks whether the cache is right.
fn compare(client: &mut Client, truth: &mut Client, cache: &mut Cache) {
    let replies = client.queue("PING").flush_with_pushes();
    cache.take(vec![Vec::new()], replies.expect("the server answers"));
    for (key, cached) in &cache.values {
        let there = truth
            .ask(&format!("GET {key}"))
            .expect("the server answers");
        let is_same = there == *cached || (there.is_null() && cached.is_null());
        assert!(is_same, "{key} is {there}, in the cache {cached}");
    }
}

fn no_cache_is_stale(mode: &str) {
    let mut server = Server::start(4);
    let address = server.address();
    let connect = || Client::connect(address).expect("the server accepts connections");
    let barrier = Barrier::new(READERS + WRITERS);
    let told = std::thread::scope(|scope| {
        let barrier = &barrier;
        for number in 0..WRITERS {
            scope.spawn(move || {
                let (mut client, mut random) = (connect(), Random::new(100 + number as u64));
                for _ in 0..ROUNDS {
                    (0..PIPELINES).for_each(|_| write_some(&mut client, &mut random));
                    // Keys that were to expire have, so that nothing changes while caches are compared.
                    std::thread::sleep(std::time::Duration::from_millis(250));
                    barrier.wait();
                    barrier.wait();
                }
            });
        }
        let readers: Vec<_> = (0..READERS)
            .map(|number| {
                scope.spawn(move || {
                    let (mut client, mut truth) = (connect(), connect());
                    let (mut random, mut cache) = (Random::new(number as u64), Cache::default());
                    client.ask("HELLO 3").expect("the server answers");
                    let tracks = client.ask(&format!("CLIENT TRACKING ON {mode}"));
                    assert!(tracks.expect("the server answers").is_ok());
                    for _ in 0..ROUNDS {
                        for _ in 0..PIPELINES {
                            read_some(&mut client, &mut random, &mut cache);
                        }
                        barrier.wait();
                        compare(&mut client, &mut truth, &mut cache);
                        barrier.wait();
                    }
                    cache.told
                })
            })
            .collect();
        let told = readers.into_iter().map(|reader| reader.join());
        told.map(|told| told.expect("no reader fails"))
            .sum::<usize>()
    });
    assert!(told > 100, "hardly anything was told: {told}");
    assert!(server.is_alive(), "the server ended");
}

#[test]
#[ignore = "starts the server"]
fn no_cache_of_reads_is_stale() {
    no_cache_is_stale("");
}

#[test]
#[ignore = "starts the server"]
fn no_cache_of_all_keys_is_stale() {
    no_cache_is_stale("BCAST");
}

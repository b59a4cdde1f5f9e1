//! The one order of all cores on the real binary: what several clients do at once never shows a state that no order of
//! their commands explains. 4 shards, however few cores the machine has.
//!
//! `DARTER` names the binary (else the one beside this test), `REAL_SECONDS` how long each test runs (else one), and
//! `REAL_SHARDS` another number of shards.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever runs it by hand"
)]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use darter_tests::real::{Client, Reply, Server};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Rounds of each kind of client.
#[derive(Default)]
struct Count(AtomicU64);

impl Count {
    fn add(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A kind of client: how many of it there are, and what each does in a round, given its number.
type Kind<'a> = (usize, &'a (dyn Fn(&mut Client, u64) + Sync));

/// Starts a server, lets `prepare` fill it, then all kinds of clients at it at once. Returns the server.
fn at_once(prepare: &[&str], kinds: &[Kind<'_>]) -> Server {
    let mut server = Server::start(number("REAL_SHARDS", 4) as u16);
    let address = server.address();
    let mut client = connect(address);
    for command in prepare {
        assert!(
            client.ask(command).is_ok_and(|reply| reply.is_ok()),
            "{command}"
        );
    }
    let end = Instant::now() + Duration::from_secs(number("REAL_SECONDS", 1));
    std::thread::scope(|scope| {
        for (count, round) in kinds {
            for client in 0..*count as u64 {
                scope.spawn(move || {
                    let mut connection = connect(address);
                    while Instant::now() < end {
                        round(&mut connection, client);
                    }
                });
            }
        }
    });
    assert!(server.is_alive(), "the server ended");
    server
}

fn connect(address: SocketAddr) -> Client {
    Client::connect(address).expect("the server accepts connections")
}

fn ask(client: &mut Client, command: &str) -> Reply {
    client.ask(command).expect("the server answers")
}

fn flush(client: &mut Client) -> Vec<Reply> {
    client.flush().expect("the server answers")
}

#[test]
#[ignore = "starts the server"]
fn an_mset_is_seen_whole() {
    let (numbers, reads) = (Count::default(), Count::default());
    let all = |value: u64| {
        (1..=8)
            .map(|key| format!(" k{key} {value}"))
            .collect::<String>()
    };
    let write = |client: &mut Client, _| {
        for _ in 0..4 {
            client.queue(&format!("MSET{}", all(numbers.add())));
        }
        assert!(flush(client).iter().all(Reply::is_ok));
    };
    let check = |numbers: Vec<Option<i64>>| {
        assert!(
            numbers.len() == 8
                && numbers
                    .iter()
                    .all(|one| one.is_some() && *one == numbers[0]),
            "{numbers:?}"
        );
        reads.add();
    };
    let read = |client: &mut Client, _| {
        client
            .queue("MGET k1 k2 k3 k4 k5 k6 k7 k8")
            .queue("MGET k8 k7 k6 k5 k4 k3 k2 k1");
        flush(client)
            .iter()
            .for_each(|reply| check(reply.numbers()));
    };
    let read_in_transaction = |client: &mut Client, _| {
        client.queue("MULTI");
        for key in 1..=8 {
            client.queue(&format!("GET k{key}"));
        }
        client.queue("EXEC");
        check(flush(client)[9].numbers());
    };
    at_once(
        &[&format!("MSET{}", all(0))],
        &[(3, &write), (4, &read), (2, &read_in_transaction)],
    );
    println!("MSET: {} writes, {} reads", numbers.get(), reads.get());
    assert!(numbers.get() > 0 && reads.get() > 0);
}

#[test]
#[ignore = "starts the server"]
fn a_pipeline_is_never_seen_out_of_order() {
    let (numbers, reads) = (Count::default(), Count::default());
    // Pairs on different shards, each written by one client: the first key is never older than the second.
    let write = |client: &mut Client, pair| {
        for _ in 0..8 {
            let value = numbers.add();
            client
                .queue(&format!("SET first{pair} {value}"))
                .queue(&format!("SET second{pair} {value}"));
        }
        assert!(flush(client).iter().all(Reply::is_ok));
    };
    let check = |second: &Reply, first: &Reply| {
        let (second, first) = (second.number().unwrap_or(0), first.number().unwrap_or(0));
        assert!(first >= second, "first {first}, second {second}");
        reads.add();
    };
    let read = |client: &mut Client, reader| {
        let pair = reader % 3;
        let second = ask(client, &format!("GET second{pair}"));
        check(&second, &ask(client, &format!("GET first{pair}")));
    };
    let read_in_a_pipeline = |client: &mut Client, reader| {
        let pair = reader % 3;
        client
            .queue(&format!("GET second{pair}"))
            .queue(&format!("GET first{pair}"));
        let replies = flush(client);
        check(&replies[0], &replies[1]);
    };
    at_once(&[], &[(3, &write), (3, &read), (3, &read_in_a_pipeline)]);
    println!("pipelines: {} writes, {} reads", numbers.get(), reads.get());
    assert!(numbers.get() > 0 && reads.get() > 0);
}

#[test]
#[ignore = "starts the server"]
fn what_one_client_was_told_is_true_for_another() {
    // One client waits for its answer before it tells the number to the others, outside of the server.
    let (written, reads) = (AtomicU64::new(0), Count::default());
    let write = |client: &mut Client, _| {
        let value = written.load(Ordering::SeqCst) + 1;
        assert!(
            ask(
                client,
                &format!("MSET told1 {value} told2 {value} told3 {value}")
            )
            .is_ok()
        );
        written.store(value, Ordering::SeqCst);
    };
    let read = |client: &mut Client, reader| {
        let told = written.load(Ordering::SeqCst) as i64;
        let seen = ask(client, &format!("GET told{}", 1 + reader % 3)).number();
        assert!(
            seen.is_some_and(|seen| seen >= told),
            "told {told}, seen {seen:?}"
        );
        reads.add();
    };
    at_once(
        &["MSET told1 0 told2 0 told3 0"],
        &[(1, &write), (6, &read)],
    );
    println!(
        "told: {} writes, {} reads",
        written.load(Ordering::SeqCst),
        reads.get()
    );
    assert!(written.load(Ordering::SeqCst) > 0 && reads.get() > 0);
}

const ACCOUNTS: u64 = 6;

#[test]
#[ignore = "starts the server"]
fn transfers_keep_the_sum() {
    let (done, aborted, audits, steps) = (
        Count::default(),
        Count::default(),
        Count::default(),
        Count::default(),
    );
    let transfer = |client: &mut Client, number| {
        let step = steps.add();
        let from = (step + number) % ACCOUNTS;
        let to = (from + 1 + step / 7 % (ACCOUNTS - 1)) % ACCOUNTS;
        client.queue(&format!("WATCH account{from} account{to}"));
        client
            .queue(&format!("GET account{from}"))
            .queue(&format!("GET account{to}"));
        let replies = flush(client);
        let (rich, poor) = (
            replies[1].number().expect("a balance"),
            replies[2].number().expect("a balance"),
        );
        client
            .queue("MULTI")
            .queue(&format!("SET account{from} {}", rich - 1));
        client
            .queue(&format!("SET account{to} {}", poor + 1))
            .queue("EXEC");
        match &flush(client)[3] {
            Reply::Array(Some(_)) => done.add(),
            Reply::Array(None) => aborted.add(),
            other => panic!("{other:?}"),
        };
    };
    let names: String = (0..ACCOUNTS)
        .map(|account| format!(" account{account}"))
        .collect();
    let audit = |client: &mut Client, _| {
        let balances = ask(client, &format!("MGET{names}")).numbers();
        let sum: i64 = balances.iter().flatten().sum();
        assert!(sum == 1000 * ACCOUNTS as i64, "{balances:?}");
        audits.add();
    };
    let opening: String = (0..ACCOUNTS)
        .map(|account| format!(" account{account} 1000"))
        .collect();
    at_once(&[&format!("MSET{opening}")], &[(5, &transfer), (3, &audit)]);
    println!(
        "transfers: {} done, {} aborted, {} audits",
        done.get(),
        aborted.get(),
        audits.get()
    );
    assert!(done.get() > 0 && audits.get() > 0);
}

#[test]
#[ignore = "starts the server"]
fn no_increment_is_lost() {
    let (done, aborted) = (Count::default(), Count::default());
    // The counter stands on one shard, its copy on another: both must be watched.
    let increment = |client: &mut Client, _| {
        let replies = flush(client.queue("WATCH counter copy").queue("GET counter"));
        let next = replies[1].number().unwrap_or(0) + 1;
        client
            .queue("MULTI")
            .queue(&format!("SET counter {next}"))
            .queue(&format!("SET copy {next}"))
            .queue("EXEC");
        match &flush(client)[3] {
            Reply::Array(Some(_)) => done.add(),
            Reply::Array(None) => aborted.add(),
            other => panic!("{other:?}"),
        };
    };
    let server = at_once(&[], &[(5, &increment)]);
    let seen = ask(&mut connect(server.address()), "MGET counter copy").numbers();
    println!("increments: {} done, {} aborted", done.get(), aborted.get());
    assert_eq!(seen, [Some(done.get() as i64); 2]);
    assert!(done.get() > 0);
}

#[test]
#[ignore = "starts the server"]
fn a_renamed_key_is_there_exactly_once() {
    let (moves, reads) = (Count::default(), Count::default());
    let names = ["here", "there", "elsewhere"];
    let rename = |client: &mut Client, _| {
        for (from, to) in [(0, 1), (1, 2), (2, 0)] {
            client.queue(&format!("RENAME {} {}", names[from], names[to]));
        }
        for reply in flush(client) {
            match reply {
                Reply::Error(text) => assert_eq!(text, "ERR no such key"),
                reply => assert!(reply.is_ok() && moves.add() > 0, "{reply:?}"),
            }
        }
    };
    let read = |client: &mut Client, reader| {
        let replies = match reader % 3 {
            0 => ask(client, "MGET here there elsewhere").numbers(),
            1 => flush(
                client
                    .queue("MULTI")
                    .queue("EXISTS here there elsewhere")
                    .queue("EXEC"),
            )[2]
            .numbers(),
            _ => vec![ask(client, "DBSIZE").number()],
        };
        assert_eq!(replies.iter().flatten().sum::<i64>(), 1, "{replies:?}");
        reads.add();
    };
    at_once(&["SET here 1"], &[(3, &rename), (6, &read)]);
    println!("renames: {} moves, {} reads", moves.get(), reads.get());
    assert!(moves.get() > 0 && reads.get() > 0);
}

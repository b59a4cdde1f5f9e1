//! The real binary is killed while clients write, started again on the same append-only folder, and asked what it knows.
//!
//! What it knows must be a prefix of the order: of each client's writes all up to one and none behind it, also of those it
//! sent in one go; MSET and MULTI whole, on any shards. With `appendfsync always` no write that was acknowledged is missing,
//! with `everysec` none that was acknowledged two seconds before.
//!
//! `CRASH_ROUNDS` is how often each of them is killed, `DARTER` names the binary (else the one beside this test).

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever runs it by hand"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use darter_tests::real::{Client, Reply, Server};
use engine::random::Random;

const WRITERS: usize = 6;
/// Keys of each client: its write number `n` goes to key `n % CELLS`, on whatever shard that is.
const CELLS: i64 = 40;
/// Writes that are sent in one go.
const WINDOW: i64 = 12;
const ROUNDS: u64 = 4;

/// What a client knows of its writes.
#[derive(Clone, Default)]
struct Written {
    /// The number of the last one that the server knew when it started.
    known: i64,
    /// When which number was acknowledged.
    acknowledged: Vec<(Instant, i64)>,
}

fn rounds() -> u64 {
    let rounds = std::env::var("CRASH_ROUNDS").ok();
    rounds.map_or(ROUNDS, |rounds| rounds.parse().expect("a number"))
}

fn start(shards: u16, policy: &str, folder: &std::path::Path) -> Server {
    let folder = folder.to_str().expect("a path that is text");
    let options = [
        "--dir",
        folder,
        "--appendonly",
        "yes",
        "--appendfsync",
        policy,
    ];
    let server = Server::with_options(shards, &options);
    let mut client = Client::connect(server.address()).expect("the server accepts connections");
    let end = Instant::now() + Duration::from_secs(60);
    while client
        .ask("GET x")
        .expect("the server answers")
        .to_string()
        .contains("LOADING")
    {
        assert!(Instant::now() < end, "it never ends to load");
        std::thread::sleep(Duration::from_millis(5));
    }
    server
}

/// The commands of one write: alone, with keys that all clients write, or in a transaction.
fn queue(client: &mut Client, writer: usize, number: i64) -> usize {
    let cell = format!("c{writer}:{}", number % CELLS);
    let tag = writer as i64 * 1_000_000_000 + number;
    let lines = match number % 4 {
        0 | 1 => vec![format!("SET {cell} {number}")],
        2 => vec![format!(
            "MSET {cell} {number} all:1 {tag} all:2 {tag} all:3 {tag}"
        )],
        _ => vec![
            "MULTI".to_owned(),
            format!("SET {cell} {number}"),
            format!("SET pair{writer}:1 {number}"),
            format!("SET pair{writer}:2 {number}"),
            "EXEC".to_owned(),
        ],
    };
    for line in &lines {
        client.queue(line);
    }
    lines.len()
}

/// Writes until the server is gone.
fn write(server: &Server, writer: usize, written: &mut Written, stop: &AtomicBool) {
    let Ok(mut client) = Client::connect(server.address()) else {
        return;
    };
    let mut number = written.known;
    while !stop.load(Ordering::Relaxed) {
        let sent: usize = (1..=WINDOW)
            .map(|next| queue(&mut client, writer, number + next))
            .sum();
        match client.flush() {
            Ok(replies) if replies.len() == sent => {
                let refused = replies
                    .iter()
                    .find(|reply| matches!(reply, Reply::Error(_)));
                assert!(refused.is_none(), "{refused:?}");
                number += WINDOW;
                written.acknowledged.push((Instant::now(), number));
            }
            _ => return,
        }
    }
}

/// Holds what the server knows against what was written. Returns the last write of each client that it knows.
fn check(server: &Server) -> Vec<i64> {
    let mut client = Client::connect(server.address()).expect("the server accepts connections");
    let mut ask = |line: &str| client.ask(line).expect("the server answers").numbers();
    let all = ask("MGET all:1 all:2 all:3");
    assert!(
        all.iter().all(|value| *value == all[0]),
        "an MSET in parts: {all:?}"
    );
    let last_of = |writer: usize| {
        let pair = ask(&format!("MGET pair{writer}:1 pair{writer}:2"));
        assert_eq!(pair[0], pair[1], "a transaction in parts");
        let cells: Vec<String> = (0..CELLS).map(|cell| format!("c{writer}:{cell}")).collect();
        let cells = ask(&format!("MGET {}", cells.join(" ")));
        let last = cells.iter().flatten().copied().max().unwrap_or(0);
        for (cell, value) in (0..).zip(cells) {
            let newest = last - (last - cell).rem_euclid(CELLS);
            let expected = (newest > 0).then_some(newest);
            assert_eq!(
                value, expected,
                "cell {cell} of client {writer}, who came to {last}"
            );
        }
        assert!(pair[0].is_none_or(|pair| (last - 4..=last).contains(&pair)));
        last
    };
    (0..WRITERS).map(last_of).collect()
}

/// Kills a server again and again. `grace` is how old a write has to be to be safe.
fn kill_many_times(policy: &str, grace: Duration) {
    let folder = std::env::temp_dir().join(format!("darter-crash-{policy}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut dice = Random::new(u64::from(std::process::id()));
    let mut written = vec![Written::default(); WRITERS];
    let (mut writes, mut lost) = (0, 0);
    for round in 0..rounds() {
        let server = start([2, 4][round as usize % 2], policy, &folder);
        let stop = AtomicBool::new(false);
        let (live, rewrites) = (100 + dice.below(400), dice.below(2) == 0);
        let killed = std::thread::scope(|scope| {
            for (writer, written) in written.iter_mut().enumerate() {
                let (server, stop) = (&server, &stop);
                scope.spawn(move || write(server, writer, written, stop));
            }
            std::thread::sleep(Duration::from_millis(live / 2));
            if rewrites {
                let mut client = Client::connect(server.address()).expect("it is there");
                client.ask("BGREWRITEAOF").expect("the server answers");
            }
            std::thread::sleep(Duration::from_millis(live / 2));
            let killed = Instant::now();
            server.kill();
            stop.store(true, Ordering::Relaxed);
            killed
        });
        drop(server);
        let server = start([4, 2, 3][round as usize % 3], policy, &folder);
        for (writer, last) in check(&server).into_iter().enumerate() {
            let Written {
                known,
                acknowledged,
            } = &mut written[writer];
            let is_old = |at: &Instant| *at + grace <= killed;
            let old = acknowledged
                .iter()
                .rev()
                .find(|(at, _)| grace.is_zero() || is_old(at));
            let safe = old.map_or(*known, |(_, number)| *number);
            assert!(
                last >= safe,
                "round {round}: client {writer} had {safe}, found {last}"
            );
            let newest = acknowledged.last().map_or(*known, |(_, number)| *number);
            writes += newest - *known;
            lost += (newest - last).max(0);
            (*known, *acknowledged) = (last, Vec::new());
        }
    }
    println!(
        "{policy}: {} kills, {writes} acknowledged writes, {lost} of them lost",
        rounds()
    );
    std::fs::remove_dir_all(&folder).expect("a folder can be deleted");
}

#[test]
#[ignore = "starts the server"]
fn nothing_acknowledged_is_lost_with_always() {
    kill_many_times("always", Duration::ZERO);
}

#[test]
#[ignore = "starts the server"]
fn what_is_left_is_a_prefix_with_everysec() {
    kill_many_times("everysec", Duration::from_secs(2));
}

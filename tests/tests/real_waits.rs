//! Clients that wait for keys, on the real binary with 4 shards.
//!
//! `DARTER` names the binary (else the one beside this test).

use std::sync::Mutex;

use darter_tests::real::{Client, Reply, Server};

/// Rounds of the first test, and elements each client pushes in the second.
const ROUNDS: usize = 100;

fn ask(client: &mut Client, command: &str) -> Reply {
    client.ask(command).expect("the server answers")
}

/// Lets a client begin to wait; its reply is read by `flush` later.
fn begin(client: &mut Client, command: &str) {
    client.queue(command).send().expect("the server reads");
}

/// Returns when so many clients wait.
fn until_blocked(client: &mut Client, count: usize) {
    for _ in 0..10_000 {
        let info = ask(client, "INFO clients").to_string();
        if info.contains(&format!("blocked_clients:{count}")) {
            return;
        }
    }
    panic!("{count} clients never wait");
}

#[test]
#[ignore = "starts the server"]
fn who_pushes_sees_all_that_waiters_did() {
    let server = Server::start(4);
    let connect = || Client::connect(server.address()).expect("the server accepts connections");
    let mut pusher = connect();
    let mut waiters: Vec<Client> = (0..6).map(|_| connect()).collect();
    for round in 0..ROUNDS {
        for (number, waiter) in waiters.iter_mut().enumerate() {
            let to = number + 1;
            begin(
                waiter,
                &format!("BLMOVE l{round}.{number} l{round}.{to} LEFT LEFT 0"),
            );
        }
        until_blocked(&mut pusher, waiters.len());
        assert_eq!(
            ask(&mut pusher, &format!("RPUSH l{round}.0 foo")).number(),
            Some(1)
        );
        let lengths: Vec<Option<i64>> = (0..7)
            .map(|list| ask(&mut pusher, &format!("LLEN l{round}.{list}")).number())
            .collect();
        assert_eq!(lengths, [0, 0, 0, 0, 0, 0, 1].map(Some), "round {round}");
        for waiter in &mut waiters {
            let replies = waiter.flush().expect("the server answers");
            assert_eq!(replies.len(), 1);
            assert!(replies[0].to_string().contains("foo"));
        }
    }
}

#[test]
#[ignore = "starts the server"]
fn nothing_is_lost_and_nothing_given_twice() {
    const PUSHERS: usize = 3;
    const WORKERS: usize = 8;
    let mut server = Server::start(4);
    let address = server.address();
    let connect = || Client::connect(address).expect("the server accepts connections");
    let taken: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for number in 0..WORKERS {
            let taken = &taken;
            scope.spawn(move || {
                let mut client = connect();
                let keys = match number % 2 {
                    0 => "q1 q2 q3 q4 stop".to_owned(),
                    _ => format!("q{} stop", number / 2 + 1),
                };
                loop {
                    let reply = ask(&mut client, &format!("BLPOP {keys} 0"));
                    let element = reply.elements()[1].to_string();
                    if element.contains("enough") {
                        return;
                    }
                    taken.lock().expect("no worker fails").push(element);
                }
            });
        }
        let pushers: Vec<_> = (0..PUSHERS)
            .map(|number| {
                scope.spawn(move || {
                    let mut client = connect();
                    for round in 0..ROUNDS {
                        let queue = (round + number) % 4 + 1;
                        ask(&mut client, &format!("RPUSH q{queue} {number}.{round}"));
                    }
                })
            })
            .collect();
        for pusher in pushers {
            pusher.join().expect("the server answers");
        }
        let mut client = connect();
        until_blocked(&mut client, WORKERS);
        for queue in 1..=4 {
            assert_eq!(
                ask(&mut client, &format!("LLEN q{queue}")).number(),
                Some(0)
            );
        }
        for _ in 0..WORKERS {
            ask(&mut client, "RPUSH stop enough");
        }
    });
    let mut taken = taken.into_inner().expect("no worker fails");
    assert_eq!(taken.len(), PUSHERS * ROUNDS);
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), PUSHERS * ROUNDS);
    until_blocked(&mut connect(), 0);
    assert!(server.is_alive(), "the server ended");
}

/// Waiters that go away in all ways leave nothing behind.
#[test]
#[ignore = "starts the server"]
fn what_is_pushed_later_is_not_for_those_who_left() {
    let server = Server::start(4);
    let connect = || Client::connect(server.address()).expect("the server accepts connections");
    let mut client = connect();
    for round in 0..ROUNDS {
        let mut gone = connect();
        begin(&mut gone, "BLPOP k1 k2 k3 k4 0");
        let mut moves = connect();
        begin(&mut moves, "BLMOVE k1 k2 LEFT LEFT 0");
        let mut late = connect();
        begin(&mut late, "BLPOP k1 k3 0.005");
        if round % 2 == 0 {
            until_blocked(&mut client, 2);
        }
        drop((gone, moves));
        assert!(late.flush().expect("the server answers")[0].is_null());
        until_blocked(&mut client, 0);
        for key in 1..=4 {
            assert_eq!(
                ask(&mut client, &format!("RPUSH k{key} a")).number(),
                Some(1)
            );
            assert_eq!(ask(&mut client, &format!("DEL k{key}")).number(), Some(1));
        }
    }
}

//! CLIENT and CONFIG across cores: what one client does is seen by clients of every core.

use darter_tests::hand_driven::{ClientId, HandDriven};
use server::config::settings::Settings;

const CORES: u16 = 3;

/// A server with a client on each core.
fn server() -> (HandDriven, [ClientId; CORES as usize]) {
    let mut server = HandDriven::new(CORES, Settings::default());
    let clients = std::array::from_fn(|_| server.connect());
    (server, clients)
}

fn received(server: &mut HandDriven, client: ClientId) -> String {
    String::from_utf8(server.take_received(client)).expect("text")
}

/// Sends a command in one line and returns what came back so far.
fn ask(server: &mut HandDriven, client: ClientId, line: &str) -> String {
    server.send(client, format!("{line}\r\n").as_bytes());
    server.settle();
    received(server, client)
}

fn expired_keys(server: &mut HandDriven, client: ClientId) -> String {
    let info = ask(server, client, "info stats");
    let line = info.lines().find(|line| line.starts_with("expired_keys:"));
    line.expect("a field of INFO").to_owned()
}

#[test]
fn client_list_shows_the_clients_of_all_cores_by_number() {
    let (mut server, [first, second, third]) = server();
    ask(&mut server, second, "client setname second");
    ask(&mut server, third, "multi");
    let list = ask(&mut server, first, "client list");
    let starts: Vec<&str> = list
        .lines()
        .filter(|line| line.starts_with("id="))
        .collect();
    assert_eq!(starts.len(), 3, "{list}");
    for (number, line) in starts.iter().enumerate() {
        assert!(line.starts_with(&format!("id={} ", number + 1)), "{line}");
    }
    assert!(
        starts[0].contains(" qbuf=13 ") && starts[0].contains(" cmd=client|list "),
        "{list}"
    );
    assert!(
        starts[1].contains(" name=second ") && starts[2].contains(" flags=x "),
        "{list}"
    );
    let some = ask(&mut server, first, "client list id 3 1 3");
    let numbers: Vec<&str> = some
        .lines()
        .filter_map(|line| line.strip_prefix("id=")?.split(' ').next())
        .collect();
    assert_eq!(numbers, ["3", "1", "3"]);
}

#[test]
fn client_kill_reaches_every_core_and_spares_who_asks() {
    let (mut server, [first, second, third]) = server();
    assert_eq!(ask(&mut server, first, "client kill id 3"), ":1\r\n");
    assert!(server.is_open(first) && server.is_open(second) && !server.is_open(third));
    assert_eq!(
        ask(&mut server, first, "client kill 127.0.0.1:1"),
        "-ERR No such client\r\n"
    );
    assert_eq!(ask(&mut server, first, "client kill type normal"), ":1\r\n");
    assert!(!server.is_open(second));
    assert!(ask(&mut server, first, "info clients").contains("connected_clients:1\r\n"));
    assert_eq!(ask(&mut server, first, "client kill skipme no"), ":1\r\n");
    assert!(!server.is_open(first));
}

#[test]
fn a_pause_of_writes_holds_them_on_all_cores_until_it_ends() {
    let (mut server, [first, second, third]) = server();
    assert_eq!(
        ask(&mut server, first, "client pause 1000 write"),
        "+OK\r\n"
    );
    // What was said last holds, but not the shorter time.
    assert_eq!(ask(&mut server, first, "client pause 10 write"), "+OK\r\n");
    server.pass(500);
    assert_eq!(ask(&mut server, second, "set key value"), "");
    assert_eq!(ask(&mut server, third, "get key"), "$-1\r\n");
    assert_eq!(
        ask(&mut server, third, "set key"),
        "-ERR wrong number of arguments for 'set' command\r\n"
    );
    assert!(ask(&mut server, third, "info clients").contains("blocked_clients:1\r\n"));
    server.pass(501);
    assert_eq!(received(&mut server, second), "+OK\r\n");
    assert_eq!(ask(&mut server, third, "get key"), "$5\r\nvalue\r\n");
}

#[test]
fn a_transaction_waits_only_if_it_writes() {
    let (mut server, [first, second, third]) = server();
    ask(&mut server, second, "multi");
    ask(&mut server, second, "set key value");
    ask(&mut server, first, "client pause 100000 write");
    assert_eq!(ask(&mut server, second, "exec"), "");
    ask(&mut server, third, "multi");
    ask(&mut server, third, "get key");
    assert_eq!(ask(&mut server, third, "exec"), "*1\r\n$-1\r\n");
    ask(&mut server, third, "multi");
    assert_eq!(
        ask(&mut server, third, "set key other"),
        "",
        "a write waits before MULTI queues it"
    );
    assert_eq!(ask(&mut server, first, "client unpause"), "+OK\r\n");
    assert_eq!(received(&mut server, second), "*1\r\n+OK\r\n");
    assert_eq!(received(&mut server, third), "+QUEUED\r\n");
}

#[test]
fn a_pause_of_everything_holds_who_asked_for_it_too() {
    let (mut server, [first, second, _]) = server();
    assert_eq!(ask(&mut server, first, "client pause 300"), "+OK\r\n");
    assert_eq!(ask(&mut server, first, "client unpause"), "");
    assert_eq!(ask(&mut server, second, "ping"), "");
    server.pass(301);
    assert_eq!(
        received(&mut server, first) + &received(&mut server, second),
        "+OK\r\n+PONG\r\n"
    );
}

#[test]
fn keys_do_not_expire_in_a_pause() {
    let (mut server, [first, second, _]) = server();
    for key in 0..10 {
        ask(&mut server, second, &format!("set key:{key} value px 50"));
    }
    ask(&mut server, first, "client pause 100000 write");
    server.pass(1000);
    assert_eq!(ask(&mut server, second, "get key:1"), "$-1\r\n");
    assert!(ask(&mut server, second, "randomkey").starts_with("$5\r\nkey:"));
    assert_eq!(expired_keys(&mut server, first), "expired_keys:0");
    ask(&mut server, first, "client unpause");
    server.pass(1000);
    assert_eq!(expired_keys(&mut server, first), "expired_keys:10");
    assert_eq!(ask(&mut server, second, "randomkey"), "$-1\r\n");
}

#[test]
fn all_cores_know_a_parameter_when_its_change_is_answered() {
    let (mut server, [first, second, third]) = server();
    assert_eq!(
        ask(
            &mut server,
            third,
            "config set timeout 17 maxmemory-samples 7"
        ),
        "+OK\r\n"
    );
    for client in [first, second, third] {
        let both = ask(&mut server, client, "config get timeout maxmemory-samples");
        assert_eq!(
            both,
            "*4\r\n$7\r\ntimeout\r\n$2\r\n17\r\n$17\r\nmaxmemory-samples\r\n$1\r\n7\r\n"
        );
    }
    let refused = ask(&mut server, second, "config set timeout 18 port none");
    assert!(
        refused.starts_with("-ERR CONFIG SET failed (possibly related to argument 'port')"),
        "{refused}"
    );
    assert!(ask(&mut server, first, "config get timeout").ends_with("$2\r\n17\r\n"));
}

#[test]
fn changes_made_at_the_same_time_do_not_undo_each_other() {
    let (mut server, [first, second, third]) = server();
    for round in 1..20 {
        server.send(first, format!("config set timeout {round}\r\n").as_bytes());
        server.send(
            second,
            format!("config set maxmemory-samples {round}\r\n").as_bytes(),
        );
        server.send(third, format!("config set hz {round}\r\n").as_bytes());
        server.settle();
        for client in [first, second, third] {
            assert_eq!(received(&mut server, client), "+OK\r\n");
            let all = ask(
                &mut server,
                client,
                "config get timeout maxmemory-samples hz",
            );
            let value = format!("${}\r\n{round}\r\n", round.to_string().len());
            assert_eq!(all.matches(&value).count(), 3, "{all}");
        }
    }
}

#[test]
fn a_password_that_is_set_asks_only_newcomers() {
    let (mut server, [first, second, _]) = server();
    assert_eq!(
        ask(&mut server, first, "config set requirepass secret"),
        "+OK\r\n"
    );
    assert_eq!(ask(&mut server, second, "ping"), "+PONG\r\n");
    let newcomer = server.connect();
    assert_eq!(
        ask(&mut server, newcomer, "ping"),
        "-NOAUTH Authentication required.\r\n"
    );
    assert_eq!(
        ask(&mut server, first, "config set requirepass \"\""),
        "+OK\r\n"
    );
    assert_eq!(ask(&mut server, newcomer, "ping"), "+PONG\r\n");
}

#[test]
fn resetting_statistics_reaches_all_cores() {
    let (mut server, [first, second, third]) = server();
    for client in [first, second, third] {
        ask(&mut server, client, "get missing");
    }
    assert!(ask(&mut server, first, "info stats").contains("keyspace_misses:3\r\n"));
    assert_eq!(ask(&mut server, second, "config resetstat"), "+OK\r\n");
    let stats = ask(&mut server, third, "info stats commandstats");
    assert!(
        stats.contains("keyspace_misses:0\r\n") && !stats.contains("cmdstat_get:"),
        "{stats}"
    );
}

#[test]
fn replies_can_be_turned_off_and_left_out() {
    let (mut server, [first, ..]) = server();
    assert_eq!(
        ask(&mut server, first, "client reply skip\r\nping a\r\nping b"),
        "$1\r\nb\r\n"
    );
    assert_eq!(
        ask(
            &mut server,
            first,
            "client reply off\r\nping a\r\nclient list\r\nget x"
        ),
        ""
    );
    assert_eq!(ask(&mut server, first, "client reply on"), "+OK\r\n");
    assert_eq!(ask(&mut server, first, "ping c"), "$1\r\nc\r\n");
}

//! INFO of a server of several cores: what they counted is added up, and CONFIG RESETSTAT reaches all of them.

use darter_tests::hand_driven::{ClientId, HandDriven};
use server::config::Settings;

const CORES: u16 = 3;

struct Server {
    cores: HandDriven,
    client: ClientId,
}

impl Server {
    fn start() -> Self {
        let mut cores = HandDriven::new(CORES, Settings::default());
        let client = cores.connect();
        Server { cores, client }
    }

    /// Sends lines, which need no quotes, and returns all replies.
    fn ask(&mut self, lines: &[&str]) -> String {
        self.cores
            .send(self.client, (lines.join("\r\n") + "\r\n").as_bytes());
        self.cores.settle();
        String::from_utf8(self.cores.take_received(self.client)).expect("replies are text")
    }

    /// The value of a line of INFO.
    fn info(&mut self, section: &str, name: &str) -> Option<String> {
        let text = self.ask(&[&format!("INFO {section}")]);
        let prefix = format!("{name}:");
        text.lines()
            .find_map(|line| line.strip_prefix(&prefix))
            .map(str::to_owned)
    }

    fn number(&mut self, section: &str, name: &str) -> i64 {
        let value = self
            .info(section, name)
            .unwrap_or_else(|| panic!("{section} has {name}"));
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {value}"))
    }
}

/// Keys `1` to `60`, which are on all cores.
fn fill(server: &mut Server) {
    let sets: Vec<String> = (1..=60)
        .map(|key| format!("SET {key} value PX 100000"))
        .collect();
    let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
    server.ask(&sets);
}

#[test]
fn keys_of_all_cores_count() {
    let mut server = Server::start();
    assert_eq!(server.info("keyspace", "db0"), None);
    fill(&mut server);
    server.ask(&["PERSIST 1", "SELECT 3", "SET a 1"]);
    let line = server
        .info("keyspace", "db0")
        .expect("the database is not empty");
    let mean = line
        .strip_prefix("keys=60,expires=59,avg_ttl=")
        .expect("the form of the line");
    assert!(
        (90_000..=100_000).contains(&mean.parse::<i64>().expect("a number")),
        "{line}"
    );
    assert_eq!(
        server.info("keyspace", "db3").as_deref(),
        Some("keys=1,expires=0,avg_ttl=0")
    );
    let held: Vec<String> = (0..CORES)
        .filter_map(|core| server.info("cores", &format!("core{core}")))
        .collect();
    assert_eq!(held.len(), usize::from(CORES));
    assert!(
        held.iter().all(|line| !line.starts_with("keys=0,")),
        "{held:?}"
    );
}

#[test]
fn hits_and_changes_are_those_of_all_cores() {
    let mut server = Server::start();
    fill(&mut server);
    let gets: Vec<String> = (31..=90).map(|key| format!("GET {key}")).collect();
    server.ask(&gets.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(
        [
            server.number("stats", "keyspace_hits"),
            server.number("stats", "keyspace_misses")
        ],
        [30, 30]
    );
    assert_eq!(
        server.number("persistence", "rdb_changes_since_last_save"),
        60
    );
    assert!(server.number("stats", "total_commands_processed") >= 120);
    assert_eq!(server.number("clients", "connected_clients"), 1);
}

#[test]
fn commands_and_errors_count_wherever_they_run() {
    let mut server = Server::start();
    server.ask(&[
        "SET a 1",
        "SET b word",
        "SET",
        "INCR b",
        "NOPE",
        "MGET a b c d",
        "DEBUG SLEEP 0",
    ]);
    server.ask(&["MULTI", "SET a 2", "INCR b", "SELECT 99", "EXEC"]);
    let counts = |line: Option<String>| {
        let line = line.expect("the command was called");
        let numbers = line.split(',').filter(|part| !part.starts_with("usec"));
        numbers.collect::<Vec<_>>().join(",")
    };
    for (command, expected) in [
        ("set", "calls=3,rejected_calls=1,failed_calls=0"),
        ("incr", "calls=2,rejected_calls=0,failed_calls=2"),
        ("mget", "calls=1,rejected_calls=0,failed_calls=0"),
        ("select", "calls=1,rejected_calls=0,failed_calls=1"),
        ("exec", "calls=1,rejected_calls=0,failed_calls=0"),
        // Refused, as it is not enabled, and counted under the name of its container.
        ("debug", "calls=0,rejected_calls=1,failed_calls=0"),
    ] {
        let line = server.info("commandstats", &format!("cmdstat_{command}"));
        assert_eq!(counts(line), expected, "{command}");
    }
    assert_eq!(
        server.info("errorstats", "errorstat_ERR").as_deref(),
        Some("count=6")
    );
    assert_eq!(server.number("stats", "total_error_replies"), 6);
    for command in ["set", "incr", "mget", "select"] {
        let name = format!("latency_percentiles_usec_{command}");
        let line = server.info("latencystats", &name).expect("it was timed");
        assert!(
            line.starts_with("p50=") && line.contains(",p99=") && line.contains(",p99.9="),
            "{line}"
        );
    }
}

#[test]
fn all_counts_begin_again() {
    let mut server = Server::start();
    fill(&mut server);
    server.ask(&["GET 1", "GET x", "NOPE", "CONFIG RESETSTAT"]);
    assert_eq!(server.number("stats", "keyspace_hits"), 0);
    assert_eq!(server.number("stats", "keyspace_misses"), 0);
    assert_eq!(server.number("stats", "total_error_replies"), 0);
    assert_eq!(server.info("commandstats", "cmdstat_set"), None);
    assert_eq!(
        server.info("latencystats", "latency_percentiles_usec_set"),
        None
    );
    assert_eq!(server.info("errorstats", "errorstat_ERR"), None);
    assert_eq!(
        server.number("persistence", "rdb_changes_since_last_save"),
        60,
        "no statistic"
    );
}

#[test]
fn nothing_is_timed_when_tracking_is_off() {
    let mut server = Server::start();
    server.ask(&[
        "CONFIG SET latency-tracking no",
        "CONFIG RESETSTAT",
        "SET a 1",
        "SET b 1",
        "SET c 1",
    ]);
    let line = server
        .info("commandstats", "cmdstat_set")
        .expect("calls count nevertheless");
    assert!(line.starts_with("calls=3,usec=0,"), "{line}");
    assert_eq!(
        server.info("latencystats", "latency_percentiles_usec_set"),
        None
    );
}

#[test]
fn inside_a_transaction_info_sees_what_it_wrote() {
    let mut server = Server::start();
    fill(&mut server);
    let replies = server.ask(&["MULTI", "SET one more", "INFO keyspace", "DEL 2", "EXEC"]);
    // What shards answer runs first; the reply still stands in its place.
    assert!(replies.contains("db0:keys=60,expires=59,"), "{replies}");
    assert!(
        replies.ends_with(":1\r\n") && replies.contains("*3\r\n+OK\r\n"),
        "{replies}"
    );
}

//! The rows of all commands against COMMAND INFO of redis-server 7.0.15, which must be installed.
//!
//! `command_table/differences.tsv` lists where we differ and why. It fails the test to differ elsewhere, and to have an
//! entry that is none.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use darter_tests::hand_driven::HandDriven;
use engine::command::table::table;
use server::config::Settings;

/// The version whose table is compared.
const VERSION: &str = "7.0.15";
const DIFFERENCES: &str = include_str!("command_table/differences.tsv");
/// The elements of a description, in the order of COMMAND INFO.
const ELEMENTS: [&str; 10] = [
    "name",
    "arity",
    "flags",
    "first",
    "last",
    "step",
    "acl",
    "tips",
    "keys",
    "subcommands",
];

/// A reply without its protocol. Sets are sorted, as their order means nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Null,
    Number(i64),
    Text(String),
    List(Vec<Value>),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => write!(f, "-"),
            Value::Number(number) => write!(f, "{number}"),
            Value::Text(text) => write!(f, "{text}"),
            Value::List(values) => {
                let values: Vec<String> = values.iter().map(Value::to_string).collect();
                write!(f, "[{}]", values.join(" "))
            }
        }
    }
}

/// Reads one reply of RESP3.
fn read(from: &mut impl BufRead) -> Value {
    let mut line = String::new();
    from.read_line(&mut line).expect("a line of a reply");
    let line = line.trim_end();
    let (kind, rest) = line.split_at(1);
    let many = |from: &mut _, count: usize| (0..count).map(|_| read(from)).collect::<Vec<_>>();
    match kind {
        "_" => Value::Null,
        ":" => Value::Number(rest.parse().expect("a number")),
        "+" => Value::Text(rest.to_owned()),
        "$" => {
            let mut bytes = vec![0; rest.parse::<usize>().expect("a length") + 2];
            from.read_exact(&mut bytes)
                .expect("as many bytes as announced");
            bytes.truncate(bytes.len() - 2);
            Value::Text(String::from_utf8(bytes).expect("text"))
        }
        "*" => Value::List(many(from, rest.parse().expect("a length"))),
        "~" => {
            let mut members = many(from, rest.parse().expect("a length"));
            members.sort();
            Value::List(members)
        }
        "%" => Value::List(many(from, 2 * rest.parse::<usize>().expect("a length"))),
        _ => panic!("an unexpected reply: {line}"),
    }
}

fn encode(words: &[&str]) -> Vec<u8> {
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("${}\r\n{word}\r\n", word.len()))
        .collect();
    format!("*{}\r\n{}", words.len(), words.concat()).into_bytes()
}

/// A server of the reference, ended when dropped.
struct Reference {
    process: Child,
    socket: PathBuf,
    connection: BufReader<std::os::unix::net::UnixStream>,
}

impl Reference {
    fn start() -> Self {
        let version = Command::new("redis-server").arg("--version").output();
        let version = version
            .expect("redis-server must be installed for this test")
            .stdout;
        let version = String::from_utf8_lossy(&version).into_owned();
        assert!(
            version.contains(&format!("v={VERSION} ")),
            "the reference is {VERSION}, not {version}"
        );
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let socket = format!("darter-reference-{}-{number}.sock", std::process::id());
        let socket = std::env::temp_dir().join(socket);
        let mut command = Command::new("redis-server");
        command
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket);
        let process = command
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let mut reference = Reference {
            process,
            connection: BufReader::new(connect(&socket)),
            socket,
        };
        reference.ask(&["HELLO", "3"]);
        reference
    }

    fn ask(&mut self, words: &[&str]) -> Value {
        self.connection
            .get_mut()
            .write_all(&encode(words))
            .expect("the reference listens");
        read(&mut self.connection)
    }
}

fn connect(socket: &PathBuf) -> std::os::unix::net::UnixStream {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        match std::os::unix::net::UnixStream::connect(socket) {
            Ok(stream) => {
                stream
                    .set_read_timeout(Some(Duration::from_secs(20)))
                    .expect("a timeout");
                return stream;
            }
            Err(error) if Instant::now() > end => panic!("redis-server does not listen: {error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// What our own server answers, in RESP3.
fn ask_ours(words: &[&str]) -> Value {
    let mut server = HandDriven::new(2, Settings::default());
    let client = server.connect();
    server.send(client, &encode(&["HELLO", "3"]));
    server.settle();
    server.take_received(client);
    server.send(client, &encode(words));
    server.settle();
    let bytes = server.take_received(client);
    let mut rest = bytes.as_slice();
    let value = read(&mut rest);
    assert!(rest.is_empty(), "one reply to one request");
    value
}

/// Descriptions by full name, those of subcommands too.
fn by_name(descriptions: Value) -> BTreeMap<String, Vec<Value>> {
    let mut found = BTreeMap::new();
    let Value::List(mut open) = descriptions else {
        panic!("COMMAND INFO answers with a list")
    };
    while let Some(description) = open.pop() {
        let Value::List(elements) = description else {
            continue;
        };
        assert_eq!(elements.len(), ELEMENTS.len());
        let Value::List(subcommands) = &elements[9] else {
            panic!("subcommands are a list")
        };
        open.extend(subcommands.iter().cloned());
        found.insert(elements[0].to_string(), elements);
    }
    found
}

/// `command element ours theirs` of everything that differs. Lists of subcommands differ one by one.
fn differences(
    ours: &BTreeMap<String, Vec<Value>>,
    theirs: &BTreeMap<String, Vec<Value>>,
) -> BTreeSet<[String; 4]> {
    let entry = |cells: [&str; 4]| cells.map(str::to_owned);
    let missing = theirs.keys().filter(|name| !ours.contains_key(*name));
    let mut found: BTreeSet<_> = missing
        .map(|name| entry([name, "name", "missing", "there"]))
        .collect();
    for (command, mine) in ours {
        let Some(other) = theirs.get(command) else {
            found.insert(entry([command, "name", "there", "missing"]));
            continue;
        };
        let pairs = mine.iter().zip(other).zip(ELEMENTS);
        for ((one, two), element) in pairs.filter(|(_, element)| *element != "subcommands") {
            if one != two {
                found.insert(entry([
                    command,
                    element,
                    &one.to_string(),
                    &two.to_string(),
                ]));
            }
        }
    }
    found
}

/// The entries of the list, and whether each may be gone: a row that waits for a feature may come at any time.
fn reviewed() -> BTreeMap<[String; 4], bool> {
    let lines = DIFFERENCES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [command, element, ours, theirs, reason] = cells.as_slice() else {
            panic!("five cells: {line}")
        };
        assert!(!reason.is_empty(), "a difference has a reason: {line}");
        (
            [*command, *element, *ours, *theirs].map(str::to_owned),
            reason.starts_with("later:"),
        )
    };
    lines.map(entry).collect()
}

#[test]
fn rows_are_those_of_the_reference() {
    server::commands::register();
    let names: Vec<&str> = table()
        .top_level()
        .map(|id| table().full_name(id))
        .collect();
    let request: Vec<&str> = ["COMMAND", "INFO"].into_iter().chain(names).collect();
    let ours = by_name(ask_ours(&request));
    let theirs = by_name(Reference::start().ask(&request));
    let (found, reviewed) = (differences(&ours, &theirs), reviewed());
    let unknown = found.iter().filter(|entry| !reviewed.contains_key(*entry));
    let unknown: String = unknown.map(|entry| entry.join("\t") + "\n").collect();
    let stale = reviewed
        .iter()
        .filter(|(entry, may_go)| !**may_go && !found.contains(*entry));
    let stale: String = stale.map(|(entry, _)| entry.join("\t") + "\n").collect();
    assert!(
        unknown.is_empty(),
        "command, element, ours and theirs:\n{unknown}"
    );
    assert!(
        stale.is_empty(),
        "these are no differences any more:\n{stale}"
    );
    assert!(ours.len() > 60, "all families were compared");
}

#[test]
fn replies_have_the_shapes_of_the_reference() {
    let mut reference = Reference::start();
    for words in [
        &["COMMAND", "INFO", "get", "nope", "get|x", "debug"][..],
        &["COMMAND", "GETKEYS", "mset", "a", "1", "b", "2"],
        &["COMMAND", "GETKEYSANDFLAGS", "set", "k", "v", "get"],
        &["COMMAND", "LIST", "FILTERBY", "ACLCAT", "nope"],
        &["COMMAND", "LIST", "FILTERBY", "PATTERN", "GETE*"],
    ] {
        assert_eq!(ask_ours(words), reference.ask(words), "{words:?}");
    }
}

//! Clients that mean harm, or are broken, against the real binary with 3 shards: whatever they do, the server stays up,
//! bounded in memory, and answers others within a second.
//!
//! `DARTER` names the binary (else the one beside this test). `HOSTILE_CLIENTS` is how many connections stay silent (fewer
//! if the limit for descriptors forbids), `HOSTILE_BYTES` how much the flooding clients send or ask for.

#![allow(
    clippy::print_stdout,
    reason = "figures are for whoever runs it by hand"
)]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use darter_tests::real::{Client, Reply, Server};
use engine::random::Random;

/// What every other client is promised here.
const PROMPTLY: Duration = Duration::from_secs(1);
/// A server has closed a connection, or done whatever else is waited for, by then.
const PATIENCE: Duration = Duration::from_secs(15);
const MIB: u64 = 1 << 20;
/// Bytes that a flooding client sends or asks for when nobody says otherwise.
const FLOOD: u64 = 96 * MIB;

/// One test at a time, because each measures.
static ALONE: Mutex<()> = Mutex::new(());

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| {
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

/// Runs `test` against a server, which must be well afterwards.
fn against(test: impl FnOnce(&Server, &mut Client)) {
    let _alone = ALONE.lock().unwrap_or_else(|broken| broken.into_inner());
    let mut server = Server::start(3);
    let mut other = Client::connect(server.address()).expect("the server accepts connections");
    test(&server, &mut other);
    assert!(server.is_alive(), "the server ended");
    served_promptly(&mut other);
    served_promptly(&mut Client::connect(server.address()).expect("it still accepts connections"));
}

/// Asks something of all shards. Returns how long the server took.
fn served_promptly(client: &mut Client) -> Duration {
    let start = Instant::now();
    client
        .queue("PING")
        .queue("MSET a 1 b 2 c 3 d 4")
        .queue("DBSIZE");
    let replies = client.flush().expect("the server answers");
    let took = start.elapsed();
    assert_eq!(replies[0], Reply::Simple("PONG".into()));
    assert!(
        replies[1].is_ok() && replies[2].number() >= Some(4),
        "{replies:?}"
    );
    assert!(took < PROMPTLY, "another client waited {took:?}");
    took
}

fn set(client: &mut Client, name: &str, value: &str) {
    client.queue_words(&["CONFIG", "SET", name, value]);
    let replies = client.flush().expect("the server answers");
    assert!(replies[0].is_ok(), "{name}: {replies:?}");
}

fn raw(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server accepts connections");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a timeout is allowed");
    stream
        .set_write_timeout(Some(PATIENCE))
        .expect("a timeout is allowed");
    stream
}

/// What comes until the server closes the connection.
fn until_closed(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    match stream.read_to_end(&mut received) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the server does not close the connection: {error}"),
    }
    String::from_utf8_lossy(&received).into_owned()
}

/// Sends `bytes` of `pattern` or as many as the server takes before it closes the connection. Returns how many.
fn flood(stream: &mut TcpStream, pattern: &[u8], bytes: u64) -> u64 {
    let mut sent = 0;
    while sent < bytes {
        match stream.write(pattern) {
            Ok(len) => sent += len as u64,
            Err(error) => {
                let closed = matches!(
                    error.kind(),
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
                );
                assert!(closed, "after {sent} bytes: {error}");
                break;
            }
        }
    }
    sent
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what} does not come about");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A line of INFO's section.
fn info(client: &mut Client, section: &str, name: &str) -> u64 {
    match client
        .ask(&format!("INFO {section}"))
        .expect("the server answers")
    {
        Reply::Bulk(Some(text)) => String::from_utf8_lossy(&text)
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.parse().ok())
            .unwrap_or_else(|| panic!("no {name} in INFO {section}")),
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "starts the server"]
fn silent_connections_keep_nobody_waiting() {
    against(|server, other| {
        let wanted = number("HOSTILE_CLIENTS", 10_000);
        let served = info(other, "clients", "maxclients");
        if served < wanted + 100 {
            set(other, "maxclients", &(wanted + 100).to_string());
        }
        let (mut silent, mut slowest, before) = (Vec::new(), Duration::ZERO, server.resident());
        while (silent.len() as u64) < wanted {
            match TcpStream::connect(server.address()) {
                Ok(stream) => silent.push(stream),
                // EMFILE: this process has no more descriptors.
                Err(error) if error.raw_os_error() == Some(24) => {
                    silent.truncate(silent.len() - 10);
                    break;
                }
                Err(error) => panic!("connection {}: {error}", silent.len()),
            }
            if silent.len() % 500 == 0 {
                slowest = slowest.max(served_promptly(other));
            }
        }
        assert!(silent.len() >= 500, "only {} connections", silent.len());
        wait_until("that all are counted", || {
            info(other, "clients", "connected_clients") >= silent.len() as u64
        });
        (0..100).for_each(|_| slowest = slowest.max(served_promptly(other)));
        println!(
            "{} of {wanted} silent connections, {} bytes each, another client waited {slowest:?} at most",
            silent.len(),
            server.resident().saturating_sub(before) / silent.len() as u64
        );
        drop(silent);
        wait_until("that all are gone", || {
            info(other, "clients", "connected_clients") < 20
        });
    });
}

#[test]
#[ignore = "starts the server"]
fn a_line_without_end_is_refused() {
    against(|server, other| {
        let before = server.resident();
        let mut stream = raw(server.address());
        let sent = flood(&mut stream, &[b'x'; 4096], number("HOSTILE_BYTES", FLOOD));
        served_promptly(other);
        println!("the server took at most {sent} bytes of a line");
        assert!(sent < 32 * MIB, "it was let to send {sent} bytes");
        assert!(server.resident() < before + 64 * MIB);
        // Just beyond the limit, so that the error is not lost with what was sent behind it.
        let mut stream = raw(server.address());
        stream
            .write_all(&vec![b'x'; (64 << 10) + 1])
            .expect("the server reads");
        let text = until_closed(&mut stream);
        assert_eq!(text, "-ERR Protocol error: too big inline request\r\n");
    });
}

#[test]
#[ignore = "starts the server"]
fn announcements_reserve_no_memory() {
    against(|server, other| {
        for (request, error) in [
            ("*2147483648\r\n", "invalid multibulk length"),
            ("*1\r\n$536870913\r\n", "invalid bulk length"),
            ("*1\r\n$-1\r\n", "invalid bulk length"),
            ("*1\r\n+OK\r\n", "expected '$', got '+'"),
        ] {
            let mut stream = raw(server.address());
            stream
                .write_all(request.as_bytes())
                .expect("the server reads");
            let text = until_closed(&mut stream);
            assert_eq!(text, format!("-ERR Protocol error: {error}\r\n"));
        }
        let before = server.resident();
        let mut streams: Vec<_> = (0..40).map(|_| raw(server.address())).collect();
        for (index, stream) in streams.iter_mut().enumerate() {
            let request: &[u8] = if index % 2 == 0 {
                b"*2147483647\r\n$3\r\nSET\r\n"
            } else {
                b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n"
            };
            stream.write_all(request).expect("the server reads");
        }
        for _ in 0..20 {
            streams
                .iter_mut()
                .for_each(|stream| stream.write_all(b"x").expect("the server reads"));
            served_promptly(other);
            std::thread::sleep(Duration::from_millis(5));
        }
        let grown = server.resident().saturating_sub(before);
        println!("20 arrays and 20 values of 512 MiB announced: {grown} bytes");
        assert!(grown < 64 * MIB, "{grown} bytes for nothing");
    });
}

#[test]
#[ignore = "starts the server"]
fn a_request_beyond_the_query_buffer_is_cut_off() {
    against(|server, other| {
        let bytes = number("HOSTILE_BYTES", FLOOD);
        let limit = if bytes >= 1 << 30 { 1 << 30 } else { 4 * MIB };
        set(other, "proto-max-bulk-len", &(bytes + MIB).to_string());
        set(other, "client-query-buffer-limit", &limit.to_string());
        let before = server.resident();
        let mut stream = raw(server.address());
        write!(stream, "*2\r\n$4\r\nECHO\r\n${bytes}\r\n").expect("the server reads");
        let sent = flood(&mut stream, &vec![b'x'; 1 << 16], bytes);
        println!("limit {limit}, {sent} of {bytes} bytes were taken");
        assert_eq!(until_closed(&mut stream), "");
        wait_until("that it is counted", || {
            info(other, "stats", "client_query_buffer_limit_disconnections") == 1
        });
        served_promptly(other);
        wait_until("that its memory is given back", || {
            server.resident() < before + 64 * MIB
        });
    });
}

/// Asks for `bytes` of replies and never reads. Returns the connection.
fn ask_and_never_read(server: &Server, other: &mut Client, bytes: u64) -> TcpStream {
    let mut stream = raw(server.address());
    stream
        .set_nonblocking(true)
        .expect("a socket may be non-blocking");
    let requests = b"*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n".repeat((bytes / MIB) as usize);
    let (mut sent, end) = (0, Instant::now() + Duration::from_secs(2));
    while sent < requests.len() && Instant::now() < end {
        match stream.write(&requests[sent..]) {
            Ok(len) => sent += len,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                served_promptly(other);
            }
            // It was closed already.
            Err(_) => break,
        }
    }
    stream
}

fn store_a_mebibyte(other: &mut Client) {
    let value = "x".repeat(MIB as usize);
    let replies = other
        .queue(&format!("SET big {value}"))
        .flush()
        .expect("the server answers");
    assert!(replies[0].is_ok());
}

#[test]
#[ignore = "starts the server"]
fn replies_that_nobody_reads_are_bounded() {
    against(|server, other| {
        store_a_mebibyte(other);
        let bytes = number("HOSTILE_BYTES", 2 * FLOOD);
        let before = server.resident();
        let stream = ask_and_never_read(server, other, bytes);
        let mut most = 0;
        for _ in 0..50 {
            served_promptly(other);
            most = most.max(server.resident().saturating_sub(before));
            std::thread::sleep(Duration::from_millis(20));
        }
        println!("{bytes} bytes of replies unread: the server grew by {most} bytes");
        assert!(most < 160 * MIB, "{most} bytes of replies are kept");
        drop(stream);
        wait_until("that its memory is given back", || {
            server.resident() < before + 64 * MIB
        });
    });
}

#[test]
#[ignore = "starts the server"]
fn who_reads_late_gets_everything() {
    against(|server, other| {
        store_a_mebibyte(other);
        let count = 2 * FLOOD / MIB;
        let mut stream = raw(server.address());
        let requests = b"*2\r\n$3\r\nGET\r\n$3\r\nbig\r\n".repeat(count as usize);
        stream.write_all(&requests).expect("requests are small");
        std::thread::sleep(Duration::from_millis(300));
        served_promptly(other);
        let reply = MIB + b"$1048576\r\n\r\n".len() as u64;
        // Deliberately no half end, because whoever closes its side is owed no replies by Redis either.
        let mut all = (&mut stream).take(count * reply);
        let received = std::io::copy(&mut all, &mut std::io::sink()).expect("replies");
        assert_eq!(received, count * reply);
    });
}

#[test]
#[ignore = "starts the server"]
fn an_output_limit_closes_who_never_reads() {
    against(|server, other| {
        store_a_mebibyte(other);
        set(other, "client-output-buffer-limit", "normal 8388608 0 0");
        let mut stream = ask_and_never_read(server, other, 2 * FLOOD);
        wait_until("that it is closed", || {
            info(other, "clients", "connected_clients") == 1
        });
        served_promptly(other);
        stream.set_nonblocking(false).expect("a socket may block");
        let received = until_closed(&mut stream).len() as u64;
        assert!(received < 2 * FLOOD, "it got everything");
    });
}

#[test]
#[ignore = "starts the server"]
fn ends_in_the_middle_leave_nothing_behind() {
    const REQUEST: &[u8] = b"*5\r\n$4\r\nMSET\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n";
    against(|server, other| {
        for round in 0..3 {
            for len in 0..REQUEST.len() {
                let mut stream = raw(server.address());
                stream.write_all(REQUEST).expect("the server reads");
                stream
                    .write_all(b"MULTI\r\nGET a\r\n")
                    .expect("the server reads");
                stream.write_all(&REQUEST[..len]).expect("the server reads");
                match round {
                    // Unread replies make this a reset.
                    0 => drop(stream),
                    1 => {
                        stream
                            .shutdown(Shutdown::Write)
                            .expect("an end may be half");
                        let text = until_closed(&mut stream);
                        assert!(text.starts_with("+OK\r\n+OK\r\n+QUEUED\r\n"), "{text:?}");
                    }
                    _ => stream
                        .shutdown(Shutdown::Both)
                        .expect("an end may be whole"),
                }
            }
            served_promptly(other);
        }
        wait_until("that all are gone", || {
            info(other, "clients", "connected_clients") == 1
        });
    });
}

#[test]
#[ignore = "starts the server"]
fn garbage_is_survived() {
    against(|server, other| {
        let mut random = Random::new(number("HOSTILE_SEED", 7));
        for round in 0..300 {
            let mut stream = raw(server.address());
            let mut bytes: Vec<u8> = (0..random.below(9000))
                .map(|_| random.next_u64() as u8)
                .collect();
            if round % 3 == 0 {
                bytes.splice(0..0, *b"*3\r\n$3\r\nSET\r\n$");
            }
            // The server may have closed it already.
            let _ = stream.write_all(&bytes);
            if round % 50 == 0 {
                served_promptly(other);
            }
        }
        wait_until("that all are gone", || {
            info(other, "clients", "connected_clients") == 1
        });
    });
}

//! Sockets of a core against the real kernel: pairs of unix sockets, one end adopted, the other in the test's hands.

use super::*;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// What was heard, without borrowed bytes.
#[derive(Debug, PartialEq, Eq)]
enum Heard {
    Accepted(ConnId),
    Received(ConnId, Vec<u8>),
    Ended(ConnId),
    Sent(ConnId, usize),
    Closed(ConnId, CloseReason),
}

impl From<NetEvent<'_>> for Heard {
    fn from(event: NetEvent<'_>) -> Self {
        match event {
            NetEvent::Accepted { conn, .. } => Heard::Accepted(conn),
            NetEvent::Received { conn, bytes } => Heard::Received(conn, bytes.to_vec()),
            NetEvent::Ended { conn } => Heard::Ended(conn),
            NetEvent::Sent { conn, buf, written } => {
                assert!(buf.is_empty() && buf.capacity() >= written);
                Heard::Sent(conn, written)
            }
            NetEvent::Closed { conn, reason } => Heard::Closed(conn, reason),
        }
    }
}

fn net() -> Net {
    Net::new(&NetConfig {
        entries: 16,
        ..NetConfig::default()
    })
    .unwrap()
}

fn adopted(net: &mut Net) -> (ConnId, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    (net.ops().adopt(OwnedFd::from(ours)), theirs)
}

/// Turns until nothing has happened for 30 ms.
fn listen_to(net: &mut Net) -> Vec<Heard> {
    let mut heard = Vec::new();
    loop {
        let until = Instant::now() + Duration::from_millis(30);
        let before = heard.len();
        let happened = net
            .turn(Wait::Until(Some(until)), &mut |_, event| {
                heard.push(event.into())
            })
            .unwrap();
        if happened == 0 && heard.len() == before {
            return heard;
        }
    }
}

/// All received bytes of `heard`, which must hold nothing else.
fn received(heard: Vec<Heard>) -> Vec<u8> {
    let bytes = heard.into_iter().flat_map(|heard| match heard {
        Heard::Received(_, bytes) => bytes,
        other => panic!("unexpected {other:?}"),
    });
    bytes.collect()
}

#[test]
fn bytes_go_both_ways() {
    let mut net = net();
    let (conn, mut peer) = adopted(&mut net);
    peer.write_all(b"hello").unwrap();
    assert_eq!(
        listen_to(&mut net),
        [Heard::Received(conn, b"hello".to_vec())]
    );
    net.ops().send(conn, b"one".to_vec());
    net.ops().send(conn, b"two".to_vec());
    net.ops().send(conn, Vec::new());
    assert_eq!(net.ops().unsent(conn), 6);
    assert_eq!(
        listen_to(&mut net),
        [Heard::Sent(conn, 3), Heard::Sent(conn, 3)]
    );
    let mut back = [0; 6];
    peer.read_exact(&mut back).unwrap();
    assert_eq!((&back, net.ops().unsent(conn)), (b"onetwo", 0));
    assert_eq!(
        net.ops().traffic(),
        Traffic {
            accepted: 0,
            received: 5,
            sent: 6
        }
    );
}

#[test]
fn a_turn_without_work_ends_in_time() {
    let mut net = net();
    let start = Instant::now();
    let until = start + Duration::from_millis(20);
    assert_eq!(
        net.turn(Wait::Until(Some(until)), &mut |_, _| {}).unwrap(),
        0
    );
    assert!(start.elapsed() >= Duration::from_millis(19));
    assert_eq!(net.turn(Wait::No, &mut |_, _| {}).unwrap(), 0);
}

#[test]
fn few_buffers_suffice_for_much() {
    let config = NetConfig {
        buffer_bytes: 64,
        buffers_first: 1,
        buffers_most: 4,
        ..NetConfig::default()
    };
    let mut net = Net::new(&config).unwrap();
    let (_, mut first) = adopted(&mut net);
    let (_, mut second) = adopted(&mut net);
    let text: Vec<u8> = (0..50_000u32).map(|at| at as u8).collect();
    first.write_all(&text).unwrap();
    second.write_all(&text).unwrap();
    let mut bytes = received(listen_to(&mut net));
    bytes.sort_unstable();
    let mut both = [text.clone(), text].concat();
    both.sort_unstable();
    assert!(bytes == both);
}

#[test]
fn a_paused_connection_does_not_receive() {
    let mut net = net();
    let (conn, mut peer) = adopted(&mut net);
    listen_to(&mut net);
    net.ops().pause_receive(conn);
    listen_to(&mut net);
    peer.write_all(b"later").unwrap();
    assert_eq!(listen_to(&mut net), []);
    net.ops().resume_receive(conn);
    assert_eq!(
        listen_to(&mut net),
        [Heard::Received(conn, b"later".to_vec())]
    );
    net.ops().pause_receive(conn);
    net.ops().resume_receive(conn);
    net.ops().pause_receive(conn);
    net.ops().resume_receive(conn);
    peer.write_all(b"again").unwrap();
    assert_eq!(
        listen_to(&mut net),
        [Heard::Received(conn, b"again".to_vec())]
    );
}

#[test]
fn a_place_is_taken_again_only_after_its_connection_was_reported_gone() {
    let mut net = net();
    let (first, _peer) = adopted(&mut net);
    net.ops().pause_receive(first);
    // Nothing of it is with the kernel after that, so it is gone at once when it is closed.
    assert_eq!(listen_to(&mut net), []);
    assert_eq!(listen_to(&mut net), []);
    net.ops().close(first);
    let (second, _other) = adopted(&mut net);
    assert_ne!(second.index(), first.index());
    assert_eq!(
        listen_to(&mut net),
        [Heard::Closed(first, CloseReason::Asked)]
    );
    let (third, _another) = adopted(&mut net);
    assert_eq!(third.index(), first.index());
}

#[test]
fn a_connection_closes_once_and_its_id_is_stale() {
    let mut net = net();
    let (conn, mut peer) = adopted(&mut net);
    listen_to(&mut net);
    peer.write_all(b"too late").unwrap();
    net.ops().close(conn);
    net.ops().close(conn);
    assert_eq!(
        listen_to(&mut net),
        [Heard::Closed(conn, CloseReason::Asked)]
    );
    assert_eq!(net.ops().connections(), 0);
    let (next, mut other) = adopted(&mut net);
    assert_eq!(next.index(), conn.index());
    net.ops().send(conn, b"lost".to_vec());
    net.ops().pause_receive(conn);
    net.ops().close_after_send(conn);
    net.ops().close(conn);
    assert!(net.ops().fd(conn).is_none() && net.ops().unsent(conn) == 0);
    other.write_all(b"alive").unwrap();
    assert_eq!(
        listen_to(&mut net),
        [Heard::Received(next, b"alive".to_vec())]
    );
}

#[test]
fn closing_in_the_callback_stops_further_events() {
    let mut net = net();
    let (conn, mut peer) = adopted(&mut net);
    peer.write_all(&[7; 40_000]).unwrap();
    let mut heard: Vec<Heard> = Vec::new();
    for _ in 0..3 {
        let until = Some(Instant::now() + Duration::from_millis(50));
        net.turn(Wait::Until(until), &mut |ops, event| {
            ops.close(conn);
            heard.push(event.into());
        })
        .unwrap();
    }
    assert!(
        matches!(
            &heard[..],
            [Heard::Received(..), Heard::Closed(_, CloseReason::Asked)]
        ),
        "{heard:?}"
    );
}

#[test]
fn an_ended_stream_can_still_be_answered() {
    let mut net = net();
    let (conn, mut peer) = adopted(&mut net);
    peer.write_all(b"question").unwrap();
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(
        listen_to(&mut net),
        [
            Heard::Received(conn, b"question".to_vec()),
            Heard::Ended(conn)
        ]
    );
    net.ops().send(conn, b"answer".to_vec());
    net.ops().close_after_send(conn);
    net.ops().send(conn, b"not this".to_vec());
    assert_eq!(
        listen_to(&mut net),
        [
            Heard::Sent(conn, 6),
            Heard::Closed(conn, CloseReason::Finished)
        ]
    );
    let mut text = String::new();
    peer.read_to_string(&mut text).unwrap();
    assert_eq!(text, "answer");
}

#[test]
fn a_broken_peer_is_reported() {
    let mut net = net();
    let (conn, peer) = adopted(&mut net);
    listen_to(&mut net);
    drop(peer);
    net.ops().send(conn, vec![0; 100]);
    let heard = listen_to(&mut net);
    let end = Heard::Closed(conn, CloseReason::Broken(libc::EPIPE));
    assert_eq!(heard.last(), Some(&end));
    assert_eq!(
        heard
            .iter()
            .filter(|heard| matches!(heard, Heard::Closed(..)))
            .count(),
        1
    );
}

#[test]
fn finishing_waits_for_a_slow_reader() {
    let mut net = net();
    let (conn, mut peer) = adopted(&mut net);
    net.ops().send(conn, vec![1; 3_000_000]);
    net.ops().send(conn, vec![2; 1_000_000]);
    net.ops().close_after_send(conn);
    assert_eq!(listen_to(&mut net), []);
    assert!(net.ops().unsent(conn) > 3_000_000);
    let reader = std::thread::spawn(move || {
        let mut all = Vec::new();
        peer.read_to_end(&mut all).unwrap();
        all
    });
    let mut heard = listen_to(&mut net);
    while !matches!(heard.last(), Some(Heard::Closed(..))) {
        heard.extend(listen_to(&mut net));
    }
    assert_eq!(heard.len(), 3);
    let all = reader.join().unwrap();
    assert_eq!(
        (all.len(), all[2_999_999], all[3_000_000]),
        (4_000_000, 1, 2)
    );
}

/// A prompt send that succeeds is silent: what waits for its end must not wait for somebody else's event.
#[test]
fn what_waits_for_a_send_does_not_wait_for_strangers() {
    const LONG: usize = 4_000_000;
    let mut net = net();
    for round in 0..50 {
        let (conn, mut peer) = adopted(&mut net);
        net.ops().pause_receive(conn);
        net.ops().send(conn, vec![1; LONG]);
        net.ops().send(conn, vec![2; 1 + 1000 * round]);
        net.ops().send(conn, vec![3; 1 + 1000 * round]);
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            peer.read_to_end(&mut all).unwrap();
            all.len()
        });
        let mut sent = 0;
        let until = Instant::now() + Duration::from_secs(5);
        while sent < 3 {
            net.turn(Wait::Until(Some(until)), &mut |_, event| {
                sent += usize::from(matches!(event, NetEvent::Sent { .. }));
            })
            .unwrap();
            assert!(Instant::now() < until, "round {round} stands still");
        }
        net.ops().close(conn);
        listen_to(&mut net);
        assert_eq!(reader.join().unwrap(), LONG + 2 + 2000 * round);
    }
}

#[test]
fn closing_drops_what_the_peer_never_reads() {
    let mut net = net();
    let (conn, _peer) = adopted(&mut net);
    net.ops().send(conn, vec![1; 3_000_000]);
    assert_eq!(listen_to(&mut net), []);
    net.ops().close(conn);
    assert_eq!(
        listen_to(&mut net),
        [Heard::Closed(conn, CloseReason::Asked)]
    );
}

#[test]
fn more_operations_than_entries_are_passed_on() {
    let mut net = net();
    let pairs: Vec<(ConnId, UnixStream)> = (0..300).map(|_| adopted(&mut net)).collect();
    for (index, (conn, _)) in pairs.iter().enumerate() {
        net.ops().send(*conn, index.to_string().into_bytes());
    }
    assert_eq!(listen_to(&mut net).len(), 300);
    for (index, (_, mut peer)) in pairs.into_iter().enumerate() {
        let mut text = [0; 8];
        let count = peer.read(&mut text).unwrap();
        assert_eq!(&text[..count], index.to_string().as_bytes());
    }
}

#[test]
fn a_listener_accepts_until_it_is_told_not_to() {
    let mut net = net();
    let socket = socket::open_tcp(([127, 0, 0, 1], 0).into(), 1, 16)
        .unwrap()
        .remove(0);
    let copy = std::net::TcpListener::from(socket.try_clone().unwrap());
    let addr = copy.local_addr().unwrap();
    drop(copy);
    let listener = net.ops().listen(socket, ListenerKind::Tcp);
    let first = std::net::TcpStream::connect(addr).unwrap();
    let mut peers = Vec::new();
    let until = Some(Instant::now() + Duration::from_secs(5));
    net.turn(Wait::Until(until), &mut |ops, event| {
        let NetEvent::Accepted {
            listener: by,
            conn,
            peer,
            local,
        } = event
        else {
            return;
        };
        assert_eq!((by, &local), (listener, &PeerAddr::Inet(addr)));
        let nodelay = rustix::net::sockopt::tcp_nodelay(ops.fd(conn).unwrap()).unwrap();
        assert!(nodelay, "a connection inherits from its listener");
        peers.push(peer);
    })
    .unwrap();
    assert_eq!(peers, [PeerAddr::Inet(first.local_addr().unwrap())]);
    net.ops().unlisten(listener);
    net.ops().unlisten(listener);
    listen_to(&mut net);
    assert!(std::net::TcpStream::connect(addr).is_err());
    assert_eq!(net.ops().connections(), 1);
}

#[test]
fn dropping_everything_at_work_is_quick_and_clean() {
    let mut net = net();
    let (conn, mut peer) = adopted(&mut net);
    net.ops().send(conn, vec![1; 3_000_000]);
    peer.write_all(b"unread").unwrap();
    net.turn(Wait::No, &mut |_, _| {}).unwrap();
    let start = Instant::now();
    drop(net);
    assert!(start.elapsed() < Duration::from_millis(500));
    let mut rest = Vec::new();
    // A reset after the bytes that were on their way is as good as an end.
    let _ = peer.read_to_end(&mut rest);
    assert!(rest.len() < 3_000_000);
}

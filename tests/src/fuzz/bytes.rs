//! Bytes that are nearly requests, sent whole and in pieces.
//!
//! What must hold: replies are whole elements, and where the pieces end changes neither them nor whether the connection
//! stays open.

use engine::random::Random;
use server::config::settings::Settings;

use super::whole_elements;
use crate::hand_driven::HandDriven;

const REQUESTS: &[&[u8]] = &[
    b"*1\r\n$4\r\nPING\r\n",
    b"*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n",
    b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nsome\r\nvalue!\r\n",
    b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n",
    b"*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n",
    b"PING\r\n",
    b"SET k \"a \\x00 b\"\r\n",
    b"ECHO 'it\\'s'\n",
    b"\r\n",
    b"*0\r\n",
    b"*-1\r\n",
];

const SPLINTERS: &[&[u8]] = &[
    b"\r\n",
    b"\n",
    b"\r",
    b"$-1\r\n",
    b"*2147483648\r\n",
    b"*2147483647\r\n",
    b"$536870913\r\n",
    b"$536870912\r\n",
    b"$",
    b"*",
    b"\"",
    b"'",
    b"\0",
    b"-",
    b"99999999999999999999",
    b"*1\r\n$0\r\n\r\n",
    b"POST / HTTP/1.1\r\n",
    b"+OK\r\n",
    b"\xff",
];

/// Makes requests of `seed`, breaks them, and sends them to two servers of 3 shards, to one of them in pieces. Returns
/// how many replies came.
///
/// # Panics
/// If a server panics or breaks a rule.
pub fn same_in_pieces(seed: u64) -> usize {
    let mut random = Random::new(seed);
    let bytes = broken_requests(&mut random);
    let (whole, whole_open) = replies(&[&bytes]);
    let (in_pieces, pieces_open) = replies(&pieces(&mut random, &bytes));
    let elements = whole_elements(&whole);
    assert!(
        elements.is_ok() && whole == in_pieces && whole_open == pieces_open,
        "seed {seed}: \"{}\" is answered\n  {}, open: {whole_open}; in pieces\n  {}, open: {pieces_open}",
        bytes.escape_ascii(),
        whole.escape_ascii(),
        in_pieces.escape_ascii()
    );
    elements.map_or(0, |elements| elements.count)
}

fn broken_requests(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..1 + random.below(12) {
        bytes.extend_from_slice(REQUESTS[random.below(REQUESTS.len() as u64) as usize]);
    }
    for _ in 0..random.below(6) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let until = (at + random.below(6) as usize).min(bytes.len());
        let splinter = SPLINTERS[random.below(SPLINTERS.len() as u64) as usize];
        match random.below(6) {
            0 => drop(bytes.splice(at..until, splinter.iter().copied())),
            1 => drop(bytes.splice(at..at, splinter.iter().copied())),
            2 => drop(bytes.drain(at..until)),
            3 => bytes[at..until]
                .iter_mut()
                .for_each(|byte| *byte = random.next_u64() as u8),
            4 => bytes[at..until]
                .iter_mut()
                .for_each(|byte| *byte ^= 1 << random.below(8)),
            _ => bytes.extend_from_within(at..until),
        }
    }
    bytes
}

fn pieces<'b>(random: &mut Random, bytes: &'b [u8]) -> Vec<&'b [u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let len = (1 + random.below(20) as usize).min(rest.len());
        let (piece, behind) = rest.split_at(len);
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// What a fresh server answers, and whether it leaves the connection open.
fn replies(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
    let mut server = HandDriven::new(3, Settings::default());
    let client = server.connect();
    for piece in pieces {
        server.send(client, piece);
        server.settle();
    }
    (server.take_received(client), server.is_open(client))
}

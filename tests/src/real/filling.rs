//! Random keys of all types and encodings, made by ordinary commands.

use engine::random::Random;

use super::client::{Client, Reply};

/// Sends a command and takes its reply.
///
/// # Panics
/// If there is none.
pub fn say(client: &mut Client, words: &[&[u8]]) -> Reply {
    let replies = client.queue_words(words).flush();
    let mut replies = replies.expect("the server answers");
    replies.pop().expect("one command has one reply")
}

/// The bytes of a string.
///
/// # Panics
/// If it is none.
pub fn bytes(reply: Reply) -> Vec<u8> {
    match reply {
        Reply::Bulk(Some(bytes)) => bytes,
        Reply::Simple(text) => text.into_bytes(),
        other => panic!("no string: {other}"),
    }
}

/// Draws one word of a command.
type Part = fn(&mut Random) -> Vec<u8>;

/// A number, a short word, any bytes, or what compresses well.
fn word(random: &mut Random) -> Vec<u8> {
    let length = random.below(40) as usize;
    match random.below(6) {
        0 => (random.below(600) as i64 - 300).to_string().into_bytes(),
        1 => (random.next_u64() as i64).to_string().into_bytes(),
        2 => (0..length).map(|_| random.next_u64() as u8).collect(),
        3 => b"ab".repeat(length * 8),
        _ => format!("word-{}", random.below(100_000)).into_bytes(),
    }
}

fn integer(random: &mut Random) -> Vec<u8> {
    let number = random.next_u64() as i64 >> (random.below(8) * 8);
    number.to_string().into_bytes()
}

fn score(random: &mut Random) -> Vec<u8> {
    match random.below(5) {
        0 => b"inf".to_vec(),
        1 => b"-inf".to_vec(),
        2 => format!("{:e}", random.unit()).into_bytes(),
        _ => random.below(50).to_string().into_bytes(),
    }
}

/// Makes a key of a random type, of random elements.
///
/// # Panics
/// If the server refuses that.
pub fn fill(client: &mut Client, key: &[u8], random: &mut Random) {
    let count = [1, 3, 20, 130, 600][random.below(5) as usize];
    let (name, parts): (&[u8], &[Part]) = match random.below(7) {
        0 => (b"SET", &[word]),
        1 => (b"RPUSH", &[word]),
        2 => (b"HSET", &[word, word]),
        3 => (b"SADD", &[word]),
        4 => (b"SADD", &[integer]),
        5 => (b"ZADD", &[score, word]),
        _ => return fill_stream(client, key, count.min(130), random),
    };
    let rounds = if name == b"SET" { 1 } else { count };
    let words: Vec<Vec<u8>> = (0..rounds)
        .flat_map(|_| parts)
        .map(|part| part(random))
        .collect();
    let words = words.iter().map(Vec::as_slice);
    let words: Vec<&[u8]> = [name, key].into_iter().chain(words).collect();
    let reply = say(client, &words);
    assert!(!matches!(reply, Reply::Error(_)), "{reply}");
    if name == b"RPUSH" && random.below(4) == 0 {
        say(client, &[b"LPUSH", key, &[b'l'; 70_000]]);
    }
}

fn fill_stream(client: &mut Client, key: &[u8], count: u64, random: &mut Random) {
    let mut ids = Vec::new();
    for _ in 0..count {
        let (field, value) = (word(random), word(random));
        let field: &[u8] = if random.below(4) == 0 { &field } else { b"f" };
        ids.push(bytes(say(client, &[b"XADD", key, b"*", field, &value])));
    }
    for group in [b"one".as_slice(), b"other"] {
        say(client, &[b"XGROUP", b"CREATE", key, group, b"0"]);
        for _ in 0..random.below(4) {
            let consumer = [b'c', b'0' + random.below(3) as u8];
            let most = (1 + random.below(20)).to_string();
            let head: [&[u8]; 4] = [b"XREADGROUP", b"GROUP", group, &consumer];
            let tail: [&[u8]; 5] = [b"COUNT", most.as_bytes(), b"STREAMS", key, b">"];
            say(client, &[&head[..], &tail[..]].concat());
        }
    }
    let any = &ids[random.below(ids.len() as u64) as usize];
    say(client, &[b"XACK", key, b"one", any]);
    if random.below(2) == 0 {
        say(client, &[b"XDEL", key, any]);
    }
}

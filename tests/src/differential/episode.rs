//! A row of random calls to empty servers, and the circumstances under which they are made.

use std::fmt;

use engine::random::Random;

use super::call::Call;
use super::pool::Pool;
use super::promise::Promise;
use super::repertoire::{Group, Repertoire, Row};
use super::state;

/// Random calls of an episode; looks at the state come on top.
const CALLS: usize = 2500;
/// Random calls between two looks at everything.
const LOOK: usize = 1200;

/// What fields, members and elements look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Members {
    Integers,
    Words,
    Mixed,
    Long,
}

/// See the top of the file.
#[derive(Clone, Debug)]
pub(super) struct Episode {
    pub(super) seed: u64,
    pub(super) number: u64,
    pub(super) keys: Vec<Vec<u8>>,
    /// Indexes of groups in the repertoire.
    groups: Vec<usize>,
    pub(super) members: Members,
    pub(super) member_count: u64,
    /// Most repetitions in a command.
    pub(super) bulk: u64,
    /// Of 100 keys so many are of any group.
    pub(super) strays: u64,
    /// Scores are integers that every version writes alike.
    pub(super) plain_scores: bool,
    /// SORT is among its commands, after which a sorted set has another encoding in Redis, for no reason of its own.
    pub(super) sorts: bool,
    /// Of 100 calls so many are spoiled.
    spoiled: u64,
    pub(super) protocol: u8,
    pub(super) settings: Vec<(&'static str, String)>,
}

impl fmt::Display for Episode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HELLO {}", self.protocol)?;
        self.settings
            .iter()
            .try_for_each(|(name, value)| write!(f, ", {name} {value}"))
    }
}

impl Episode {
    /// Episode `number` of a run with `seed`.
    pub(super) fn new(repertoire: &Repertoire, seed: u64, number: u64) -> Self {
        let mut random = Random::new(seed.wrapping_mul(1_000_003).wrapping_add(number));
        random.next_u64();
        let groups = groups(repertoire, &mut random);
        let few = groups.len() < 4;
        let key_count = if few {
            4 + random.below(4)
        } else {
            8 + random.below(14)
        };
        let members = [
            Members::Integers,
            Members::Words,
            Members::Mixed,
            Members::Long,
        ];
        let count = [6, 30, 30, 200, 1000][random.below(5) as usize];
        Episode {
            seed,
            number,
            keys: keys(key_count),
            sorts: groups
                .iter()
                .any(|group| repertoire.groups[*group].name == "sort"),
            groups,
            members: members[random.below(4) as usize],
            member_count: count,
            bulk: if count > 100 {
                1 + random.below(200)
            } else {
                1 + random.below(20)
            },
            strays: [1, 5, 20][random.below(3) as usize],
            plain_scores: random.below(3) == 0,
            spoiled: [0, 2, 6][random.below(3) as usize],
            protocol: if random.below(3) == 0 { 3 } else { 2 },
            settings: settings(&mut random),
        }
    }

    /// Its calls, the same at every call.
    pub(super) fn calls(&self, repertoire: &Repertoire) -> Vec<Call> {
        let mut writer = Writer {
            episode: self,
            repertoire,
            pool: Pool::new(self),
            random: Random::new(self.seed ^ self.number.rotate_left(40) ^ 0x5eed),
            calls: Vec::new(),
            database: 0,
        };
        let mut looked = 0;
        while writer.calls.len() < CALLS {
            writer.next();
            if writer.calls.len() - looked > LOOK {
                writer.look();
                looked = writer.calls.len();
            }
        }
        writer.look();
        writer.calls
    }

    #[cfg(test)]
    pub(super) fn for_tests() -> Self {
        Episode {
            seed: 1,
            number: 0,
            keys: keys(4),
            groups: vec![0],
            members: Members::Mixed,
            member_count: 30,
            bulk: 5,
            strays: 5,
            plain_scores: false,
            sorts: false,
            spoiled: 0,
            protocol: 2,
            settings: Vec::new(),
        }
    }
}

/// Some groups at once, or one or two of them with few keys, so that values grow.
fn groups(repertoire: &Repertoire, random: &mut Random) -> Vec<usize> {
    let alone: Vec<usize> = (0..repertoire.groups.len())
        .filter(|group| repertoire.groups[*group].alone)
        .collect();
    let social: Vec<usize> = (0..repertoire.groups.len())
        .filter(|group| !repertoire.groups[*group].alone)
        .collect();
    if social.is_empty() || !alone.is_empty() && random.below(4) == 0 {
        return vec![alone[random.below(alone.len() as u64) as usize]];
    }
    let mut any = || social[random.below(social.len() as u64) as usize];
    match any() % 3 {
        0 => social.clone(),
        1 => vec![any()],
        _ => {
            let mut two = vec![any(), any()];
            two.dedup();
            two
        }
    }
}

fn keys(count: u64) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = (0..count)
        .map(|number| format!("k{number}").into_bytes())
        .collect();
    // On the shard of `k1`; longer than fits anywhere beside an entry; and no text.
    keys[2] = b"{k1}b".to_vec();
    if count > 6 {
        keys[5] = b"key:with:a:name:of:more:than:sixty-four:bytes:which:is:rather:long".to_vec();
        keys[6] = b"k\x00\xff \r\n".to_vec();
    }
    keys
}

fn settings(random: &mut Random) -> Vec<(&'static str, String)> {
    let choices: &[(&'static str, &[&str])] = &[
        ("hash-max-listpack-entries", &["128", "128", "4", "0"]),
        ("hash-max-listpack-value", &["64", "64", "8"]),
        ("list-max-listpack-size", &["-2", "-2", "4", "1", "-1"]),
        ("list-compress-depth", &["0", "0", "1"]),
        ("set-max-intset-entries", &["512", "512", "4", "0"]),
        ("set-max-listpack-entries", &["128", "128", "4", "0"]),
        ("set-max-listpack-value", &["64", "64", "8"]),
        ("zset-max-listpack-entries", &["128", "128", "4", "0"]),
        ("zset-max-listpack-value", &["64", "64", "8"]),
        ("hll-sparse-max-bytes", &["3000", "3000", "40", "0"]),
        ("stream-node-max-bytes", &["4096", "4096", "200", "0"]),
        ("stream-node-max-entries", &["100", "100", "3", "0"]),
        ("proto-max-bulk-len", &["1048576"]),
    ];
    let usual = random.below(2) == 0;
    let mut pick = |values: &[&str]| match usual {
        true => values[0].to_owned(),
        false => values[random.below(values.len() as u64) as usize].to_owned(),
    };
    choices
        .iter()
        .map(|(name, values)| (*name, pick(values)))
        .collect()
}

struct Writer<'e> {
    episode: &'e Episode,
    repertoire: &'e Repertoire,
    pool: Pool<'e>,
    random: Random,
    calls: Vec<Call>,
    /// Selected by the calls so far.
    database: usize,
}

impl Writer<'_> {
    fn look(&mut self) {
        let has = |name: &str| self.repertoire.has(name);
        self.calls
            .extend(state::calls(self.episode, self.database, &has));
    }

    fn next(&mut self) {
        match self.random.below(200) {
            0..=3 => self.transaction(),
            4 => {
                self.database = self.random.below(2) as usize;
                self.calls
                    .push(Call::plain(&format!("SELECT {}", self.database)));
            }
            _ => {
                let calls = self.random_calls(false);
                self.calls.extend(calls);
            }
        }
    }

    /// A call, and those that it needs behind it.
    fn random_calls(&mut self, queued: bool) -> Vec<Call> {
        loop {
            let place = self.random.below(self.episode.groups.len() as u64) as usize;
            let group = &self.repertoire.groups[self.episode.groups[place]];
            let row = self.row(group);
            if queued && !row.in_transactions() || !queued && row.only_in_transactions() {
                continue;
            }
            let affine =
                (0..self.episode.keys.len()).filter(|key| key % self.episode.groups.len() == place);
            self.pool.prefer(if group.name == "generic" {
                Vec::new()
            } else {
                affine.collect()
            });
            return self.of_row(row);
        }
    }

    fn row<'r>(&mut self, group: &'r Group) -> &'r Row {
        let mut left = self.random.below(group.weight);
        for row in &group.rows {
            match left.checked_sub(row.weight) {
                Some(less) => left = less,
                None => return row,
            }
        }
        &group.rows[0]
    }

    fn of_row(&mut self, row: &Row) -> Vec<Call> {
        let mut words = row.template.line(&mut self.pool, &mut self.random);
        if row.may_be_spoiled() && self.random.below(100) < self.episode.spoiled {
            self.spoil(&mut words);
        }
        let mut calls = self.consumers(&words);
        let main = calls.len();
        calls.push(self.call(words, row.promise.clone()));
        if let Some(next) = row.next {
            let words = next.split(' ').map(|word| match word {
                "$" => calls[main].word(1).to_vec(),
                word => word.as_bytes().to_vec(),
            });
            let words = words.collect();
            calls.push(self.call(words, row.promise_of_next()));
        }
        calls
    }

    /// Makes the consumer that a command names: 7.2 always makes it, 7.0 only where there is something for it.
    fn consumers(&self, words: &[Vec<u8>]) -> Vec<Call> {
        let (keys, group, consumer) = match &words[0][..] {
            b"XREADGROUP" => {
                let streams = words.iter().position(|word| word == b"STREAMS");
                let keys = &words[streams.map_or(words.len(), |at| at + 1)..];
                (&keys[..keys.len() / 2], &words[2], &words[3])
            }
            b"XCLAIM" | b"XAUTOCLAIM" => (&words[1..2], &words[2], &words[3]),
            _ => return Vec::new(),
        };
        let create = |key: &Vec<u8>| {
            let start = ["XGROUP", "CREATECONSUMER"].map(|word| word.as_bytes().to_vec());
            let rest = [key, group, consumer].map(Vec::clone);
            self.call(start.into_iter().chain(rest).collect(), Promise::Exact)
        };
        keys.iter().map(create).collect()
    }

    fn call(&self, words: Vec<Vec<u8>>, promise: Promise) -> Call {
        let promise = match promise {
            Promise::Exact if self.episode.sorts && words[0] == b"OBJECT" => Promise::Success,
            promise => promise,
        };
        let mut keys = 0;
        for word in words.iter().skip(1) {
            if let Some(key) = self.episode.keys.iter().position(|key| key == word) {
                keys |= 1 << key;
            } else if word.starts_with(b"k*") {
                keys = u64::MAX;
            }
        }
        Call {
            words,
            keys,
            promise,
        }
    }

    /// A word is missing, too much, doubled or something else.
    fn spoil(&mut self, words: &mut Vec<Vec<u8>>) {
        const JUNK: [&str; 16] = [
            "",
            "0",
            "-1",
            "1",
            "3",
            "x",
            "1.5",
            "9223372036854775807",
            "-9223372036854775808",
            "LIMIT",
            "COUNT",
            "GET",
            "WITHSCORES",
            "nx",
            "(1",
            "9223372036854775808",
        ];
        let at = 1 + self.random.below(words.len() as u64) as usize;
        let junk = JUNK[self.random.below(16) as usize].as_bytes().to_vec();
        match self.random.below(4) {
            _ if at == words.len() => words.push(junk),
            0 => drop(words.remove(at)),
            1 => words.insert(at, junk),
            2 => words.insert(at, words[at].clone()),
            _ => words[at] = junk,
        }
    }

    /// MULTI, some calls, and an end; sometimes with a watched key that changes before, or an error on the way.
    fn transaction(&mut self) {
        if self.random.below(4) == 0 {
            let key = self.random.below(self.episode.keys.len() as u64) as usize;
            let mut watch = Call::plain("WATCH");
            watch.words.push(self.episode.keys[key].clone());
            self.calls.push(watch);
            let mut calls = self.random_calls(false);
            // A BITFIELD that only lengthens a string is a change that Redis keeps to itself.
            calls.retain(|call| call.name() != "BITFIELD");
            self.calls.extend(calls);
        }
        self.calls.push(Call::plain("MULTI"));
        let mut queued = Vec::new();
        for _ in 0..1 + self.random.below(6) {
            queued.extend(self.random_calls(true));
        }
        if self.random.below(20) == 0 {
            self.calls.push(Call::plain("NOSUCHCOMMAND a b"));
        }
        let keys = queued.iter().fold(0, |keys, call| keys | call.keys);
        self.calls.extend(queued);
        let mut end = Call::plain(if self.random.below(12) == 0 {
            "DISCARD"
        } else {
            "EXEC"
        });
        end.keys = keys;
        end.promise = Promise::Each;
        self.calls.push(end);
    }
}

//! The words that fill the holes of templates: few keys, and values that provoke conversions.
//!
//! Invariants:
//! - No word but a key is the name of a key, so that the keys of a command are found among its words.
//! - No moment is near: a key has expired when its command is sent, or does not before the run has ended.
//! - No score becomes -0, which Redis keeps in large sorted sets and not in small ones, and what is large depends on the
//!   version.
//! - No number is beyond what a double or 64 bits hold, where C reads it: Redis remembers it, and a later SORT takes it for its own.
//! - No word makes a server allocate more than about a MiB.

use engine::random::Random;

use super::episode::{Episode, Members};

/// Seconds of a moment in the year 2286 and of the width of the range behind it.
const FAR_SECONDS: u64 = 10_000_000_000;

macro_rules! holes {
    ($($hole:ident = $name:literal),* $(,)?) => {
        /// What a word stands for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Hole { $($hole),* }

        impl Hole {
            /// The hole that templates write as `<name>`.
            ///
            /// # Panics
            /// If there is none: templates are part of the program.
            pub(super) fn named(name: &str) -> Self {
                match name {
                    $($name => Hole::$hole,)*
                    _ => panic!("no hole <{name}>"),
                }
            }
        }
    };
}

holes! {
    Key = "key", Keys = "keys", CountedKeys = "nkeys", Weights = "weights",
    Value = "val", Int = "int", Float = "float", Index = "idx", Count = "count", Positive = "positive",
    BitOffset = "bitoff", ByteOffset = "byteoff", Bit = "bit", FieldType = "fieldtype", FieldOffset = "fieldoff",
    Member = "member", Field = "field", Pattern = "pattern", Type = "type", Database = "db",
    Score = "score", ScoreMin = "scoremin", ScoreMax = "scoremax", LexMin = "lexmin", LexMax = "lexmax",
    NewId = "newid",
    NextId = "nextid", Id = "id", IdMin = "idmin", IdMax = "idmax", Group = "group", Consumer = "consumer",
    Seconds = "secs", Millis = "ms", AtSeconds = "atsecs", AtMillis = "atms", PastMillis = "pastms",
    Longitude = "lon", Latitude = "lat", Distance = "dist", Unit = "unit",
    AllKeys = "allkeys", SortBy = "sortby", SortGet = "sortget", Small = "small",
}

/// See the top of the file. What is remembered between words makes options fit what stands before them.
pub(super) struct Pool<'e> {
    episode: &'e Episode,
    /// Keys of the group whose line is written.
    affine: Vec<usize>,
    /// Keys counted by the line's last `<nkeys>`.
    counted: usize,
    /// The milliseconds of the newest stream id.
    newest: u64,
}

impl<'e> Pool<'e> {
    /// The pool of `episode`.
    pub(super) fn new(episode: &'e Episode) -> Self {
        Pool {
            episode,
            affine: Vec::new(),
            counted: 0,
            newest: 5,
        }
    }

    /// Prefers the keys of the group with this number from here on.
    pub(super) fn prefer(&mut self, keys: Vec<usize>) {
        self.affine = keys;
    }

    /// A new line begins.
    pub(super) fn begin(&mut self) {
        self.counted = 1;
    }

    /// How often something is said that may be said several times.
    pub(super) fn repetitions(&self, random: &mut Random) -> u64 {
        match random.below(16) {
            0..=8 => 1,
            9..=11 => 2 + random.below(2),
            12..=14 => 1 + random.below(8),
            _ => 1 + random.below(self.episode.bulk),
        }
    }

    /// Appends the word or words for `hole`.
    pub(super) fn fill(&mut self, hole: Hole, random: &mut Random, words: &mut Vec<Vec<u8>>) {
        let word = match hole {
            Hole::AllKeys => return words.extend_from_slice(&self.episode.keys),
            Hole::Keys => return self.keys(1 + random.below(4), random, words),
            Hole::CountedKeys => {
                let count = 1 + random.below(3);
                self.counted = count as usize;
                let said = if random.below(40) == 0 {
                    random.below(4)
                } else {
                    count
                };
                words.push(said.to_string().into_bytes());
                return self.keys(count, random, words);
            }
            Hole::Weights => {
                for _ in 0..self.counted {
                    let weight = pick(random, &["1", "2", "0.5", "3", "10"]);
                    words.push(weight.into());
                }
                return;
            }
            _ => self.word(hole, random),
        };
        words.push(word);
    }

    fn keys(&self, count: u64, random: &mut Random, words: &mut Vec<Vec<u8>>) {
        for _ in 0..count {
            words.push(self.key(random));
        }
    }

    fn key(&self, random: &mut Random) -> Vec<u8> {
        let keys = &self.episode.keys;
        let index = if self.affine.is_empty() || random.below(100) < self.episode.strays {
            random.below(keys.len() as u64) as usize
        } else {
            self.affine[random.below(self.affine.len() as u64) as usize]
        };
        keys[index].clone()
    }

    fn word(&mut self, hole: Hole, random: &mut Random) -> Vec<u8> {
        let number = |number: u64| number.to_string().into_bytes();
        match hole {
            Hole::Key => self.key(random),
            Hole::Value => value(random),
            Hole::Int => integer(random),
            Hole::Float => float(random),
            Hole::Index => index(random),
            Hole::Count => number(match random.below(12) {
                0 => 0,
                1 => 1000,
                2..=4 => random.below(200),
                _ => random.below(8),
            }),
            Hole::Positive => {
                let most = if random.below(8) == 0 { 300 } else { 8 };
                number(1 + random.below(most))
            }
            Hole::Small => number(random.below(4)),
            Hole::BitOffset => match random.below(20) {
                0 => pick(random, &["4294967296", "-1", "x"]).into(),
                1 | 2 => number(random.below(40_000)),
                _ => number(random.below(100)),
            },
            Hole::ByteOffset => match random.below(20) {
                0 => pick(random, &["536870912", "-1", "x", "2097152"]).into(),
                1 | 2 => number(random.below(3000)),
                _ => number(random.below(70)),
            },
            Hole::Bit => match random.below(30) {
                0 => b"2".to_vec(),
                bit => number(bit & 1),
            },
            Hole::FieldType => match random.below(20) {
                0 => pick(random, &["u64", "i0", "u0", "i65", "x8", "u"]).into(),
                1 => b"i64".to_vec(),
                2 => b"u63".to_vec(),
                kind => format!("{}{}", ["u", "i"][kind as usize & 1], 1 + random.below(20))
                    .into_bytes(),
            },
            Hole::FieldOffset => match random.below(20) {
                0 => pick(random, &["-1", "#-1", "x", "#"]).into(),
                1..=8 => format!("#{}", random.below(20)).into_bytes(),
                _ => number(random.below(200)),
            },
            Hole::Member | Hole::Field => self.member(random),
            Hole::Pattern => pick(
                random,
                &[
                    "*", "m*", "?", "k?", "*1*", "[0-9]*", "[^a-z]*", "nothing", "k[1-3]", "\\*",
                    "*e*",
                ],
            )
            .into(),
            Hole::Type => pick(
                random,
                &["string", "list", "hash", "set", "zset", "stream", "ZSET"],
            )
            .into(),
            Hole::Database => number(random.below(2)),
            Hole::Score => self.score(random),
            Hole::ScoreMin | Hole::ScoreMax => match random.below(12) {
                0 | 1 => if hole == Hole::ScoreMin {
                    "-inf"
                } else {
                    "+inf"
                }
                .into(),
                2 => b"(inf".to_vec(),
                3..=5 => [b"(".to_vec(), self.score(random)].concat(),
                6 if random.below(4) == 0 => pick(random, &["x", "(x", "", "nan", "("]).into(),
                _ => self.score(random),
            },
            Hole::LexMin | Hole::LexMax => match random.below(12) {
                0 | 1 => if hole == Hole::LexMin { "-" } else { "+" }.into(),
                2 => pick(random, &["+", "-", "x", "", "(", "["]).into(),
                kind => [if kind < 7 { b"[" } else { b"(" }, &self.member(random)[..]].concat(),
            },
            Hole::NewId => self.new_id(random),
            Hole::NextId => {
                self.newest += 1 + random.below(3);
                number(self.newest)
            }
            Hole::Id => self.id(random),
            Hole::IdMin | Hole::IdMax => match random.below(10) {
                0..=2 => if hole == Hole::IdMin { "-" } else { "+" }.into(),
                3 => [b"(".to_vec(), self.id(random)].concat(),
                4 => pick(
                    random,
                    &[
                        "+",
                        "-",
                        "x",
                        "(-",
                        "1-2-3",
                        "(18446744073709551615-18446744073709551615",
                    ],
                )
                .into(),
                _ => self.id(random),
            },
            Hole::Group => pick(random, &["g1", "g1", "g2", "g3"]).into(),
            Hole::Consumer => pick(random, &["alice", "bob", "bob", "carol"]).into(),
            Hole::Seconds => match random.below(20) {
                0 => pick(
                    random,
                    &[
                        "0",
                        "-1",
                        "x",
                        "9223372036854775807",
                        "9223372036854775",
                        "-9223372036854775807",
                    ],
                )
                .into(),
                _ => number(100_000 + random.below(1_000_000_000)),
            },
            Hole::Millis => match random.below(20) {
                0 => pick(
                    random,
                    &[
                        "0",
                        "-1",
                        "1.5",
                        "9223372036854775807",
                        "-9223372036854775808",
                    ],
                )
                .into(),
                _ => number(100_000_000 + random.below(1_000_000_000_000)),
            },
            Hole::AtSeconds => match random.below(20) {
                0 => pick(
                    random,
                    &["0", "-1", "1", "x", "9223372036854775807", "1700000000"],
                )
                .into(),
                _ => number(FAR_SECONDS + random.below(3)),
            },
            Hole::AtMillis => match random.below(20) {
                0 => pick(
                    random,
                    &["0", "-1", "1", "x", "9223372036854775807", "1700000000000"],
                )
                .into(),
                _ => number(FAR_SECONDS * 1000 + random.below(3)),
            },
            Hole::PastMillis => pick(random, &["0", "1", "1000000", "1600000000000"]).into(),
            Hole::Longitude => coordinate(random, 180.0),
            Hole::Latitude => coordinate(random, 85.0),
            Hole::Distance => match random.below(12) {
                0 => pick(random, &["0", "-1", "x", "40000000", "inf"]).into(),
                _ => format!(
                    "{:.2}",
                    random.unit() * [2.0, 200.0, 20_000.0][random.below(3) as usize]
                )
                .into_bytes(),
            },
            Hole::Unit => pick(random, &["m", "km", "km", "km", "mi", "ft", "KM", "x"]).into(),
            Hole::SortBy => pick(random, &["k*", "k*->m1", "k*->f", "none*", "*", "k*->"]).into(),
            Hole::SortGet => pick(random, &["#", "k*", "k*->m1", "none*", "k*->f"]).into(),
            Hole::Keys | Hole::AllKeys | Hole::CountedKeys | Hole::Weights => Vec::new(),
        }
    }

    /// A field, a member or an element, of those that the episode has.
    fn member(&self, random: &mut Random) -> Vec<u8> {
        let number = random.below(self.episode.member_count);
        match self.episode.members {
            Members::Integers => match number % 16 {
                7 => (number as i64 * -70_000).to_string().into_bytes(),
                8 => (number as i64 * 5_000_000_000).to_string().into_bytes(),
                _ => number.to_string().into_bytes(),
            },
            Members::Words => format!("m{number}").into_bytes(),
            Members::Mixed => match number % 12 {
                0..=3 => number.to_string().into_bytes(),
                4 => format!("{}", number as i64 * -1_000_000_007).into_bytes(),
                5 => format!("{:m<w$}", number, w = 60 + (number % 8) as usize).into_bytes(),
                6 if number == 6 => Vec::new(),
                7 => format!("{number}.5").into_bytes(),
                8 => vec![0xff, 0, number as u8, b'\r', b'\n'],
                _ => format!("m{number}").into_bytes(),
            },
            Members::Long => {
                format!("m{number}-{}", "x".repeat((number % 7 * 40) as usize)).into_bytes()
            }
        }
    }

    fn score(&self, random: &mut Random) -> Vec<u8> {
        if self.episode.plain_scores {
            return (random.below(2000) as i64 - 1000).to_string().into_bytes();
        }
        match random.below(16) {
            0 => pick(
                random,
                &["inf", "-inf", "+inf", "Infinity", "1e308", "-1e308", "1e20"],
            )
            .into(),
            1 => pick(random, &["x", "nan", "", "0x10", " 1", "1 "]).into(),
            2..=5 => match format!("{:.3}", random.unit() * 100.0 - 50.0) {
                zero if zero == "-0.000" => b"0".to_vec(),
                score => score.into_bytes(),
            },
            // Whole, because near 2^50 two fractions may be the shortest, and versions choose among them by chance.
            6 => {
                let most = [1e9, 1e20, 1e24, 1e26][random.below(4) as usize];
                format!("{:.0}", (random.unit() - 0.5) * most).into_bytes()
            }
            _ => (random.below(20) as i64 - 5).to_string().into_bytes(),
        }
    }

    fn new_id(&mut self, random: &mut Random) -> Vec<u8> {
        match random.below(40) {
            0 => {
                return pick(random, &["0-0", "x", "1-x", "0", "-", "1-"]).into();
            }
            1 => return self.id(random),
            2..=10 => return format!("{}-*", self.newest).into_bytes(),
            _ => self.newest += 1 + random.below(3),
        }
        match random.below(4) {
            0 => format!("{}-{}", self.newest, random.below(5)).into_bytes(),
            _ => self.newest.to_string().into_bytes(),
        }
    }

    fn id(&self, random: &mut Random) -> Vec<u8> {
        let back = match random.below(4) {
            0 => self.newest,
            1 => 200,
            _ => 12,
        };
        let millis = self.newest.saturating_sub(random.below(back + 1));
        match random.below(4) {
            0 => format!("{millis}-{}", random.below(4)).into_bytes(),
            _ => millis.to_string().into_bytes(),
        }
    }
}

fn pick(random: &mut Random, from: &[&'static str]) -> &'static str {
    from[random.below(from.len() as u64) as usize]
}

fn integer(random: &mut Random) -> Vec<u8> {
    match random.below(16) {
        0 => pick(
            random,
            &[
                "9223372036854775807",
                "-9223372036854775808",
                "9223372036854775808",
                "4611686018427387904",
                "1.5",
                "x",
                "",
                "01",
                "+1",
                " 1",
                "-0",
            ],
        )
        .into(),
        1 | 2 => (random.next_u64() as i64 >> random.below(63))
            .to_string()
            .into_bytes(),
        _ => (random.below(200) as i64 - 60).to_string().into_bytes(),
    }
}

fn float(random: &mut Random) -> Vec<u8> {
    match random.below(16) {
        0 => pick(
            random,
            &[
                "inf", "-inf", "nan", "1e308", "x", "", "0x1p3", " 1", "1e-7", "3.0e3", "-0",
            ],
        )
        .into(),
        1..=6 => format!("{:.3}", random.unit() * 200.0 - 100.0).into_bytes(),
        7 => format!("{}e{}", random.below(100), random.below(12)).into_bytes(),
        _ => (random.below(100) as i64 - 50).to_string().into_bytes(),
    }
}

fn index(random: &mut Random) -> Vec<u8> {
    match random.below(30) {
        0 => pick(
            random,
            &[
                "x",
                "9223372036854775807",
                "-9223372036854775808",
                "1.0",
                "99999999999999999999",
            ],
        )
        .into(),
        1..=4 => (random.below(300) as i64 - 150).to_string().into_bytes(),
        5..=9 => b"-1".to_vec(),
        10..=14 => b"0".to_vec(),
        _ => (random.below(20) as i64 - 8).to_string().into_bytes(),
    }
}

fn coordinate(random: &mut Random, most: f64) -> Vec<u8> {
    match random.below(60) {
        0 => pick(random, &["181", "-90", "x", "nan", "1e3"]).into(),
        1 => b"0".to_vec(),
        2..=20 => format!("{:.6}", random.unit() * most * 2.0 - most).into_bytes(),
        // Near each other, so that searches find some and not all.
        _ => format!("{:.6}", 10.0 + random.unit() * 4.0).into_bytes(),
    }
}

fn value(random: &mut Random) -> Vec<u8> {
    match random.below(20) {
        0 => Vec::new(),
        1..=5 => integer(random),
        6 | 7 => float(random),
        8 => "v".repeat(40 + random.below(10) as usize).into_bytes(),
        9 => "w".repeat(60 + random.below(10) as usize).into_bytes(),
        10 if random.below(8) == 0 => "big".repeat(random.below(3000) as usize).into_bytes(),
        10 => "big".repeat(random.below(100) as usize).into_bytes(),
        11 => (0..random.below(30))
            .map(|_| random.next_u64() as u8)
            .collect(),
        _ => {
            let letters = 1 + random.below(12);
            (0..letters).map(|_| b'a' + random.below(4) as u8).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_holes_have_words() {
        let episode = Episode::for_tests();
        let mut pool = Pool::new(&episode);
        let mut random = Random::new(1);
        let mut words = Vec::new();
        for _ in 0..100 {
            for name in [
                "nkeys", "weights", "val", "score", "newid", "lexmin", "lon", "member",
            ] {
                pool.fill(Hole::named(name), &mut random, &mut words);
            }
        }
        assert!(words.len() > 800);
    }
}

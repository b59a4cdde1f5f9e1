//! An episode: a fresh server of some shards is sent random command lines, in pipelines, from two clients in turn.
//!
//! What must hold:
//! - Every command gets one whole element of RESP, and no connection is closed.
//! - At the end every database has as many keys as it lists, and all it lists exist.
//! - The number of shards changes nothing about the data.

use engine::random::Random;
use engine::resp::elements::{array_elements, bulk, integer};
use engine::resp::reply::{Protocol, ReplyWriter};
use server::config::settings::Settings;
use server::config::topic::security::Allowed;

use super::{Lines, whole_elements};
use crate::hand_driven::{ClientId, HandDriven};

/// Commands of an episode.
const COMMANDS: u64 = 600;
/// Databases that are compared at the end, and used.
const DATABASES: usize = 2;

/// What was done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Commands that were sent, all servers together.
    pub commands: u64,
    /// Replies to them that were errors.
    pub errors: u64,
    /// Keys that were there at the end.
    pub keys: u64,
}

/// Plays the episode of `seed` to servers of 1 and 3 shards, and compares what they hold then.
///
/// # Panics
/// If a server breaks a rule, or panics itself. What was sent last is printed.
pub fn digests_agree(seed: u64) -> Figures {
    let mut one = Episode::new(seed, 1);
    let mut three = Episode::new(seed, 3);
    one.play();
    three.play();
    assert_eq!(
        one.digest(),
        three.digest(),
        "seed {seed}: servers of 1 and 3 shards hold different data"
    );
    Figures {
        commands: one.figures.commands + three.figures.commands,
        errors: one.figures.errors + three.figures.errors,
        keys: one.figures.keys + three.figures.keys,
    }
}

struct Episode {
    seed: u64,
    shards: u16,
    server: HandDriven,
    lines: Lines,
    figures: Figures,
    /// The last pipeline, for whoever looks for the mistake.
    sent: Vec<Vec<Vec<u8>>>,
}

impl Episode {
    fn new(seed: u64, shards: u16) -> Self {
        let mut settings = Settings::default();
        settings.security.enable_debug_command = Allowed::Yes;
        // So that a bit's offset makes a value of at most a MiB.
        settings.memory.proto_max_bulk_len = 1 << 20;
        Episode {
            seed,
            shards,
            server: HandDriven::new(shards, settings),
            lines: Lines::new(),
            figures: Figures::default(),
            sent: Vec::new(),
        }
    }

    fn play(&mut self) {
        let mut random = Random::new(self.seed);
        let clients = [self.server.connect(), self.server.connect()];
        while self.figures.commands < COMMANDS {
            let client = clients[random.below(2) as usize];
            self.sent = (0..1 + random.below(8))
                .map(|_| self.lines.line(&mut random))
                .collect();
            self.exchange(client);
            if random.below(8) == 0 {
                self.server.pass(random.below(300) as i64);
            }
        }
        // Whatever has expired by now is found without a client that asks.
        (0..20).for_each(|_| self.server.pass(100));
        self.check_counts();
    }

    fn exchange(&mut self, client: ClientId) {
        let guard = PrintUnlessForgotten(self);
        let received = guard.0.ask_all_of_it(client);
        let open = guard.0.server.is_open(client);
        let elements = whole_elements(&received);
        assert!(
            open && elements.is_ok_and(|elements| elements.count == guard.0.sent.len()),
            "open: {open}, {elements:?} in {}",
            received.escape_ascii()
        );
        std::mem::forget(guard);
        self.figures.commands += self.sent.len() as u64;
        self.figures.errors += elements.map_or(0, |elements| elements.errors as u64);
    }

    fn ask_all_of_it(&mut self, client: ClientId) -> Vec<u8> {
        let mut bytes = Vec::new();
        for words in &self.sent {
            let mut writer = ReplyWriter::new(&mut bytes, Protocol::Resp2);
            writer.array(words.len());
            words.iter().for_each(|word| writer.bulk(word));
        }
        self.server.send(client, &bytes);
        self.server.settle();
        self.server.take_received(client)
    }

    fn ask(&mut self, client: ClientId, words: &[&[u8]]) -> Vec<u8> {
        self.sent = vec![words.iter().map(|word| word.to_vec()).collect()];
        self.ask_all_of_it(client)
    }

    fn check_counts(&mut self) {
        let client = self.server.connect();
        for database in 0..DATABASES {
            self.ask(client, &[b"SELECT", database.to_string().as_bytes()]);
            let size = self.ask(client, &[b"DBSIZE"]);
            let listed = self.ask(client, &[b"KEYS", b"*"]);
            let keys: Vec<&[u8]> = array_elements(&listed)
                .into_iter()
                .filter_map(bulk)
                .collect();
            let found = keys.len() as i64;
            assert_eq!(
                integer(&size),
                Some(found),
                "seed {}, {} shards: DBSIZE",
                self.seed,
                self.shards
            );
            self.figures.keys += keys.len() as u64;
            if !keys.is_empty() {
                let words: Vec<&[u8]> = std::iter::once(&b"EXISTS"[..]).chain(keys).collect();
                let exist = integer(&self.ask(client, &words));
                assert_eq!(
                    exist,
                    Some(found),
                    "seed {}, {} shards: EXISTS",
                    self.seed,
                    self.shards
                );
            }
        }
    }

    fn digest(&mut self) -> Vec<u8> {
        let client = self.server.connect();
        self.ask(client, &[b"DEBUG", b"DIGEST"])
    }
}

/// Tells which commands a panic belongs to.
struct PrintUnlessForgotten<'e>(&'e mut Episode);

impl Drop for PrintUnlessForgotten<'_> {
    #[allow(
        clippy::print_stderr,
        reason = "a panic is under way; nobody else will tell"
    )]
    fn drop(&mut self) {
        let (seed, shards) = (self.0.seed, self.0.shards);
        eprintln!("seed {seed}, {shards} shards, in one of these:");
        for words in &self.0.sent {
            let words: Vec<String> = words
                .iter()
                .map(|word| format!("\"{}\"", word.escape_ascii()))
                .collect();
            eprintln!("  {}", words.join(" "));
        }
    }
}

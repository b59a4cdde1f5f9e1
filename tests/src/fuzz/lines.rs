//! Random command lines over every command that the engine runs. Names come from the table, option words from each
//! command's documented arguments; keys are few, so that commands meet the values of others.
//!
//! Invariant: no line makes a server big or slow: offsets are either below 4 KiB or beyond what
//! [`super::episode`]'s servers allow, because a generator that waits for `SETRANGE` finds little else.

use engine::command::spec::{Argument, ArgumentKind, Run};
use engine::command::table::{CommandId, table};
use engine::random::Random;

const KEYS: &[&[u8]] = &[
    b"a",
    b"b",
    b"c",
    b"{t}1",
    b"{t}2",
    b"key:with:a:name:of:more:than:thirty:two:bytes",
    b"",
    b"\x00\xff\r\n",
];

const NUMBERS: &[&[u8]] = &[
    b"0",
    b"1",
    b"2",
    b"3",
    b"7",
    b"8",
    b"63",
    b"64",
    b"100",
    b"1000",
    b"4000",
    b"-1",
    b"-2",
    b"-100",
    b"8388608",
    b"2147483647",
    b"-2147483648",
    b"4294967295",
    b"4294967296",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b"1700000001",
    b"1700000000500",
    b"00",
    b"+1",
    b" 1",
    b"1 ",
    b"-0",
    b"1.5",
    b"-3.25e2",
    b"1e308",
    b"inf",
    b"-inf",
    b"nan",
    b"0x10",
    b"3.0",
    b"1e-320",
    b"99999999999999999999999999",
];

const WORDS: &[&[u8]] = &[
    b"",
    b"*",
    b"a*",
    b"[a-",
    b"[^",
    b"\\",
    b"?",
    b"value",
    b"string",
    b"u8",
    b"i64",
    b"u63",
    b"u64",
    b"i0",
    b"#1",
    b"#9223372036854775807",
    b"BYTE",
    b"BIT",
    b"WRAP",
    b"SAT",
    b"FAIL",
    b"AND",
    b"NOT",
    b"XOR",
    b"\xff\xfe",
    b"ok\r\n+",
];

/// Commands of the server that change what the engine's commands mean. MULTI and EXEC stand here twice, so that
/// transactions come to their end.
const SESSION: &[&[&[u8]]] = &[
    &[b"MULTI"],
    &[b"MULTI"],
    &[b"EXEC"],
    &[b"EXEC"],
    &[b"DISCARD"],
    &[b"UNWATCH"],
    &[b"WATCH", b"a", b"b"],
    &[b"SELECT", b"0"],
    &[b"SELECT", b"1"],
    &[b"HELLO", b"3"],
    &[b"HELLO", b"2"],
];

/// One command it may choose.
struct Choice {
    /// The name, or the container's and the subcommand's.
    name: Vec<Vec<u8>>,
    /// The words its arity asks for.
    wants: usize,
    /// Words that introduce an argument.
    tokens: Vec<&'static [u8]>,
}

impl Choice {
    /// Whether a negative number makes it answer with as many elements, however few there are.
    fn draws(&self) -> bool {
        let name = self.name[0].as_slice();
        name.ends_with(b"randfield") || name.ends_with(b"randmember")
    }
}

/// Makes a count of more than some thousands one that a server gets over with.
fn draw_few(word: &mut Vec<u8>) {
    let number = std::str::from_utf8(word)
        .ok()
        .and_then(|text| text.parse::<i64>().ok());
    if number.is_some_and(|number| (i64::MIN + 1..-5000).contains(&number)) {
        *word = b"-100".to_vec();
    }
}

/// See the top of the file.
pub struct Lines {
    choices: Vec<Choice>,
}

impl Lines {
    /// Lines over the process's table, which must have been installed.
    pub fn new() -> Self {
        let choices = table()
            .ids()
            .filter(|id| is_wanted(*id))
            .map(choice)
            .collect();
        Lines { choices }
    }

    /// How many commands and subcommands it chooses from.
    pub fn commands(&self) -> usize {
        self.choices.len()
    }

    /// The words of one command.
    pub fn line(&self, random: &mut Random) -> Vec<Vec<u8>> {
        if random.below(16) == 0 {
            return pick(random, SESSION)
                .iter()
                .map(|word| word.to_vec())
                .collect();
        }
        let choice = &self.choices[random.below(self.choices.len() as u64) as usize];
        let mut words = choice.name.clone();
        let count = word_count(random, choice.wants, choice.tokens.len());
        while words.len() < count {
            words.push(argument(random, choice, words.len() - choice.name.len()));
        }
        if choice.draws() {
            words.iter_mut().for_each(draw_few);
        }
        words
    }
}

impl Default for Lines {
    fn default() -> Self {
        Lines::new()
    }
}

fn is_wanted(id: CommandId) -> bool {
    let row = table().row(id);
    // Deliberately no DEBUG POPULATE, which makes as many keys as it is told, and no switches for tests: without active
    // expiry the counts of keys differ, and rightly.
    let name = table().full_name(id);
    let unwanted = ["debug|populate", "debug|set-active-expire"].contains(&name);
    // Nor what waits: its client gets no reply. The simulation and the differential test play those.
    let has_reply = !matches!(row.run, Run::Session | Run::Blocking(_));
    !row.is_container() && has_reply && !unwanted
}

fn choice(id: CommandId) -> Choice {
    let row = table().row(id);
    let mut tokens = Vec::new();
    collect_tokens(row.docs.arguments, &mut tokens);
    Choice {
        name: table()
            .full_name(id)
            .split('|')
            .map(|word| word.as_bytes().to_vec())
            .collect(),
        wants: row.arity.signed().unsigned_abs() as usize,
        tokens,
    }
}

fn collect_tokens(arguments: &[Argument], tokens: &mut Vec<&'static [u8]>) {
    for argument in arguments {
        if !argument.token.is_empty() {
            tokens.push(argument.token.as_bytes());
        }
        if let ArgumentKind::OneOf(parts) | ArgumentKind::Block(parts) = argument.kind {
            collect_tokens(parts, tokens);
        }
    }
}

/// Mostly what the arity asks for and some options; sometimes too few words, or far more.
fn word_count(random: &mut Random, wants: usize, tokens: usize) -> usize {
    match random.below(32) {
        0 => random.below(wants as u64 + 1) as usize,
        1 => wants + random.below(40) as usize,
        2..=15 => wants + random.below(2 * tokens.min(4) as u64 + 2) as usize,
        _ => wants,
    }
}

fn argument(random: &mut Random, choice: &Choice, index: usize) -> Vec<u8> {
    // First arguments are mostly keys; behind them it is anybody's guess.
    let kind = random.below(if index == 0 { 40 } else { 16 });
    match kind {
        0 => pick(random, WORDS).to_vec(),
        1..=4 => pick(random, NUMBERS).to_vec(),
        5 => binary(random),
        6 => random.below(70).to_string().into_bytes(),
        7..=10 if !choice.tokens.is_empty() => {
            let token = pick(random, &choice.tokens);
            in_some_case(random, token)
        }
        7..=8 => pick(random, NUMBERS).to_vec(),
        _ => pick(random, KEYS).to_vec(),
    }
}

fn in_some_case(random: &mut Random, word: &[u8]) -> Vec<u8> {
    match random.below(2) {
        0 => word.to_ascii_lowercase(),
        _ => word.to_vec(),
    }
}

/// Any bytes: mostly few, sometimes more than fit beside an entry.
fn binary(random: &mut Random) -> Vec<u8> {
    let most = [4, 16, 64, 300][random.below(4) as usize];
    (0..random.below(most))
        .map(|_| random.next_u64() as u8)
        .collect()
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[random.below(from.len() as u64) as usize]
}

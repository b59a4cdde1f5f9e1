//! Runs commands on one shard in tests, and shows replies as they go over the wire.

use std::sync::OnceLock;

use super::keyspace_admin::{DEBUG_ROWS, MEMORY_ROWS};
use crate::command::args::OwnedArgs;
use crate::command::flags::{Acl, Flags};
use crate::command::spec::{Arity, Command, Docs, Join, Run};
use crate::command::table::CommandTable;
use crate::effect::log_form::LogForm;
use crate::key::placement::Placement;
use crate::keyspace::key::HashSeed;
use crate::limits::Limits;
use crate::order::plan::plan;
use crate::order::stamp::ShardId;
use crate::resp::reply::{Protocol, ReplyWriter};
use crate::shard::context::Caller;
use crate::shard::execute::execute;
use crate::shard::{DbIndex, Shard};
use crate::time::UnixMillis;

/// What the clock says unless a test sets it: a Saturday in 2024.
pub(crate) const NOW: UnixMillis = UnixMillis(1_711_800_000_000);
/// A second later.
pub(crate) const LATER: UnixMillis = UnixMillis(NOW.0 + 1000);

/// An empty shard.
pub(crate) fn shard() -> Shard {
    Shard::new(HashSeed(1), 2, Limits::default())
}

/// Runs `line`, whose words are parted by blanks and may be quoted with `"` (with the escapes `\xHH`, `\n`, `\r`, `\"` and
/// `\\`), and returns the reply with every CRLF as one blank, trimmed at the end.
pub(crate) fn run(shard: &mut Shard, line: &str) -> String {
    run_at(shard, NOW, Protocol::Resp2, line)
}

/// The same a second later.
pub(crate) fn run_later(shard: &mut Shard, line: &str) -> String {
    run_at(shard, LATER, Protocol::Resp2, line)
}

/// The same at another time or in another protocol.
pub(crate) fn run_at(shard: &mut Shard, now: UnixMillis, protocol: Protocol, line: &str) -> String {
    one_line(&run_words(shard, now, protocol, &words(line)))
}

/// The same in another database.
pub(crate) fn run_in(shard: &mut Shard, db: DbIndex, line: &str) -> String {
    one_line(&run_words_in(shard, db, NOW, Protocol::Resp2, &words(line)))
}

/// The same for a given caller.
pub(crate) fn run_for(shard: &mut Shard, caller: Caller, line: &str) -> String {
    let words = words(line);
    let args = words.as_args();
    let id = table().resolve(&args).expect("a command");
    let mut out = Vec::new();
    execute(
        shard,
        table().row(id),
        DbIndex(0),
        caller,
        NOW,
        &args,
        &mut out,
    );
    one_line(&out)
}

fn one_line(reply: &[u8]) -> String {
    String::from_utf8_lossy(reply)
        .replace("\r\n", " ")
        .trim_end()
        .to_owned()
}

/// Runs a command of any bytes and returns its reply.
pub(crate) fn run_words(
    shard: &mut Shard,
    now: UnixMillis,
    protocol: Protocol,
    words: &OwnedArgs,
) -> Vec<u8> {
    run_words_in(shard, DbIndex(0), now, protocol, words)
}

fn run_words_in(
    shard: &mut Shard,
    db: DbIndex,
    now: UnixMillis,
    protocol: Protocol,
    words: &OwnedArgs,
) -> Vec<u8> {
    let args = words.as_args();
    let mut out = Vec::new();
    let refused = match table().resolve(&args) {
        Ok(id) => {
            let command = table().row(id);
            run_command(shard, command, db, now, protocol, words, &mut out)
        }
        Err(error) => Err(error),
    };
    if let Err(error) = refused {
        ReplyWriter::new(&mut out, protocol).error(error.line());
    }
    out
}

fn run_command(
    shard: &mut Shard,
    command: &Command,
    db: DbIndex,
    now: UnixMillis,
    protocol: Protocol,
    words: &OwnedArgs,
    out: &mut Vec<u8>,
) -> Result<(), crate::command::error::CommandError> {
    let args = words.as_args();
    plan(command, &args, &Placement::even(1), ShardId(0))?;
    let caller = Caller {
        protocol,
        ..Caller::default()
    };
    execute(shard, command, db, caller, now, &args, out);
    if let Run::EveryShard {
        join: Join::With(join),
        ..
    } = command.run
        && out.first() != Some(&b'-')
    {
        let part = std::mem::take(out);
        join(&[&part], &mut ReplyWriter::new(out, protocol));
    }
    Ok(())
}

/// Also has the engine's part of the containers that the server puts together.
fn table() -> &'static CommandTable {
    static TABLE: OnceLock<CommandTable> = OnceLock::new();
    TABLE.get_or_init(|| CommandTable::new(super::families().chain([&MEMORY, &DEBUG])))
}

static MEMORY: Command = container("memory", MEMORY_ROWS);
static DEBUG: Command = container("debug", DEBUG_ROWS);

const fn container(name: &'static str, subcommands: &'static [&'static Command]) -> Command {
    Command {
        name,
        arity: Arity::AtLeast(2),
        flags: Flags::empty(),
        acl: Acl::empty(),
        keys: &[],
        tips: &[],
        docs: Docs::new(
            "server",
            "1.0.0",
            "Depends on the subcommand",
            "Holds subcommands",
        ),
        run: Run::Session,
        subcommands,
    }
}

/// Runs `line` and returns what it tells the log: `verbatim`, or the commands in its place joined by `; `. Empty when
/// nothing was written.
pub(crate) fn logged(shard: &mut Shard, line: &str) -> String {
    shard.log.is_read = true;
    let changes = shard.changes;
    run(shard, line);
    let (expired, form) = shard.log.take();
    shard.log.is_read = false;
    let show = |entry: &OwnedArgs| {
        entry
            .as_args()
            .iter()
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut entries: Vec<String> = expired.iter().map(|(_, words)| show(words)).collect();
    match form {
        LogForm::Verbatim if shard.changes == changes => {}
        LogForm::Verbatim => entries.push("verbatim".to_owned()),
        LogForm::Instead(commands) => entries.extend(commands.iter().map(show)),
    }
    entries.join("; ")
}

fn words(line: &str) -> OwnedArgs {
    let mut words = OwnedArgs::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let mut word = Vec::new();
        rest = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted, &mut word),
            None => {
                let end = rest.find(' ').unwrap_or(rest.len());
                word.extend_from_slice(&rest.as_bytes()[..end]);
                &rest[end..]
            }
        };
        words.push(&word);
        rest = rest.trim_start();
    }
    words
}

/// Reads up to the closing quote and returns what is behind it.
fn unquote<'a>(quoted: &'a str, word: &mut Vec<u8>) -> &'a str {
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return &quoted[at + 1..],
            '\\' => match chars.next().expect("an escape has two characters").1 {
                'x' => {
                    word.push(
                        u8::from_str_radix(&quoted[at + 2..at + 4], 16)
                            .expect("two hexadecimal digits"),
                    );
                    chars.next();
                    chars.next();
                }
                'n' => word.push(b'\n'),
                'r' => word.push(b'\r'),
                other => word.push(other as u8),
            },
            other => word.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    panic!("a quote stays open: {quoted}")
}

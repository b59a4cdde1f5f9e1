//! DEBUG: what tests and developers need. Refused unless `enable-debug-command` allows it.
//!
//! To clients it is one command that reads its words itself: COMMAND does not list its subcommands, and INFO counts
//! them under its name. What looks at data is the engine's.

mod append_only;
mod protocol;
mod reload;
mod replies;
mod sleep;
mod switches;
mod tables;

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::{Acl, Flags};
use engine::command::help::help;
use engine::command::spec::{Arity, Command, Docs, Run};
use engine::commands::keyspace_admin::DEBUG_ROWS;
use engine::resp::reply::ReplyWriter;

use super::{Answered, Family, SessionContext, joined};

/// This family.
pub const FAMILY: Family = Family {
    rows: &[&DEBUG],
    handlers: &[
        ("debug|aof-flush-sleep", append_only::flush_sleep),
        ("debug|change-repl-id", switches::change_replication_id),
        (
            "debug|config-rewrite-force-all",
            switches::rewrite_everything,
        ),
        ("debug|dict-resizing", switches::accept),
        ("debug|error", replies::error),
        ("debug|help", show_help),
        ("debug|htstats", tables::table_stats),
        ("debug|loadaof", append_only::load),
        ("debug|log", replies::log),
        ("debug|pause-cron", switches::pause_cron),
        ("debug|protocol", protocol::protocol),
        (
            "debug|quicklist-packed-threshold",
            switches::packed_threshold,
        ),
        ("debug|reload", reload::reload),
        ("debug|replybuffer", switches::reply_buffer),
        ("debug|set-disable-deny-scripts", switches::accept),
        (
            "debug|set-skip-checksum-validation",
            switches::skip_checksums,
        ),
        ("debug|sleep", sleep::sleep),
    ],
};

const FLAGS: Flags = Flags::ADMIN
    .union(Flags::NOSCRIPT)
    .union(Flags::LOADING)
    .union(Flags::STALE)
    .union(Flags::PROTECTED);

const fn row(name: &'static str, words: usize, summary: &'static str) -> Command {
    Command {
        name,
        arity: Arity::Exactly(words),
        flags: FLAGS.union(Flags::UNLISTED),
        acl: Acl::empty(),
        keys: &[],
        tips: &[],
        docs: Docs::new("server", "1.0.0", "O(1)", summary),
        run: Run::Session,
        subcommands: &[],
    }
}

const DEBUG: Command = Command {
    arity: Arity::AtLeast(2),
    flags: FLAGS,
    docs: Docs::new(
        "server",
        "1.0.0",
        "Depends on subcommand.",
        "Holds what tests and developers need",
    ),
    subcommands: &SUBCOMMANDS,
    ..row("debug", 2, "")
};

const OWN: &[&Command] = &[
    &row(
        "aof-flush-sleep",
        3,
        "Makes every write to the append-only file wait",
    ),
    &row("change-repl-id", 2, "Begins a new history of replication"),
    &row(
        "config-rewrite-force-all",
        2,
        "Writes all parameters to the configuration file",
    ),
    &row(
        "dict-resizing",
        3,
        "Taken, without an effect on these tables",
    ),
    &row("error", 3, "Answers with an error"),
    &row("help", 2, "Lists the subcommands"),
    &row("htstats", 3, "Tells of the tables of a database"),
    &row(
        "loadaof",
        2,
        "Loads the append-only file in place of what is there",
    ),
    &row("log", 3, "Writes a line to the log"),
    &row(
        "pause-cron",
        3,
        "Stops what the cores do without being asked",
    ),
    &row(
        "protocol",
        3,
        "Answers with an example of a type of replies",
    ),
    &row(
        "quicklist-packed-threshold",
        3,
        "Says how long an element of a list must be to get a node of its own",
    ),
    &Command {
        arity: Arity::AtLeast(2),
        ..row("reload", 2, "Saves all data and loads it again")
    },
    &row(
        "replybuffer",
        4,
        "Taken, as reply buffers here are not resized by time",
    ),
    &row(
        "set-disable-deny-scripts",
        3,
        "Taken, without an effect while there are no scripts",
    ),
    &row(
        "set-skip-checksum-validation",
        3,
        "Says whether RESTORE looks at checksums",
    ),
    &row("sleep", 3, "Stops all cores for some seconds"),
];
const SUBCOMMANDS: [&Command; OWN.len() + DEBUG_ROWS.len()] = joined(OWN, DEBUG_ROWS);

type Done = Result<Answered, CommandError>;

fn show_help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help(
        "DEBUG",
        &[
            "AOF-FLUSH-SLEEP <microseconds>",
            "    Makes every write to the append-only file wait so long.",
            "CHANGE-REPL-ID",
            "    Begins a new history of replication. Only for tests.",
            "CONFIG-REWRITE-FORCE-ALL",
            "    Like CONFIG REWRITE, with all parameters, also those that have their default.",
            "DICT-RESIZING <0|1>",
            "    Taken for the sake of tests. Tables here grow and shrink as they need.",
            "DIGEST",
            "    Answers with a checksum of all data.",
            "DIGEST-VALUE <key> [<key> ...]",
            "    Answers with a checksum of each value.",
            "ERROR <message>",
            "    Answers with this error.",
            "HTSTATS <dbid>",
            "    Tells of the tables of a database, core by core.",
            "LISTPACK <key>",
            "    Shows the bytes of a small collection, element by element.",
            "LOADAOF",
            "    Writes what is to be appended, and loads the append-only file in place of what is there.",
            "LOG <message>",
            "    Writes a line to the log.",
            "OBJECT <key>",
            "    Shows the inside of a value.",
            "PAUSE-CRON <0|1>",
            "    Stops what the cores do without being asked, such as expiring keys, or lets them go on.",
            "POPULATE <count> [<prefix>] [<size>]",
            "    Creates so many strings, named by the prefix (`key`) and a number, of this size.",
            "PROTOCOL <type>",
            "    Answers with an example of a type: string, integer, double, bignum, null, array, set, map,",
            "    attrib, push, verbatim, true, false.",
            "QUICKLIST-PACKED-THRESHOLD <size>",
            "    Gives elements of lists from this size on nodes of their own; 0 for those beyond list-max-listpack-size.",
            "RELOAD [NOSAVE] [NOFLUSH] [MERGE]",
            "    Writes a snapshot and loads it in place of what is there; each word leaves out a step, MERGE replaces keys",
            "    that are there already.",
            "REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|milliseconds>",
            "REPLYBUFFER RESIZING <0|1>",
            "    Taken for the sake of tests. Reply buffers here go back as soon as they are sent.",
            "SET-ACTIVE-EXPIRE <0|1>",
            "    Says whether expired keys go before anybody asks for them.",
            "SET-DISABLE-DENY-SCRIPTS <0|1>",
            "    Lets scripts call what is denied to them.",
            "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
            "    Lets RESTORE take payloads whatever their checksum.",
            "SLEEP <seconds>",
            "    Stops all cores for some seconds, which may be a fraction.",
            "STRINGMATCH-LEN <pattern> <string>",
            "    Says whether a pattern describes a text.",
        ],
        reply,
    );
    Ok(Answered::Now)
}

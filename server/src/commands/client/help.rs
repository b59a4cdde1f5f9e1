//! CLIENT HELP.

use engine::command::args::Args;
use engine::command::flags::Flags;
use engine::command::help;
use engine::command::spec::{Arity, Command, Docs};
use engine::resp::reply::ReplyWriter;

use super::{Done, row};
use crate::commands::{Answered, SessionContext};

/// CLIENT HELP
pub(super) const HELP: Command = row(
    "help",
    Arity::Exactly(2),
    Flags::LOADING.union(Flags::STALE).union(Flags::SENTINEL),
    Docs::new("connection", "5.0.0", "O(1)", "Lists the subcommands"),
);

const LINES: &[&str] = &[
    "CACHING (YES|NO)",
    "    Tells whether what the next command reads is to be tracked.",
    "GETNAME",
    "    Tells the name of this connection.",
    "GETREDIR",
    "    Tells the number of the connection that gets invalidation messages, -1 for none.",
    "ID",
    "    Tells the number of this connection.",
    "INFO",
    "    Describes this connection in one line.",
    "KILL <ip:port>",
    "    Closes the connection from this address.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Closes the connections that meet all conditions:",
    "    * ID <client-id>",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "    * USER <username>",
    "    * MAXAGE <seconds>: connected at least so long",
    "    * SKIPME (YES|NO): whether to spare this connection (default: YES)",
    "LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)|ID <client-id> [...]]",
    "    Describes connections, a line for each.",
    "NO-EVICT (ON|OFF)",
    "    Keeps this connection when clients use too much memory.",
    "NO-TOUCH (ON|OFF)",
    "    Lets reads of this connection leave the age of keys alone.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Lets all commands, or only writes, wait for so many milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Turns replies to this connection on or off, or leaves out the next one.",
    "SETINFO (LIB-NAME|LIB-VER) <value>",
    "    Tells which library the client uses.",
    "SETNAME <name>",
    "    Gives this connection a name.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Tells this connection when keys that it has read change, or stops telling it.",
    "TRACKINGINFO",
    "    Tells how this connection tracks what it reads.",
    "UNBLOCK <client-id> [TIMEOUT|ERROR]",
    "    Ends the wait of a blocked client.",
    "UNPAUSE",
    "    Ends a pause before its time.",
];

pub(super) fn help(_: &mut SessionContext<'_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    help::help("CLIENT", LINES, reply);
    Ok(Answered::Now)
}

//! `redis.call` and `redis.pcall`: a command, from the words on the stack to its reply.
//!
//! Invariant: what may not run from a script is refused before anything of it happens.

use std::ffi::c_int;

use engine::command::args::Args;
use engine::command::flags::Flags;
use engine::command::spec::Command;
use engine::command::table::{CommandId, table};
use engine::order::program::Called;
use engine::resp::reply::ReplyWriter;
use engine::shard::DbIndex;
use engine::shard::context::Caller;

use crate::commands::about::write_time;

use super::super::desk::{Desk, Pause};
use super::super::script::ScriptFlags;
use super::super::seat::Seat;
use super::super::stack::{Kind, Raised, Stack};
use super::super::to_lua::push_reply;

type Done = Result<c_int, Raised>;

const NO_WORDS: &str = "ERR Please specify at least one argument for this redis lib call";
const BAD_WORD: &str = "ERR Lua redis lib command arguments must be strings or integers";

/// `redis.call`: errors of the command are raised.
pub(super) fn call(stack: &Stack, seat: &mut Seat) -> Done {
    match run(stack, seat) {
        Ok(()) if seat.reply.first() == Some(&b'-') => Err(Raised::Top),
        Ok(()) => Ok(1),
        Err(line) => Err(Raised::Reply(line)),
    }
}

/// `redis.pcall`: they are returned.
pub(super) fn pcall(stack: &Stack, seat: &mut Seat) -> Done {
    if let Err(line) = run(stack, seat) {
        if let Some(why) = seat.ends {
            return Err(Raised::Reply(why));
        }
        stack.push_table(0, 2);
        stack.push_bytes(line.as_bytes());
        stack.set_field("err");
        stack.push_boolean(true);
        stack.set_field("ignore_error_stats_update");
    }
    Ok(1)
}

/// `redis.acl_check_cmd`: whether the caller may run a command.
pub(super) fn acl_check_cmd(stack: &Stack, seat: &mut Seat) -> Done {
    take_words(stack, seat).map_err(Raised::Reply)?;
    if find(&seat.words.as_args()).is_err() {
        return Err(Raised::Reply(
            "ERR Invalid command passed to redis.acl_check_cmd()",
        ));
    }
    stack.push_boolean(true);
    Ok(1)
}

/// Leaves the reply at the desk and its value on the stack. Errors: why it was refused.
fn run(stack: &Stack, seat: &mut Seat) -> Result<(), &'static str> {
    if let Some(why) = seat.ends {
        return Err(why);
    }
    if seat.yielder.is_null() {
        return Err("ERR redis.call/pcall can only be called inside a script invocation");
    }
    take_words(stack, seat)?;
    stack.truncate(0);
    let command = find(&seat.words.as_args())?;
    let row = table().row(command);
    seat.check(row)?;
    seat.calls.push(command);
    seat.reply.clear();
    if !answer_here(seat, row) {
        seat.run_on_ground(command);
        if let Some(why) = seat.ends {
            return Err(why);
        }
    }
    if push_reply(stack, &seat.reply).is_none() {
        return Err("ERR reached lua stack limit");
    }
    Ok(())
}

/// Takes the words of a command from the stack to the desk.
fn take_words(stack: &Stack, seat: &mut Seat) -> Result<(), &'static str> {
    let count = stack.len();
    if count == 0 {
        return Err(NO_WORDS);
    }
    seat.words.clear();
    for index in 1..=count {
        match stack.kind(index) {
            Kind::String => {
                let word = stack.bytes(index).unwrap_or_default();
                seat.words.push(word);
            }
            Kind::Number => push_number(seat, stack.number(index)),
            _ => return Err(BAD_WORD),
        }
    }
    Ok(())
}

fn push_number(seat: &mut Seat, number: f64) {
    const EXACT: f64 = 1e17;
    if number.trunc() == number && number.abs() < EXACT {
        let mut text = itoa::Buffer::new();
        seat.words.push(text.format(number as i64).as_bytes());
    } else {
        let text = engine::resp::double::precise_text(number);
        seat.words.push(text.as_bytes());
    }
}

fn find(args: &Args<'_>) -> Result<CommandId, &'static str> {
    let command = table().find_command(args);
    let command = command.ok_or("ERR Unknown Redis command called from script")?;
    if !table().row(command).arity.admits(args.len()) {
        return Err("ERR Wrong number of args calling Redis command from script");
    }
    Ok(command)
}

impl Desk {
    /// Whether the script may run a command. Notes whether it writes.
    fn check(&mut self, row: &Command) -> Result<(), &'static str> {
        if row.flags.contains(Flags::NOSCRIPT) {
            return Err("ERR This Redis command is not allowed from script");
        }
        if !row.flags.contains(Flags::WRITE) {
            return Ok(());
        }
        if self.is_read_only {
            return Err("ERR Write commands are not allowed from read-only scripts.");
        }
        if self.is_out_of_memory
            && !self.has_written
            && row.flags.contains(Flags::DENYOOM)
            && !self.flags.contains(ScriptFlags::ALLOW_OOM)
        {
            return Err("OOM command not allowed when used memory > 'maxmemory'.");
        }
        self.has_written = true;
        Ok(())
    }
}

impl Seat {
    /// Runs the command at the desk where it can be run, perhaps elsewhere. Its reply is at the desk then.
    fn run_on_ground(&mut self, command: CommandId) {
        let mut caller: Caller = self.caller;
        caller.protocol = self.protocol;
        caller.bound = Default::default();
        let Desk {
            ground,
            words,
            reply,
            db,
            ..
        } = &mut **self;
        // SAFETY: a script runs, so the ground is that of its turn, which its core lends until the script lets go.
        let called = match unsafe { ground.as_mut() } {
            Some(ground) => ground.call(command, *db, caller, &words.as_args(), reply),
            None => Called::Elsewhere,
        };
        if called == Called::Elsewhere {
            Desk::pause(self, Pause::Command(command));
        }
    }
}

/// Answers a command about the script itself. Returns whether it was one.
fn answer_here(seat: &mut Seat, row: &Command) -> bool {
    let protocol = seat.protocol;
    let Desk {
        words,
        reply,
        db,
        ground,
        ..
    } = &mut **seat;
    let args = words.as_args();
    let mut writer = ReplyWriter::new(reply, protocol);
    match row.name {
        "select" => {
            // SAFETY: as in `run_on_ground`.
            let databases =
                unsafe { ground.as_ref() }.map_or(1, |ground| ground.shard().limits.databases);
            match crate::commands::connection::select::database_number(args.at(1), databases) {
                Ok(DbIndex(number)) => {
                    *db = DbIndex(number);
                    writer.ok();
                }
                Err(error) => writer.error(error.line()),
            }
        }
        "ping" => match args.get(1) {
            Some(word) => writer.bulk(word),
            None => writer.simple("PONG"),
        },
        "echo" => writer.bulk(args.at(1)),
        "time" => write_time(&mut writer),
        _ => return false,
    }
    true
}

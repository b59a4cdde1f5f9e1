//! FUNCTION: the libraries of functions that the server knows.

use engine::command::args::Args;
use engine::command::error::{CommandError, printed};
use engine::command::help::help;
use engine::key::glob;
use engine::resp::reply::ReplyWriter;
use engine::shard::context::ShardContext;
use persistence::rdb::format::Version;
use persistence::rdb::functions_payload;

use super::check_flush_mode;
use super::script::end_busy;
use crate::commands::{Answered, SessionContext};
use crate::scripting::desk::Origin;
use crate::scripting::library::{Library, Restore};
use crate::scripting::script::FLAG_NAMES;

type Done = Result<Answered, CommandError>;
type Context<'c, 's> = &'c mut SessionContext<'s>;

pub(super) fn flush(
    context: Context<'_, '_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    if args.len() > 3 {
        return Err(CommandError::subcommand_syntax("FUNCTION", args.at(1)));
    }
    check_flush_mode(args, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option")?;
    context.core.process.libraries.flush();
    reply.ok();
    Ok(Answered::Now)
}

pub(super) fn load(context: Context<'_, '_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    let mut replaces = false;
    for at in 2..args.len() - 1 {
        if !args.is(at, "replace") {
            let word = printed(args.at(at));
            return Err(CommandError::with(format!(
                "ERR Unknown option given: {word}"
            )));
        }
        replaces = true;
    }
    let source = args.at(args.len() - 1);
    let library = context.core.scripting.borrow_mut().library(source)?;
    reply.bulk(&library.name);
    context.core.process.libraries.add(library, replaces)?;
    Ok(Answered::Now)
}

pub(super) fn delete(
    context: Context<'_, '_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    if !context.core.process.libraries.delete(args.at(2)) {
        return Err(CommandError::new("ERR Library not found"));
    }
    reply.ok();
    Ok(Answered::Now)
}

pub(super) fn dump(context: Context<'_, '_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    let libraries = context.core.process.libraries.list();
    let sources = libraries.iter().map(|library| &library.source[..]);
    let version = Version(context.core.settings.snapshot.rdb_version);
    reply.bulk(&functions_payload::dump(sources, version));
    Ok(Answered::Now)
}

pub(super) fn restore(
    context: Context<'_, '_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let policy = match args.len() {
        3 => Restore::Append,
        4 if args.is(3, "append") => Restore::Append,
        4 if args.is(3, "replace") => Restore::Replace,
        4 if args.is(3, "flush") => Restore::Flush,
        4 => {
            return Err(CommandError::new(
                "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.",
            ));
        }
        _ => return Err(CommandError::subcommand_syntax("FUNCTION", args.at(1))),
    };
    const WRONG: CommandError = CommandError::new("ERR DUMP payload version or checksum are wrong");
    let sources = functions_payload::read(args.at(2)).map_err(|_| WRONG)?;
    let sources = sources.ok_or(CommandError::new("ERR given type is not a function"))?;
    let mut pool = context.core.scripting.borrow_mut();
    let libraries = sources.iter().map(|source| pool.library(source));
    let libraries = libraries.collect::<Result<Vec<_>, _>>()?;
    context.core.process.libraries.restore(libraries, policy)?;
    reply.ok();
    Ok(Answered::Now)
}

pub(super) fn kill(context: Context<'_, '_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    end_busy(context, Origin::Function, reply)
}

pub(super) fn stats(context: Context<'_, '_>, _: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    let process = &context.core.process;
    reply.map(2);
    reply.bulk(b"running_script");
    match process.busy.running() {
        None => reply.null(),
        Some(running) => {
            reply.map(3);
            reply.bulk(b"name");
            reply.bulk(&running.name);
            reply.bulk(b"command");
            let words = running.words.as_args();
            reply.array(words.len());
            words.iter().for_each(|word| reply.bulk(word));
            reply.bulk(b"duration_ms");
            reply.integer(running.began.elapsed().as_millis() as i64);
        }
    }
    let (libraries, functions) = process.libraries.size();
    reply.bulk(b"engines");
    reply.map(1);
    reply.bulk(b"LUA");
    reply.map(2);
    reply.bulk(b"libraries_count");
    reply.count(libraries);
    reply.bulk(b"functions_count");
    reply.count(functions);
    Ok(Answered::Now)
}

pub(super) fn list(context: Context<'_, '_>, args: &Args<'_>, reply: &mut ReplyWriter<'_>) -> Done {
    let (mut pattern, mut has_code) = (None, false);
    let mut at = 2;
    while at < args.len() {
        if !has_code && args.is(at, "withcode") {
            has_code = true;
        } else if pattern.is_none() && args.is(at, "libraryname") {
            at += 1;
            let given = args.get(at);
            pattern =
                Some(given.ok_or(CommandError::new("ERR library name argument was not given"))?);
        } else {
            let word = printed(args.at(at));
            return Err(CommandError::with(format!("ERR Unknown argument {word}")));
        }
        at += 1;
    }
    let mut libraries = context.core.process.libraries.list();
    libraries.retain(|library| {
        pattern.is_none_or(|pattern| glob::matches(pattern, &library.name, glob::Case::Ignore))
    });
    reply.array(libraries.len());
    libraries
        .iter()
        .for_each(|library| write_library(library, has_code, reply));
    Ok(Answered::Now)
}

fn write_library(library: &Library, has_code: bool, reply: &mut ReplyWriter<'_>) {
    reply.map(if has_code { 4 } else { 3 });
    reply.bulk(b"library_name");
    reply.bulk(&library.name);
    reply.bulk(b"engine");
    reply.bulk(b"LUA");
    reply.bulk(b"functions");
    reply.array(library.functions.len());
    for function in &library.functions {
        reply.map(3);
        reply.bulk(b"name");
        reply.bulk(&function.name);
        reply.bulk(b"description");
        match &function.description {
            Some(description) => reply.bulk(description),
            None => reply.null(),
        }
        reply.bulk(b"flags");
        let named = FLAG_NAMES
            .iter()
            .filter(|(_, flag)| function.flags.contains(*flag));
        reply.set(named.clone().count());
        named.for_each(|(name, _)| reply.simple(name));
    }
    if has_code {
        reply.bulk(b"library_code");
        reply.bulk(&library.source);
    }
}

pub(super) fn show_help(
    _: &mut ShardContext<'_>,
    _: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    const LINES: [&str; 16] = [
        "LOAD [REPLACE] <FUNCTION CODE>",
        "    Adds a library.",
        "DELETE <LIBRARY NAME>",
        "    Deletes a library.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
        "    Lists libraries with their functions.",
        "STATS",
        "    Tells which function runs, and how many there are.",
        "KILL",
        "    Ends the function that runs, unless it has written.",
        "FLUSH [ASYNC|SYNC]",
        "    Deletes all libraries.",
        "DUMP",
        "    Hands out all libraries in one string.",
        "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
        "    Adds the libraries that were dumped.",
    ];
    help("FUNCTION", &LINES, reply);
    Ok(())
}

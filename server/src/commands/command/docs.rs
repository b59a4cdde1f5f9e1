//! COMMAND DOCS: what people want to know of a command, as maps.

use engine::command::args::Args;
use engine::command::spec::{Argument, ArgumentKind, Docs};
use engine::command::table::{CommandId, table};
use engine::resp::reply::ReplyWriter;

use super::describe::statuses;
use super::{Done, listed, subcommands};
use crate::commands::{Answered, SessionContext};

/// COMMAND DOCS [command-name ..]. Names that are not known are left out.
pub(super) fn docs(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    let names = args.skip(2);
    let commands: Vec<CommandId> = match names.is_empty() {
        true => table().top_level().collect(),
        false => names.iter().filter_map(listed).collect(),
    };
    explain_all(&commands, reply);
    Ok(Answered::Now)
}

fn explain_all(commands: &[CommandId], reply: &mut ReplyWriter<'_>) {
    reply.map(commands.len());
    for id in commands {
        reply.bulk(table().full_name(*id).as_bytes());
        explain(*id, reply);
    }
}

fn explain(id: CommandId, reply: &mut ReplyWriter<'_>) {
    let Docs {
        summary,
        since,
        group,
        complexity,
        arguments,
        history,
        deprecated,
    } = table().row(id).docs;
    let subcommands = subcommands(id);
    let optional = [
        !complexity.is_empty(),
        !history.is_empty(),
        !arguments.is_empty(),
        !subcommands.is_empty(),
    ];
    let pairs =
        3 + optional.iter().filter(|there| **there).count() + 3 * usize::from(deprecated.is_some());
    reply.map(pairs);
    text("summary", summary, reply);
    text("since", since, reply);
    text("group", group, reply);
    if !complexity.is_empty() {
        text("complexity", complexity, reply);
    }
    if let Some((version, replacement)) = deprecated {
        reply.bulk(b"doc_flags");
        statuses(&["deprecated"], reply);
        text("deprecated_since", version, reply);
        text("replaced_by", replacement, reply);
    }
    if !history.is_empty() {
        explain_history(history, reply);
    }
    if !arguments.is_empty() {
        explain_arguments(arguments, reply);
    }
    if !subcommands.is_empty() {
        reply.bulk(b"subcommands");
        explain_all(&subcommands, reply);
    }
}

fn explain_history(history: &[(&str, &str)], reply: &mut ReplyWriter<'_>) {
    reply.bulk(b"history");
    reply.set(history.len());
    for (version, change) in history {
        reply.array(2);
        reply.bulk(version.as_bytes());
        reply.bulk(change.as_bytes());
    }
}

fn explain_arguments(arguments: &[Argument], reply: &mut ReplyWriter<'_>) {
    reply.bulk(b"arguments");
    reply.array(arguments.len());
    arguments
        .iter()
        .for_each(|argument| explain_argument(argument, reply));
}

/// A leaf has a text to display, a key the number of its specification, and what holds others lists them.
fn explain_argument(argument: &Argument, reply: &mut ReplyWriter<'_>) {
    let (kind, key, parts) = kind_of(argument.kind);
    let flags: Vec<&str> = [
        (argument.optional, "optional"),
        (argument.multiple, "multiple"),
        (argument.multiple_token, "multiple_token"),
    ]
    .into_iter()
    .filter_map(|(is_set, name)| is_set.then_some(name))
    .collect();
    let extras = [key.is_some(), !argument.token.is_empty(), !flags.is_empty()];
    reply.map(3 + extras.iter().filter(|there| **there).count());
    text("name", argument.name, reply);
    text("type", kind, reply);
    if parts.is_none() {
        text("display_text", argument.name, reply);
    }
    if let Some(index) = key {
        reply.bulk(b"key_spec_index");
        reply.count(index);
    }
    if !argument.token.is_empty() {
        text("token", argument.token, reply);
    }
    if !flags.is_empty() {
        reply.bulk(b"flags");
        statuses(&flags, reply);
    }
    if let Some(parts) = parts {
        explain_arguments(parts, reply);
    }
}

/// Redis's name of a kind, the key specification of a key, and the parts.
fn kind_of(kind: ArgumentKind) -> (&'static str, Option<usize>, Option<&'static [Argument]>) {
    match kind {
        ArgumentKind::String => ("string", None, None),
        ArgumentKind::Integer => ("integer", None, None),
        ArgumentKind::Double => ("double", None, None),
        ArgumentKind::Key(spec) => ("key", Some(spec), None),
        ArgumentKind::Pattern => ("pattern", None, None),
        ArgumentKind::UnixTime => ("unix-time", None, None),
        ArgumentKind::PureToken => ("pure-token", None, None),
        ArgumentKind::OneOf(parts) => ("oneof", None, Some(parts)),
        ArgumentKind::Block(parts) => ("block", None, Some(parts)),
    }
}

fn text(name: &str, value: &str, reply: &mut ReplyWriter<'_>) {
    reply.bulk(name.as_bytes());
    reply.bulk(value.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::resp::elements::element_len;
    use engine::resp::reply::Protocol;

    #[test]
    fn docs_of_every_command_are_whole_in_both_protocols() {
        crate::commands::register();
        for protocol in [Protocol::Resp2, Protocol::Resp3] {
            for id in table().ids() {
                let mut bytes = Vec::new();
                explain(id, &mut ReplyWriter::new(&mut bytes, protocol));
                assert_eq!(
                    element_len(&bytes),
                    Some(bytes.len()),
                    "{}",
                    table().full_name(id)
                );
            }
        }
    }

    #[test]
    fn every_row_says_what_people_ask() {
        crate::commands::register();
        for id in table().ids() {
            let docs = table().row(id).docs;
            let name = table().full_name(id);
            assert!(
                !docs.summary.is_empty() && !docs.summary.ends_with('.'),
                "{name}"
            );
            assert!(
                docs.since.split('.').count() == 3 && !docs.group.is_empty(),
                "{name}"
            );
        }
    }
}

//! HSCAN: a walk over the fields of a hash in steps.

use super::reply_element;
use crate::command::args::Args;
use crate::command::error::CommandError;
use crate::command::flags::Acl;
use crate::command::spec::{Argument, Command, Docs};
use crate::commands::generic::scan_options::{
    COUNT, CURSOR, MATCH, ScanOptions, cursor, open_step, walk,
};
use crate::packed::element::Element;
use crate::resp::reply::ReplyWriter;
use crate::shard::context::ShardContext;
use crate::value::hash::Hash;

/// With so many buckets for each field that was asked for the step ends, however few fields were in them.
const STEPS_PER_FIELD: u64 = 10;

pub(super) const HSCAN: Command = walk(
    "hscan",
    Acl::HASH,
    Docs::new(
        "hash",
        "2.8.0",
        "O(1) for each call, O(N) for a whole walk over N fields",
        "Walks over the fields of a hash, some with each call",
    )
    .arguments(&[
        Argument::key(),
        CURSOR,
        MATCH,
        COUNT,
        Argument::word("novalues", "NOVALUES").optional(),
    ]),
    hscan,
);

fn hscan(
    context: &mut ShardContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Result<(), CommandError> {
    let mut next = cursor(args.at(2))?;
    let now = context.now();
    let Some(hash) = context.read_as::<Hash>(args.at(1))? else {
        open_step(0, 0, reply);
        return Ok(());
    };
    let (options, with_values) = ScanOptions::parse_for_fields(args, 3)?;
    let mut found = Vec::new();
    let (mut fields, mut seen) = (0, 0);
    for _ in 0..options.count.saturating_mul(STEPS_PER_FIELD) {
        next = hash.scan_step(next, now, &mut |name, value| {
            seen += 1;
            if name.with_bytes(|name| options.wants(name)) {
                fields += 1;
                append(&mut found, name);
                if with_values {
                    append(&mut found, value);
                }
            }
        });
        if next == 0 || seen >= options.count {
            break;
        }
    }
    let elements = if with_values { 2 * fields } else { fields };
    open_step(next, elements, reply);
    reply.raw(&found);
    Ok(())
}

/// Adds an element to replies whose number is not known yet. Bulk strings look the same in both protocols.
fn append(found: &mut Vec<u8>, element: Element<'_>) {
    reply_element(&mut ReplyWriter::new(found, Default::default()), element);
}

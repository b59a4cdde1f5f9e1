//! MEMORY STATS: what takes how much memory, as a map.

use engine::command::args::Args;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::SessionContext;
use crate::info::portion::{DatabasePortion, Portion};
use crate::info::ratio::part;
use crate::info::usage::Usage;

/// Pairs of the map beside those of the databases.
const PAIRS: usize = 27;

pub(super) fn stats(
    context: &mut SessionContext<'_>,
    _: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    Ok(context.ask_all(
        |core| Portion::of(core, false),
        |core, portions, reply| {
            let mut sum = Portion::default();
            portions.iter().for_each(|portion| sum.add(portion));
            write(&Usage::measure(&core.process, &sum), &sum, reply);
            Ok(())
        },
    ))
}

fn write(usage: &Usage, sum: &Portion, reply: &mut ReplyWriter<'_>) {
    let databases = sum
        .databases
        .iter()
        .enumerate()
        .filter(|(_, database)| database.keys > 0);
    reply.map(PAIRS + databases.clone().count());
    count("peak.allocated", usage.peak, reply);
    count("total.allocated", usage.used(), reply);
    count("startup.allocated", usage.start, reply);
    count("replication.backlog", 0, reply);
    count("clients.slaves", 0, reply);
    count("clients.normal", usage.clients, reply);
    for name in [
        "cluster.links",
        "aof.buffer",
        "lua.caches",
        "functions.caches",
    ] {
        count(name, 0, reply);
    }
    databases.for_each(|(number, database)| write_database(number, database, reply));
    count("overhead.total", usage.overhead(), reply);
    count("keys.count", sum.keys(), reply);
    let per_key = usage
        .used()
        .saturating_sub(usage.start)
        .checked_div(sum.keys())
        .unwrap_or(0);
    count("keys.bytes-per-key", per_key, reply);
    count("dataset.bytes", usage.dataset(), reply);
    ratio("dataset.percentage", usage.dataset_percent(), reply);
    ratio("peak.percentage", usage.peak_percent(), reply);
    let figures = usage.figures;
    count("allocator.allocated", figures.allocated, reply);
    count("allocator.active", figures.active, reply);
    count("allocator.resident", figures.resident, reply);
    stage(
        [
            "allocator-fragmentation.ratio",
            "allocator-fragmentation.bytes",
        ],
        figures.active,
        figures.allocated,
        reply,
    );
    stage(
        ["allocator-rss.ratio", "allocator-rss.bytes"],
        figures.resident,
        figures.active,
        reply,
    );
    stage(
        ["rss-overhead.ratio", "rss-overhead.bytes"],
        usage.rss,
        figures.resident,
        reply,
    );
    stage(
        ["fragmentation", "fragmentation.bytes"],
        usage.rss,
        usage.used(),
        reply,
    );
}

/// Expiries lie in the table's own entries, and slots need no list of their keys.
fn write_database(number: usize, database: &DatabasePortion, reply: &mut ReplyWriter<'_>) {
    reply.bulk(format!("db.{number}").as_bytes());
    reply.map(3);
    count("overhead.hashtable.main", database.table_bytes, reply);
    count("overhead.hashtable.expires", 0, reply);
    count("overhead.hashtable.slot-to-keys", 0, reply);
}

fn stage([name, bytes]: [&str; 2], more: usize, less: usize, reply: &mut ReplyWriter<'_>) {
    ratio(name, part(more, less), reply);
    reply.bulk(bytes.as_bytes());
    reply.integer(more as i64 - less as i64);
}

fn count(name: &str, value: usize, reply: &mut ReplyWriter<'_>) {
    reply.bulk(name.as_bytes());
    reply.count(value);
}

fn ratio(name: &str, value: f64, reply: &mut ReplyWriter<'_>) {
    reply.bulk(name.as_bytes());
    reply.double(value);
}

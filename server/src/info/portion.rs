//! What one core tells about itself. Portions add up to that of the whole server.

use std::collections::{BTreeMap, BTreeSet};

use engine::command::table::table;
use engine::shard::DbIndex;
use engine::shard::meter::{CommandTime, Spread};
use engine::shard::stats::ShardStats;
use engine::time::UnixMillis;

use super::cpu::CpuTime;
use crate::core::ServerCore;
use crate::core::statistics::{CommandCount, Statistics};
use crate::core::users::Denials;
use crate::pubsub::Kind;

/// Entries looked at for the mean time to live.
const TTL_SAMPLES: usize = 64;

/// What one database of a core, or of all cores, holds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DatabasePortion {
    /// Keys.
    pub(crate) keys: usize,
    /// Keys that expire.
    pub(crate) expiring: usize,
    /// Bytes of the table without its entries.
    pub(crate) table_bytes: usize,
    /// Times to live of some keys that expire, in milliseconds, and how many keys these are.
    ttl_sum: i64,
    ttl_samples: i64,
}

impl DatabasePortion {
    /// The mean time to live of the keys looked at, in milliseconds; 0 without any.
    pub(crate) fn mean_ttl(&self) -> i64 {
        self.ttl_sum.checked_div(self.ttl_samples).unwrap_or(0)
    }
}

/// What one core counted for one command.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandPortion {
    pub(crate) count: CommandCount,
    pub(crate) time: CommandTime,
}

/// See the top of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Portion {
    pub(crate) databases: Vec<DatabasePortion>,
    /// By command number; empty if nobody wants to see it.
    pub(crate) commands: Vec<CommandPortion>,
    pub(crate) errors: BTreeMap<String, u64>,
    pub(crate) shard: ShardStats,
    pub(crate) changes: u64,
    /// Former contents of databases that wait to be freed.
    pub(crate) retired: usize,
    pub(crate) clients: usize,
    /// Clients that wait for something to happen.
    pub(crate) blocked: usize,
    /// Clients that wait for keys until a given time.
    pub(crate) deadlines: usize,
    /// Keys that clients wait for, and those of them whose absence they mind.
    pub(crate) waited_keys: (usize, usize),
    /// Bytes that clients' buffers take.
    pub(crate) client_bytes: usize,
    pub(crate) largest_input: usize,
    pub(crate) largest_output: usize,
    /// The names that somebody subscribed to, by [`Kind`]: several cores may know the same.
    pub(crate) subscribed: [BTreeSet<Box<[u8]>>; 3],
    /// Keys that clients have read, pairs of such a key and a client, and prefixes that clients listen to, which all cores
    /// know.
    pub(crate) tracked: [usize; 3],
    /// Counts without those of commands and errors, which are above.
    pub(crate) counts: Counts,
    /// Commands, bytes in, bytes out, turns and time in turns per second.
    pub(crate) rates: [u64; 5],
    /// Time of all commands, in the meter's unit.
    pub(crate) command_time: u64,
    pub(crate) cpu: CpuTime,
}

/// Totals of [`Statistics`] that simply add up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) connections_received: u64,
    pub(crate) rejected_connections: u64,
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) commands: u64,
    pub(crate) error_replies: u64,
    pub(crate) output_buffer_limit_disconnections: u64,
    pub(crate) evicted_clients: u64,
    pub(crate) query_buffer_limit_disconnections: u64,
    pub(crate) denials: Denials,
    pub(crate) ticks: u64,
    pub(crate) tick_time: u64,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
}

impl Counts {
    fn of(statistics: &Statistics) -> Self {
        Counts {
            connections_received: statistics.connections_received,
            rejected_connections: statistics.rejected_connections,
            bytes_received: statistics.bytes_received,
            bytes_sent: statistics.bytes_sent,
            commands: statistics.commands,
            error_replies: statistics.error_replies,
            output_buffer_limit_disconnections: statistics.output_buffer_limit_disconnections,
            evicted_clients: statistics.evicted_clients,
            query_buffer_limit_disconnections: statistics.query_buffer_limit_disconnections,
            denials: statistics.denials,
            ticks: statistics.ticks,
            tick_time: statistics.tick_time,
            reads: statistics.reads,
            writes: statistics.writes,
        }
    }

    fn add(&mut self, other: &Counts) {
        self.connections_received += other.connections_received;
        self.rejected_connections += other.rejected_connections;
        self.bytes_received += other.bytes_received;
        self.bytes_sent += other.bytes_sent;
        self.commands += other.commands;
        self.error_replies += other.error_replies;
        self.output_buffer_limit_disconnections += other.output_buffer_limit_disconnections;
        self.evicted_clients += other.evicted_clients;
        self.query_buffer_limit_disconnections += other.query_buffer_limit_disconnections;
        self.denials.add(&other.denials);
        self.ticks += other.ticks;
        self.tick_time += other.tick_time;
        self.reads += other.reads;
        self.writes += other.writes;
    }
}

impl Portion {
    /// What `core` tells now. Figures of single commands are copied if they are wanted.
    pub(crate) fn of(core: &mut ServerCore, with_commands: bool) -> Self {
        core.process.budget.note(core.me());
        let now = core.now;
        let databases = (0..core.settings.general.databases)
            .map(|db| database(core, DbIndex(db), now))
            .collect();
        let shard = core.engine.shard_ref();
        let statistics = &core.statistics;
        let outputs = core
            .connections
            .iter()
            .map(|connection| connection.out.len() + connection.unsent);
        Portion {
            databases,
            commands: if with_commands {
                commands(core)
            } else {
                Vec::new()
            },
            errors: statistics.errors.clone(),
            shard: shard.stats,
            changes: shard.changes,
            retired: shard.retired(),
            clients: core.connections.len(),
            blocked: core.blocked_clients(),
            deadlines: core.deadlines.len(),
            waited_keys: shard.waiting.keys(),
            client_bytes: core
                .connections
                .iter()
                .map(|connection| connection.memory())
                .sum(),
            largest_input: core
                .connections
                .iter()
                .map(|connection| connection.unparsed())
                .max()
                .unwrap_or(0),
            largest_output: outputs.max().unwrap_or(0),
            subscribed: Kind::ALL
                .map(|kind| core.subscriptions.list(kind, None).into_iter().collect()),
            tracked: [
                shard.tracking.keys(),
                shard.tracking.items(),
                shard.tracking.prefixes(),
            ],
            counts: Counts::of(statistics),
            rates: statistics.rates.per_second(),
            command_time: shard.meter.times().iter().map(|time| time.total).sum(),
            cpu: CpuTime::of_thread(),
        }
    }

    /// Takes in what another core told.
    pub(crate) fn add(&mut self, other: &Portion) {
        self.databases.resize(
            self.databases.len().max(other.databases.len()),
            DatabasePortion::default(),
        );
        for (sum, more) in self.databases.iter_mut().zip(&other.databases) {
            sum.keys += more.keys;
            sum.expiring += more.expiring;
            sum.table_bytes += more.table_bytes;
            sum.ttl_sum += more.ttl_sum;
            sum.ttl_samples += more.ttl_samples;
        }
        self.commands.resize_with(
            self.commands.len().max(other.commands.len()),
            CommandPortion::default,
        );
        self.commands
            .iter_mut()
            .zip(&other.commands)
            .for_each(|(sum, more)| sum.add(more));
        for (code, count) in &other.errors {
            *self.errors.entry(code.clone()).or_default() += count;
        }
        self.shard.hits += other.shard.hits;
        self.shard.misses += other.shard.misses;
        self.shard.expired += other.shard.expired;
        self.shard.evicted += other.shard.evicted;
        self.shard.expired_fields += other.shard.expired_fields;
        self.shard.expire_budget_reached += other.shard.expire_budget_reached;
        self.shard.lazy_freed += other.shard.lazy_freed;
        self.changes += other.changes;
        self.retired += other.retired;
        self.clients += other.clients;
        self.blocked += other.blocked;
        self.deadlines += other.deadlines;
        self.waited_keys.0 += other.waited_keys.0;
        self.waited_keys.1 += other.waited_keys.1;
        self.client_bytes += other.client_bytes;
        self.largest_input = self.largest_input.max(other.largest_input);
        self.largest_output = self.largest_output.max(other.largest_output);
        for (all, more) in self.subscribed.iter_mut().zip(&other.subscribed) {
            all.extend(more.iter().cloned());
        }
        let [keys, items, prefixes] = other.tracked;
        self.tracked[0] += keys;
        self.tracked[1] += items;
        self.tracked[2] = self.tracked[2].max(prefixes);
        self.counts.add(&other.counts);
        self.rates = std::array::from_fn(|index| self.rates[index] + other.rates[index]);
        self.command_time += other.command_time;
        self.cpu.add(other.cpu);
    }

    /// Keys of all databases.
    pub(crate) fn keys(&self) -> usize {
        self.databases.iter().map(|database| database.keys).sum()
    }

    /// Bytes of all tables.
    pub(crate) fn table_bytes(&self) -> usize {
        self.databases
            .iter()
            .map(|database| database.table_bytes)
            .sum()
    }
}

impl CommandPortion {
    /// Takes in another's counts and times.
    pub(crate) fn add(&mut self, other: &CommandPortion) {
        self.count.calls += other.count.calls;
        self.count.rejected += other.count.rejected;
        self.count.failed += other.count.failed;
        self.time.total += other.time.total;
        if let Some(spread) = &other.time.spread {
            self.time
                .spread
                .get_or_insert_with(Box::<Spread>::default)
                .merge(spread);
        }
    }

    /// Whether there is anything to tell.
    pub(crate) fn is_used(&self) -> bool {
        self.count.calls + self.count.rejected + self.count.failed > 0
    }
}

fn commands(core: &ServerCore) -> Vec<CommandPortion> {
    let times = core.engine.shard_ref().meter.times();
    let portion = |(index, count): (usize, &CommandCount)| CommandPortion {
        count: *count,
        time: times.get(index).cloned().unwrap_or_default(),
    };
    core.statistics
        .by_command
        .iter()
        .enumerate()
        .take(table().len())
        .map(portion)
        .collect()
}

fn database(core: &mut ServerCore, db: DbIndex, now: UnixMillis) -> DatabasePortion {
    let mut portion = DatabasePortion::default();
    let shard = core.engine.shard();
    let database = shard.database(db);
    if database.is_empty() {
        return portion;
    }
    portion.keys = database.len();
    portion.expiring = database.expiring_len();
    portion.table_bytes = database.table_bytes();
    if portion.expiring > 0 {
        // Keys are drawn at random: where few expire, few are found, and none counts as none.
        let mut random = engine::random::Random::new(now.0 as u64);
        for _ in 0..TTL_SAMPLES {
            let entry = shard.database(db).random(|| random.next_u64());
            if let Some(expiry) = entry.and_then(|entry| entry.expiry()) {
                portion.ttl_sum += (expiry.0 - now.0).max(0);
                portion.ttl_samples += 1;
            }
        }
    }
    portion
}

//! Limits of memory, of clients' buffers, and eviction.

use super::{NATURAL, POSITIVE, WIDE_NATURAL};
use crate::config::memory_size;
use crate::config::value::{Kind, MemoryShare, Reason, Value, ValueLine, choice};

choice! {
    /// Which keys go when memory is full.
    pub enum EvictionPolicy {
        /// The least recently used of those that expire.
        VolatileLru = "volatile-lru",
        /// The least often used of those that expire.
        VolatileLfu = "volatile-lfu",
        /// Any of those that expire.
        VolatileRandom = "volatile-random",
        /// The one that expires first.
        VolatileTtl = "volatile-ttl",
        /// The least recently used.
        AllkeysLru = "allkeys-lru",
        /// The least often used.
        AllkeysLfu = "allkeys-lfu",
        /// Any.
        AllkeysRandom = "allkeys-random",
        /// None: writes are refused.
        Noeviction = "noeviction",
    }
}

impl EvictionPolicy {
    /// Whether it chooses by how each key was used.
    pub fn looks_at_use(self) -> bool {
        matches!(self, Self::AllkeysLru | Self::VolatileLru) || self.counts_frequency()
    }

    /// Whether uses are counted rather than timed.
    pub fn counts_frequency(self) -> bool {
        matches!(self, Self::AllkeysLfu | Self::VolatileLfu)
    }
}

choice! {
    /// Whether the kernel's out-of-memory score of the process is set.
    pub enum OomScoreAdj {
        /// It stays as it is.
        No = "no",
        /// It changes by the given values.
        Relative = "yes" | "relative",
        /// It becomes the given values.
        Absolute = "absolute",
    }
}

topic! {
    /// Limits of memory, of clients' buffers, and eviction.
    pub struct Memory in memory {
        /// Bytes of memory to use; 0 is no limit.
        maxmemory: u64 = 0, "maxmemory", Kind::Memory(0, u64::MAX as i128);
        /// Which keys go when memory is full.
        maxmemory_policy: EvictionPolicy = EvictionPolicy::Noeviction, "maxmemory-policy",
            Kind::Choice(EvictionPolicy::WORDS);
        /// Keys looked at for one that goes.
        maxmemory_samples: u32 = 5, "maxmemory-samples", POSITIVE;
        /// How long eviction may take, from 0 to 100.
        maxmemory_eviction_tenacity: u8 = 10, "maxmemory-eviction-tenacity", Kind::Integer(0, 100);
        /// Memory that clients may use together.
        maxmemory_clients: MemoryShare = MemoryShare::Bytes(0), "maxmemory-clients", Kind::MemoryOrPercent;
        /// Bytes that wait to be sent to a client before it is closed, by class of client.
        client_output_buffer_limit: OutputBufferLimits = OutputBufferLimits::default(), "client-output-buffer-limit",
            Kind::Special("class hard soft seconds .."), [MULTI];
        /// Bytes of one client's unread requests.
        client_query_buffer_limit: u64 = 1 << 30, "client-query-buffer-limit", Kind::Memory(1 << 20, i64::MAX as i128);
        /// Bytes of one argument.
        proto_max_bulk_len: u64 = 512 << 20, "proto-max-bulk-len", Kind::Memory(1 << 20, i64::MAX as i128);
        /// Factor that slows the counting of uses.
        lfu_log_factor: u32 = 10, "lfu-log-factor", NATURAL;
        /// Minutes that halve the count of uses.
        lfu_decay_time: u32 = 1, "lfu-decay-time", NATURAL;
        /// Keys remembered for client-side caching.
        tracking_table_max_keys: u64 = 1_000_000, "tracking-table-max-keys", WIDE_NATURAL;
        /// Whether the kernel's out-of-memory score of the process is set.
        oom_score_adj: OomScoreAdj = OomScoreAdj::No, "oom-score-adj", Kind::Choice(OomScoreAdj::WORDS);
        /// Scores of a primary, a replica and a process that saves.
        oom_score_adj_values: OomScores = OomScores([0, 200, 800]), "oom-score-adj-values",
            Kind::Special("primary replica saver"), [MULTI];
    }
}

/// When a client that does not read is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputBufferLimit {
    /// At once above so many bytes; 0 is no limit.
    pub hard: u64,
    /// After some time above so many bytes; 0 is no limit.
    pub soft: u64,
    /// That time, in seconds.
    pub soft_seconds: u32,
}

/// The limits of each class of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputBufferLimits {
    /// Ordinary clients.
    pub normal: OutputBufferLimit,
    /// Replicas.
    pub replica: OutputBufferLimit,
    /// Subscribers.
    pub pubsub: OutputBufferLimit,
}

impl Default for OutputBufferLimits {
    fn default() -> Self {
        let limit = |hard, soft, soft_seconds| OutputBufferLimit {
            hard,
            soft,
            soft_seconds,
        };
        Self {
            normal: limit(0, 0, 0),
            replica: limit(256 << 20, 64 << 20, 60),
            pubsub: limit(32 << 20, 8 << 20, 60),
        }
    }
}

impl OutputBufferLimits {
    fn class(&mut self, name: &[u8]) -> Option<&mut OutputBufferLimit> {
        match name.to_ascii_lowercase().as_slice() {
            b"normal" => Some(&mut self.normal),
            b"replica" | b"slave" => Some(&mut self.replica),
            b"pubsub" => Some(&mut self.pubsub),
            _ => None,
        }
    }
}

impl OutputBufferLimit {
    fn read(hard: &[u8], soft: &[u8], seconds: &[u8]) -> Option<Self> {
        let soft_seconds = std::str::from_utf8(seconds)
            .ok()?
            .parse::<i32>()
            .ok()?
            .try_into()
            .ok()?;
        Some(Self {
            hard: memory_size::parse(hard)?,
            soft: memory_size::parse(soft)?,
            soft_seconds,
        })
    }
}

impl Value for OutputBufferLimits {
    /// Classes that are not named keep their limits.
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let mut limits = *self;
        for four in words.chunks(4) {
            let [class, hard, soft, seconds] = four else {
                return Err("Wrong number of arguments in buffer limit configuration.".into());
            };
            let slot = limits
                .class(class)
                .ok_or("Invalid client class specified in buffer limit configuration.")?;
            *slot = OutputBufferLimit::read(hard, soft, seconds).ok_or(
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
            )?;
        }
        *self = limits;
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        [
            ("normal", self.normal),
            ("slave", self.replica),
            ("pubsub", self.pubsub),
        ]
        .map(|(class, limit)| {
            format!(
                "{class} {} {} {}",
                limit.hard, limit.soft, limit.soft_seconds
            )
        })
        .join(" ")
        .into_bytes()
    }

    fn lines(&self, default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        let line = |(class, limit, default): (&str, OutputBufferLimit, OutputBufferLimit)| {
            let (hard, soft) = (
                memory_size::format(limit.hard),
                memory_size::format(limit.soft),
            );
            let text = format!("{class} {hard} {soft} {}", limit.soft_seconds).into_bytes();
            ValueLine {
                text,
                needed: limit != default,
            }
        };
        [
            ("normal", self.normal, default.normal),
            ("replica", self.replica, default.replica),
            ("pubsub", self.pubsub, default.pubsub),
        ]
        .map(line)
        .into()
    }
}

/// Out-of-memory scores of a primary, a replica and a process that saves, from -2000 to 2000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OomScores(pub [i32; 3]);

impl Value for OomScores {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let words: [&[u8]; 3] = words.try_into().map_err(|_| "wrong number of arguments")?;
        let mut scores = [0; 3];
        for (score, word) in scores.iter_mut().zip(words) {
            *score = std::str::from_utf8(word)
                .ok()
                .and_then(|word| word.parse().ok())
                .filter(|score| (-2000..=2000).contains(score))
                .ok_or("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")?;
        }
        self.0 = scores;
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        self.0.map(|score| score.to_string()).join(" ").into_bytes()
    }
}

//! What a command is like: the flags COMMAND INFO shows and the gates before it runs ask for, and its ACL categories.

bitflags::bitflags! {
    /// Properties of a command, named as COMMAND INFO names them.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Flags: u32 {
        /// May change data.
        const WRITE = 1;
        /// Only reads data.
        const READONLY = 1 << 1;
        /// Refused when memory is full.
        const DENYOOM = 1 << 2;
        /// For operators.
        const ADMIN = 1 << 3;
        /// About channels.
        const PUBSUB = 1 << 4;
        /// Not from scripts.
        const NOSCRIPT = 1 << 5;
        /// May block the client.
        const BLOCKING = 1 << 6;
        /// Allowed while data is loading.
        const LOADING = 1 << 7;
        /// Allowed on a replica that lost its primary.
        const STALE = 1 << 8;
        /// Not shown by MONITOR.
        const SKIP_MONITOR = 1 << 9;
        /// Not in the slow log.
        const SKIP_SLOWLOG = 1 << 10;
        /// Accepted for an importing slot after ASKING.
        const ASKING = 1 << 11;
        /// Constant or logarithmic time.
        const FAST = 1 << 12;
        /// Allowed before AUTH.
        const NO_AUTH = 1 << 13;
        /// May replicate even though it is no write.
        const MAY_REPLICATE = 1 << 14;
        /// Allowed on Sentinel.
        const SENTINEL = 1 << 15;
        /// Only on Sentinel.
        const ONLY_SENTINEL = 1 << 16;
        /// Its keys are optional.
        const NO_MANDATORY_KEYS = 1 << 17;
        /// Refused unless enabled in the configuration.
        const PROTECTED = 1 << 18;
        /// Allowed while a script keeps the server busy.
        const ALLOW_BUSY = 1 << 19;
        /// Touches keys that its arguments do not name.
        const TOUCHES_ARBITRARY_KEYS = 1 << 20;
        /// Not inside MULTI.
        const NO_MULTI = 1 << 21;
        /// Refused while a replica loads next to its old data.
        const NO_ASYNC_LOADING = 1 << 22;
        /// A subcommand that COMMAND does not list (DEBUG's, which Redis keeps to itself).
        const UNLISTED = 1 << 23;
        /// Keys can be found only by looking at the arguments.
        const MOVABLE_KEYS = 1 << 24;
    }
}

impl Flags {
    /// The names COMMAND INFO prints, in Redis's order. Like Redis, it keeps to itself what concerns replication, Sentinel and
    /// protection.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [(Flags, &str); 20] = [
            (Flags::WRITE, "write"),
            (Flags::READONLY, "readonly"),
            (Flags::DENYOOM, "denyoom"),
            (Flags::ADMIN, "admin"),
            (Flags::PUBSUB, "pubsub"),
            (Flags::NOSCRIPT, "noscript"),
            (Flags::BLOCKING, "blocking"),
            (Flags::LOADING, "loading"),
            (Flags::STALE, "stale"),
            (Flags::SKIP_MONITOR, "skip_monitor"),
            (Flags::SKIP_SLOWLOG, "skip_slowlog"),
            (Flags::ASKING, "asking"),
            (Flags::FAST, "fast"),
            (Flags::NO_AUTH, "no_auth"),
            (Flags::NO_MANDATORY_KEYS, "no_mandatory_keys"),
            (Flags::NO_ASYNC_LOADING, "no_async_loading"),
            (Flags::NO_MULTI, "no_multi"),
            (Flags::MOVABLE_KEYS, "movablekeys"),
            (Flags::ALLOW_BUSY, "allow_busy"),
            (Flags::TOUCHES_ARBITRARY_KEYS, "touches_arbitrary_keys"),
        ];
        NAMES
            .into_iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|(_, name)| name)
    }
}

bitflags::bitflags! {
    /// ACL categories a row names itself. The rest (`@read`, `@write`, `@fast`, `@slow`, `@admin`, `@dangerous`,
    /// `@pubsub`, `@blocking`) follow from [`Flags`]: see [`Acl::of`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Acl: u32 {
        /// Handles keys of any type.
        const KEYSPACE = 1;
        /// Reads.
        const READ = 1 << 1;
        /// Writes.
        const WRITE = 1 << 2;
        /// Sets.
        const SET = 1 << 3;
        /// Sorted sets.
        const SORTEDSET = 1 << 4;
        /// Lists.
        const LIST = 1 << 5;
        /// Hashes.
        const HASH = 1 << 6;
        /// Strings.
        const STRING = 1 << 7;
        /// Bitmaps.
        const BITMAP = 1 << 8;
        /// HyperLogLog.
        const HYPERLOGLOG = 1 << 9;
        /// Geospatial indices.
        const GEO = 1 << 10;
        /// Streams.
        const STREAM = 1 << 11;
        /// Channels.
        const PUBSUB = 1 << 12;
        /// For operators.
        const ADMIN = 1 << 13;
        /// Constant or logarithmic time.
        const FAST = 1 << 14;
        /// Everything that is not fast.
        const SLOW = 1 << 15;
        /// May block.
        const BLOCKING = 1 << 16;
        /// May harm the server.
        const DANGEROUS = 1 << 17;
        /// About the connection.
        const CONNECTION = 1 << 18;
        /// MULTI and its relatives.
        const TRANSACTION = 1 << 19;
        /// Scripts and functions.
        const SCRIPTING = 1 << 20;
    }
}

impl Acl {
    /// All categories of a command that names `own` and has `flags`.
    pub fn of(own: Acl, flags: Flags) -> Acl {
        let mut all = own;
        let mut follow = |when: bool, categories: Acl| {
            if when {
                all |= categories;
            }
        };
        follow(flags.contains(Flags::WRITE), Acl::WRITE);
        // Redis: scripts flagged read-only are not `@read`.
        follow(
            flags.contains(Flags::READONLY) && !own.contains(Acl::SCRIPTING),
            Acl::READ,
        );
        follow(flags.contains(Flags::ADMIN), Acl::ADMIN | Acl::DANGEROUS);
        follow(flags.contains(Flags::PUBSUB), Acl::PUBSUB);
        follow(flags.contains(Flags::BLOCKING), Acl::BLOCKING);
        follow(flags.contains(Flags::FAST), Acl::FAST);
        follow(!flags.contains(Flags::FAST), Acl::SLOW);
        all
    }

    /// Names without the `@`, in Redis's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [&str; 21] = [
            "keyspace",
            "read",
            "write",
            "set",
            "sortedset",
            "list",
            "hash",
            "string",
            "bitmap",
            "hyperloglog",
            "geo",
            "stream",
            "pubsub",
            "admin",
            "fast",
            "slow",
            "blocking",
            "dangerous",
            "connection",
            "transaction",
            "scripting",
        ];
        NAMES
            .into_iter()
            .enumerate()
            .filter(move |(bit, _)| self.bits() & (1 << bit) != 0)
            .map(|(_, name)| name)
    }
}

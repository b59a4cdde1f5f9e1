//! Hashes.

use super::super::promise::Promise;
use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "hash",
        vec![
            row(10, "HSET <key> { <field> <val> }"),
            row(3, "HSET <key> { <field> <int> }"),
            row(2, "HMSET <key> { <field> <member> }"),
            row(3, "HSETNX <key> <field> <val>"),
            row(4, "HGET <key> <field>"),
            row(3, "HMGET <key> { <field> }"),
            row(4, "HDEL <key> { <field> }"),
            row(2, "HEXISTS <key> <field>"),
            row(2, "HLEN <key>"),
            row(2, "HSTRLEN <key> <field>"),
            row(2, "HGETALL <key>").pairs(),
            row(2, "HKEYS <key>").unordered(),
            row(2, "HVALS <key>").unordered(),
            row(4, "HINCRBY <key> <field> <int>"),
            row(4, "HINCRBYFLOAT <key> <field> <float>"),
            row(1, "HRANDFIELD <key>").drawn(false, "HKEYS $"),
            row(1, "HRANDFIELD <key> <count>").drawn(false, "HKEYS $"),
            row(1, "HRANDFIELD <key> <count> WITHVALUES").drawn(false, "HGETALL $"),
            row(1, "HRANDFIELD <key> ( -1 | -5 | -100 ) [ WITHVALUES ]").drawn(true, "HGETALL $"),
            row(2, "HSCAN <key> 0 COUNT 100000 [ MATCH <pattern> ]")
                .promises(Promise::Scan)
                .unspoiled(),
            row(1, "OBJECT ENCODING <key>"),
        ],
    )
}

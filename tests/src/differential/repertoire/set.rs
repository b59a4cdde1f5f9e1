//! Sets.

use super::super::promise::Promise;
use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "set",
        vec![
            row(14, "SADD <key> { <member> }"),
            row(1, "SADD <key> { <val> }"),
            row(6, "SREM <key> { <member> }"),
            row(2, "SCARD <key>"),
            row(3, "SISMEMBER <key> <member>"),
            row(3, "SMISMEMBER <key> { <member> }"),
            row(2, "SMEMBERS <key>").unordered(),
            row(3, "SMOVE <key> <key> <member>"),
            row(1, "SPOP <key>").popped(),
            row(1, "SPOP <key> <count>").popped().unspoiled(),
            row(1, "SRANDMEMBER <key>").drawn(false, "SMEMBERS $"),
            row(1, "SRANDMEMBER <key> <count>").drawn(false, "SMEMBERS $"),
            row(1, "SRANDMEMBER <key> ( -1 | -7 | -200 )").drawn(true, "SMEMBERS $"),
            row(3, "SINTER <keys>").unordered(),
            row(3, "SUNION <keys>").unordered(),
            row(3, "SDIFF <keys>").unordered(),
            row(3, "SINTERCARD <nkeys> [ LIMIT <count> ]"),
            row(2, "SINTERSTORE <key> <keys>"),
            row(2, "SUNIONSTORE <key> <keys>"),
            row(2, "SDIFFSTORE <key> <keys>"),
            row(2, "SSCAN <key> 0 COUNT 100000 [ MATCH <pattern> ]")
                .promises(Promise::Scan)
                .unspoiled(),
            row(1, "OBJECT ENCODING <key>"),
        ],
    )
}

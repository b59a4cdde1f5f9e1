//! Sorted sets by their members. Only where all scores are equal does Redis promise anything: so no other group may
//! write to these keys.

use super::{Group, row};

pub(super) fn group() -> Group {
    let rows = vec![
        row(12, "ZADD <key> { 0 <member> }").unspoiled(),
        row(4, "ZREM <key> { <member> }"),
        row(4, "ZLEXCOUNT <key> <lexmin> <lexmax>"),
        row(
            4,
            "ZRANGEBYLEX <key> <lexmin> <lexmax> [ LIMIT <idx> <idx> ]",
        ),
        row(
            4,
            "ZREVRANGEBYLEX <key> <lexmax> <lexmin> [ LIMIT <idx> <idx> ]",
        ),
        row(
            4,
            "ZRANGE <key> <lexmin> <lexmax> BYLEX [ LIMIT <idx> <idx> ]",
        ),
        row(
            4,
            "ZRANGE <key> <lexmax> <lexmin> BYLEX REV [ LIMIT <idx> <idx> ]",
        ),
        row(
            2,
            "ZRANGESTORE <key> <key> <lexmin> <lexmax> BYLEX [ LIMIT <idx> <idx> ]",
        )
        .unspoiled(),
        row(1, "ZREMRANGEBYLEX <key> <lexmin> <lexmax>"),
        row(1, "ZPOPMIN <key> [ <count> ]"),
        row(2, "ZRANK <key> <member>").unspoiled(),
        row(1, "SET <key> <val>"),
        row(1, "DEL <key>"),
    ];
    Group {
        alone: true,
        ..Group::new("lex", rows)
    }
}

//! SORT, over lists, sets and sorted sets of small numbers, whose weights are strings and hashes.

use super::super::promise::Promise;
use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "sort",
        vec![
            row(6, "RPUSH <key> { <member> }"),
            row(6, "RPUSH <key> { <small> }"),
            row(6, "SADD <key> { <small> }"),
            row(4, "ZADD <key> { <small> <small> }"),
            row(4, "SET <key> <int>"),
            row(3, "HSET <key> m1 <int> f <small>"),
            row(
                6,
                "SORT <key> [ LIMIT <idx> <idx> ] [ ASC | DESC ] [ STORE <key> ]",
            ),
            row(4, "SORT <key> [ LIMIT <idx> <idx> ] [ ASC | DESC ] ALPHA")
                .promises(Promise::Collated)
                .unspoiled(),
            row(
                4,
                "SORT <key> [ LIMIT <idx> <idx> ] [ ASC | DESC ] ALPHA STORE <key>",
            ),
            row(
                6,
                "SORT <key> BY <sortby> [ LIMIT <idx> <idx> ] [ GET <sortget> ] [ GET <sortget> ] [ GET <sortget> ] \
                 [ ASC | DESC ] [ STORE <key> ]",
            )
            // Another word for a pattern would mean no order at all.
            .unspoiled(),
            row(
                6,
                "SORT <key> [ LIMIT <idx> <idx> ] GET <sortget> [ GET <sortget> ] [ STORE <key> ]",
            ),
            row(
                4,
                "SORT_RO <key> [ BY <sortby> ] [ LIMIT <idx> <idx> ] [ GET <sortget> ] [ ASC | DESC ]",
            )
            .unspoiled(),
            row(2, "SORT <key> BY nosort [ GET <sortget> ] [ ASC | DESC ]")
                .unordered()
                .unspoiled(),
            row(2, "SORT <key> BY <sortby> ALPHA [ GET # ]")
                .unordered()
                .unspoiled(),
            row(1, "DEL <key>"),
        ],
    )
}

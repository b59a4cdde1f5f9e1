//! Lists.

use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "list",
        vec![
            row(8, "LPUSH <key> { <member> }"),
            row(8, "RPUSH <key> { <member> }"),
            row(2, "RPUSH <key> { <val> }"),
            row(2, "LPUSHX <key> { <val> }"),
            row(2, "RPUSHX <key> { <member> }"),
            row(3, "LPOP <key> [ <count> ]"),
            row(3, "RPOP <key> [ <count> ]"),
            row(2, "LLEN <key>"),
            row(3, "LINDEX <key> <idx>"),
            row(5, "LRANGE <key> <idx> <idx>"),
            row(5, "LSET <key> <idx> ( <member> | <val> )"),
            row(
                5,
                "LINSERT <key> ( BEFORE | AFTER | after ) <member> ( <member> | <val> )",
            ),
            row(4, "LREM <key> <idx> <member>"),
            row(1, "LTRIM <key> <idx> <idx>"),
            row(2, "RPOPLPUSH <key> <key>"),
            row(4, "LMOVE <key> <key> ( LEFT | RIGHT ) ( LEFT | RIGHT )"),
            // Deliberately no least 64-bit rank, which 7.2 refuses and 7.0 takes.
            row(
                5,
                "LPOS <key> <member> [ RANK ( 0 | 1 | 2 | 9 | -1 | -2 | x ) ] [ COUNT <count> ] [ MAXLEN <count> ]",
            ),
            row(2, "LMPOP <nkeys> ( LEFT | RIGHT ) [ COUNT <count> ]"),
            row(1, "BLPOP <keys> 0").only_queued(),
            row(1, "BRPOP <keys> 0.5").only_queued(),
            row(1, "BLMOVE <key> <key> ( LEFT | RIGHT ) ( LEFT | RIGHT ) 0").only_queued(),
            row(1, "BRPOPLPUSH <key> <key> 0").only_queued(),
            row(1, "BLMPOP 0 <nkeys> ( LEFT | RIGHT ) [ COUNT <count> ]").only_queued(),
        ],
    )
}

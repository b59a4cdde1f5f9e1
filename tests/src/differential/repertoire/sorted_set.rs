//! Sorted sets.

use super::super::promise::Promise;
use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "sorted_set",
        vec![
            row(12, "ZADD <key> { <score> <member> }"),
            row(
                6,
                "ZADD <key> [ NX | XX ] [ GT | LT ] [ CH ] { <score> <member> }",
            ),
            row(
                3,
                "ZADD <key> [ NX | XX ] [ GT | LT ] [ CH ] INCR <score> <member>",
            ),
            row(4, "ZINCRBY <key> <score> <member>"),
            row(5, "ZREM <key> { <member> }"),
            row(1, "ZCARD <key>"),
            row(2, "ZSCORE <key> <member>"),
            row(2, "ZMSCORE <key> { <member> }"),
            row(3, "ZCOUNT <key> <scoremin> <scoremax>"),
            row(3, "ZRANK <key> <member>").unspoiled(),
            row(3, "ZREVRANK <key> <member>").unspoiled(),
            row(4, "ZRANGE <key> <idx> <idx> [ REV ] [ WITHSCORES ]"),
            row(
                4,
                "ZRANGE <key> <scoremin> <scoremax> BYSCORE [ LIMIT <idx> <idx> ] [ WITHSCORES ]",
            ),
            row(
                3,
                "ZRANGE <key> <scoremax> <scoremin> BYSCORE REV [ LIMIT <idx> <idx> ] [ WITHSCORES ]",
            ),
            row(2, "ZRANGESTORE <key> <key> <idx> <idx> [ REV ]"),
            row(
                2,
                "ZRANGESTORE <key> <key> <scoremin> <scoremax> BYSCORE [ LIMIT <idx> <idx> ]",
            ),
            row(2, "ZREVRANGE <key> <idx> <idx> [ WITHSCORES ]"),
            row(
                2,
                "ZRANGEBYSCORE <key> <scoremin> <scoremax> [ WITHSCORES ] [ LIMIT <idx> <idx> ]",
            ),
            row(
                2,
                "ZREVRANGEBYSCORE <key> <scoremax> <scoremin> [ WITHSCORES ] [ LIMIT <idx> <idx> ]",
            ),
            row(1, "ZREMRANGEBYRANK <key> <idx> <idx>"),
            row(1, "ZREMRANGEBYSCORE <key> <score> <scoremin>"),
            row(2, "ZPOPMIN <key> [ <count> ]"),
            row(2, "ZPOPMAX <key> [ <count> ]"),
            row(2, "ZMPOP <nkeys> ( MIN | MAX ) [ COUNT <count> ]"),
            row(
                3,
                "ZUNION <nkeys> [ WEIGHTS <weights> ] [ AGGREGATE ( SUM | MIN | MAX ) ] [ WITHSCORES ]",
            ),
            row(
                3,
                "ZINTER <nkeys> [ WEIGHTS <weights> ] [ AGGREGATE ( SUM | MIN | MAX ) ] [ WITHSCORES ]",
            ),
            row(3, "ZDIFF <nkeys> [ WITHSCORES ]"),
            row(
                2,
                "ZUNIONSTORE <key> <nkeys> [ WEIGHTS <weights> ] [ AGGREGATE ( SUM | MIN | MAX ) ]",
            ),
            row(
                2,
                "ZINTERSTORE <key> <nkeys> [ WEIGHTS <weights> ] [ AGGREGATE ( SUM | MIN | MAX ) ]",
            ),
            row(2, "ZDIFFSTORE <key> <nkeys>"),
            row(3, "ZINTERCARD <nkeys> [ LIMIT <count> ]"),
            row(1, "ZRANDMEMBER <key>").drawn(false, "ZRANGE $ 0 -1"),
            row(1, "ZRANDMEMBER <key> <count> WITHSCORES").drawn(false, "ZRANGE $ 0 -1 WITHSCORES"),
            row(1, "ZRANDMEMBER <key> ( -1 | -7 | -200 ) [ WITHSCORES ]")
                .drawn(true, "ZRANGE $ 0 -1 WITHSCORES"),
            row(2, "ZSCAN <key> 0 COUNT 100000 [ MATCH <pattern> ]")
                .promises(Promise::Scan)
                .unspoiled(),
            row(1, "SADD <key> { <member> }"),
            row(1, "OBJECT ENCODING <key>"),
            row(1, "BZPOPMIN <keys> 0").only_queued(),
            row(1, "BZPOPMAX <keys> 0.1").only_queued(),
            row(1, "BZMPOP 0 <nkeys> ( MIN | MAX ) [ COUNT <count> ]").only_queued(),
        ],
    )
}

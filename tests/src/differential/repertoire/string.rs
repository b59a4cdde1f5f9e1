//! Strings.

use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "string",
        vec![
            row(8, "SET <key> <val>"),
            row(
                6,
                "SET <key> <val> [ NX | XX ] [ GET ] [ EXAT <atsecs> | PXAT <atms> | KEEPTTL ]",
            ),
            row(
                2,
                "SET <key> <val> [ NX | XX ] [ GET ] [ EX <secs> | PX <ms> ]",
            )
            .unspoiled(),
            row(1, "SET <key> <val> PXAT <pastms>"),
            row(2, "SETNX <key> <val>"),
            row(2, "GETSET <key> <val>"),
            row(4, "GET <key>"),
            row(2, "GETDEL <key>"),
            row(3, "GETEX <key> [ PERSIST | EXAT <atsecs> | PXAT <atms> ]"),
            row(1, "GETEX <key> ( EX <secs> | PX <ms> )").unspoiled(),
            row(1, "SETEX <key> <secs> <val>").unspoiled(),
            row(1, "PSETEX <key> <ms> <val>").unspoiled(),
            row(4, "APPEND <key> <val>"),
            row(2, "STRLEN <key>"),
            row(4, "SETRANGE <key> <byteoff> <val>"),
            row(3, "GETRANGE <key> <idx> <idx>"),
            row(1, "SUBSTR <key> <idx> <idx>"),
            row(3, "INCR <key>"),
            row(2, "DECR <key>"),
            row(3, "INCRBY <key> <int>"),
            row(2, "DECRBY <key> <int>"),
            row(4, "INCRBYFLOAT <key> <float>"),
            row(3, "MSET { <key> <val> }"),
            row(2, "MSETNX { <key> <val> }"),
            row(3, "MGET <keys>"),
            row(
                2,
                "LCS <key> <key> [ LEN ] [ IDX ] [ MINMATCHLEN <idx> ] [ WITHMATCHLEN ]",
            ),
        ],
    )
}

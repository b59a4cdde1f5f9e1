//! HyperLogLogs. Alone, and deliberately only broken headers, because of broken registers Redis notices those it meets and Darter all.

use super::{Group, row};

pub(super) fn group() -> Group {
    let rows = vec![
        row(10, "PFADD <key> { <member> }"),
        row(4, "PFADD <key> { <val> }"),
        row(1, "PFADD <key>"),
        row(4, "PFCOUNT <keys>"),
        row(3, "PFMERGE <key> <keys>"),
        row(2, "GET <key>"),
        row(1, "STRLEN <key>"),
        row(1, "SET <key> <val>"),
        row(1, "SETRANGE <key> <small> <val>").unspoiled(),
        row(1, "LPUSH <key> <val>"),
        row(2, "DEL <key>"),
    ];
    Group {
        alone: true,
        ..Group::new("hyperloglog", rows)
    }
}

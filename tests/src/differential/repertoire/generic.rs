//! Keys of any type.

use super::super::promise::Promise;
use super::super::state::NEAR;
use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "generic",
        vec![
            row(1, "DEL <keys>"),
            row(1, "UNLINK <key>"),
            row(3, "EXISTS <keys>"),
            row(2, "TOUCH <keys>"),
            row(4, "TYPE <key>"),
            row(3, "EXPIREAT <key> <atsecs> [ NX ] [ XX ] [ GT | LT ]"),
            row(3, "PEXPIREAT <key> <atms> [ NX ] [ XX ] [ GT | LT ]"),
            row(2, "EXPIRE <key> <secs> [ NX | XX | GT | LT ]").unspoiled(),
            row(2, "PEXPIRE <key> <ms> [ NX | XX | GT | LT ]").unspoiled(),
            row(1, "PEXPIREAT <key> <pastms>"),
            row(4, "PERSIST <key>"),
            row(2, "TTL <key>").promises(Promise::Near(NEAR)),
            row(2, "PTTL <key>").promises(Promise::Near(NEAR)),
            row(2, "EXPIRETIME <key>").promises(Promise::Near(NEAR)),
            row(2, "PEXPIRETIME <key>").promises(Promise::Near(NEAR)),
            row(3, "RENAME <key> <key>"),
            row(2, "RENAMENX <key> <key>"),
            row(4, "COPY <key> <key> [ DB <db> ] [ REPLACE ]"),
            row(2, "MOVE <key> <db>"),
            row(6, "OBJECT ENCODING <key>"),
            row(1, "RANDOMKEY").drawn(false, "KEYS *"),
            row(2, "KEYS <pattern>").unordered(),
            row(2, "SCAN 0 COUNT 100000 [ MATCH <pattern> ] [ TYPE <type> ]")
                .promises(Promise::Scan)
                .unspoiled()
                .outside(),
            // Keys that are past their expiry count until somebody looks at them.
            row(1, "EXISTS <allkeys>").then("DBSIZE"),
            row(1, "SWAPDB ( 0 1 | 1 0 | 0 0 )"),
        ],
    )
}

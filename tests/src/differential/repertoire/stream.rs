//! Streams. Ids are given, never chosen by the server's clock.

use super::super::promise::Promise;
use super::{Group, row};

pub(super) fn group() -> Group {
    Group::new(
        "stream",
        vec![
            row(16, "XADD <key> <newid> { <field> <val> }"),
            row(3, "XADD <key> <newid> name <val> age <int>"),
            row(
                3,
                "XADD <key> [ NOMKSTREAM ] [ MAXLEN <count> | MAXLEN = <count> | MAXLEN ~ <count> [ LIMIT <count> ] \
                 | MINID <id> | MINID = <id> | MINID ~ <id> [ LIMIT <count> ] ] <newid> { <field> <val> }",
            ),
            row(2, "XLEN <key>"),
            row(4, "XRANGE <key> <idmin> <idmax> [ COUNT <idx> ]"),
            row(4, "XREVRANGE <key> <idmax> <idmin> [ COUNT <idx> ]"),
            row(4, "XDEL <key> { <id> }"),
            row(
                1,
                "XTRIM <key> ( MAXLEN <count> | MAXLEN = <count> | MAXLEN ~ <count> [ LIMIT <count> ] \
                 | MINID <id> | MINID ~ <id> [ LIMIT <count> ] )",
            ),
            row(3, "XREAD [ COUNT <idx> ] STREAMS <key> <id>").unspoiled(),
            row(2, "XREAD [ COUNT <idx> ] STREAMS <key> <key> <id> <id>").unspoiled(),
            row(6, "XGROUP CREATE <key> <group> ( <id> | $ | 0 ) [ MKSTREAM ] [ ENTRIESREAD <idx> ]"),
            row(1, "XGROUP SETID <key> <group> ( <id> | $ | 0 ) [ ENTRIESREAD <idx> ]"),
            row(1, "XGROUP DESTROY <key> <group>"),
            row(2, "XGROUP CREATECONSUMER <key> <group> <consumer>"),
            row(1, "XGROUP DELCONSUMER <key> <group> <consumer>"),
            row(6, "XREADGROUP GROUP <group> <consumer> [ COUNT <idx> ] [ NOACK ] STREAMS <key> >").unspoiled(),
            row(3, "XREADGROUP GROUP <group> <consumer> [ COUNT <idx> ] STREAMS <key> <id>").unspoiled(),
            row(2, "XREADGROUP GROUP <group> <consumer> [ COUNT <idx> ] STREAMS <key> <key> > >").unspoiled(),
            row(4, "XACK <key> <group> { <id> }"),
            row(2, "XPENDING <key> <group>"),
            row(3, "XPENDING <key> <group> <idmin> <idmax> <count> [ <consumer> ]").promises(Promise::Timeless),
            row(1, "XPENDING <key> <group> IDLE ( 0 | 50000000 ) <idmin> <idmax> <count>").promises(Promise::Timeless).unspoiled(),
            row(
                4,
                "XCLAIM <key> <group> <consumer> ( 0 | 0 | 50000000 ) { <id> } [ IDLE 100000000 | TIME 1500000000000 ] \
                 [ RETRYCOUNT <small> ] [ FORCE ] [ JUSTID ] [ LASTID <id> ]",
            )
            .unspoiled(),
            row(3, "XAUTOCLAIM <key> <group> <consumer> ( 0 | 0 | 50000000 ) <idmin> [ COUNT <positive> ] [ JUSTID ]").unspoiled(),
            row(2, "XINFO STREAM <key>").promises(Promise::Timeless),
            row(2, "XINFO STREAM <key> FULL [ COUNT <count> ]").promises(Promise::Timeless),
            row(2, "XINFO GROUPS <key>"),
            row(2, "XINFO CONSUMERS <key> <group>").promises(Promise::Timeless),
            row(1, "XSETID <key> <nextid> [ ENTRIESADDED <count> ] [ MAXDELETEDID <id> ]")
                .unspoiled(),
            row(1, "XREAD COUNT 5 BLOCK 0 STREAMS <key> <id>").only_queued(),
            row(1, "XREADGROUP GROUP <group> <consumer> BLOCK 0 STREAMS <key> >").only_queued(),
        ],
    )
}

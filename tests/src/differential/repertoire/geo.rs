//! Places. Random coordinates, so that no two distances are equal; and alone, because scores that are no places mean nothing.

use super::super::promise::Promise;
use super::{Group, row};

pub(super) fn group() -> Group {
    Group {
        alone: true,
        ..Group::new(
        "geo",
        vec![
            row(14, "GEOADD <key> { <lon> <lat> <member> }"),
            row(4, "GEOADD <key> [ NX | XX ] [ CH ] { <lon> <lat> <member> }"),
            row(3, "GEOPOS <key> { <member> }"),
            row(3, "GEODIST <key> <member> <member> [ <unit> ]"),
            row(2, "GEOHASH <key> { <member> }"),
            row(
                6,
                "GEOSEARCH <key> ( FROMMEMBER <member> | FROMLONLAT <lon> <lat> ) \
                 ( BYRADIUS <dist> <unit> | BYBOX <dist> <dist> <unit> ) ( ASC | DESC ) [ COUNT <positive> ] \
                 [ WITHCOORD ] [ WITHDIST ] [ WITHHASH ]",
            ),
            row(
                3,
                "GEOSEARCH <key> ( FROMMEMBER <member> | FROMLONLAT <lon> <lat> ) \
                 ( BYRADIUS <dist> <unit> | BYBOX <dist> <dist> <unit> ) [ WITHCOORD ] [ WITHDIST ] [ WITHHASH ]",
            )
            .promises(Promise::Unordered)
            .unspoiled(),
            row(
                3,
                "GEOSEARCHSTORE <key> <key> ( FROMMEMBER <member> | FROMLONLAT <lon> <lat> ) \
                 ( BYRADIUS <dist> <unit> | BYBOX <dist> <dist> <unit> ) [ ASC | DESC ] [ COUNT <positive> ]",
            ),
            row(
                3,
                "GEORADIUS <key> <lon> <lat> <dist> <unit> ( ASC | DESC ) [ COUNT <positive> ] [ WITHCOORD ] [ WITHDIST ] \
                 [ WITHHASH ]",
            ),
            row(2, "GEORADIUS <key> <lon> <lat> <dist> <unit> [ COUNT <positive> ] STORE <key>"),
            // Distances are no places.
            row(1, "GEOSEARCHSTORE <key> <key> FROMLONLAT <lon> <lat> BYRADIUS <dist> <unit> STOREDIST").then("DEL $"),
            row(2, "GEORADIUS_RO <key> <lon> <lat> <dist> <unit> ASC [ WITHDIST ]"),
            row(3, "GEORADIUSBYMEMBER <key> <member> <dist> <unit> ( ASC | DESC ) [ COUNT <positive> ] [ WITHDIST ]"),
            row(2, "GEORADIUSBYMEMBER_RO <key> <member> <dist> <unit> DESC [ WITHCOORD ]"),
            row(2, "ZRANGE <key> 0 -1 WITHSCORES"),
            row(2, "ZREM <key> { <member> }"),
        ],
    )}
}

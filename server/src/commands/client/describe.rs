//! One client as a line of `field=value` words, in the order and with the names of Redis 7.2.

use std::fmt::Write;

use engine::command::error::printed;
use engine::command::table::table;
use engine::resp::reply::Protocol;
use engine::time::UnixMillis;

use super::caching::redirection;
use crate::connection::{Connection, Hold};
use crate::pubsub::Kind;
use crate::runtime::net::PeerAddr;

/// The line of a client, without a line break. `running` is the client whose command this is.
pub(crate) fn describe(client: &Connection, now: UnixMillis, running: bool) -> Vec<u8> {
    // A command that other cores are asked about still counts as what the client has sent.
    let request = if running || client.hold == Hold::Answer {
        client.request_len
    } else {
        0
    };
    let arguments = if running {
        client.argument_bytes
    } else {
        client.partial_bytes()
    };
    // What Redis calls the reply buffer has between 1 and 16 KiB; more is a list behind it.
    let reply_room = client.out.capacity().clamp(1 << 10, 16 << 10);
    let mut line = String::with_capacity(320);
    // Writing to a String cannot fail.
    let _ = write!(
        line,
        "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} multi={} qbuf={} \
         qbuf-free={} argv-mem={arguments} multi-mem={}",
        client.id,
        client.peer,
        client.local,
        client.descriptor.unwrap_or(-1),
        text(&client.name),
        seconds_between(client.since, now),
        seconds_between(client.last_active, now),
        flags(client),
        client.db.0,
        client.subscriptions(Kind::Channel),
        client.subscriptions(Kind::Pattern),
        client.subscriptions(Kind::ShardChannel),
        client
            .queue
            .as_ref()
            .map_or(-1, |queue| queue.commands.len() as i64),
        request + client.unparsed(),
        client.input_capacity().saturating_sub(client.unparsed()),
        client.queue.as_ref().map_or(0, |queue| queue.memory()),
    );
    let _ = write!(
        line,
        " rbs={} rbp={} obl={} oll={} omem={} tot-mem={} events={} cmd={} user={} redir={} resp={} lib-name={} \
         lib-ver={}",
        reply_room,
        reply_room,
        client.out.len(),
        usize::from(client.unsent > 0),
        client.unsent,
        client.memory() + request,
        if client.unsent > 0 { "rw" } else { "r" },
        client
            .last_command
            .map_or("NULL", |command| table().full_name(command)),
        printed(client.user.name()),
        redirection(client.tracked.as_deref()),
        if client.protocol == Protocol::Resp3 {
            3
        } else {
            2
        },
        text(&client.lib_name),
        text(&client.lib_version),
    );
    line.into_bytes()
}

/// Names hold nothing but printable ASCII.
fn text(name: &[u8]) -> &str {
    std::str::from_utf8(name).unwrap_or_default()
}

fn seconds_between(earlier: UnixMillis, later: UnixMillis) -> i64 {
    (later.0 - earlier.0).max(0) / 1000
}

fn flags(client: &Connection) -> String {
    let tracked = client.tracked.as_ref();
    let all = [
        (client.monitors, 'O'),
        (client.subscribed.is_some(), 'P'),
        (client.queue.is_some(), 'x'),
        (matches!(client.hold, Hold::Pause | Hold::Blocked), 'b'),
        (tracked.is_some(), 't'),
        (tracked.is_some_and(|own| own.is_broken()), 'R'),
        (tracked.is_some_and(|own| own.is_broadcast()), 'B'),
        (client.close_when_sent, 'c'),
        (matches!(client.peer, PeerAddr::Unix(_)), 'U'),
        (client.no_evict, 'e'),
        (client.no_touch, 'T'),
    ];
    let flags: String = all
        .into_iter()
        .filter(|(set, _)| *set)
        .map(|(_, letter)| letter)
        .collect();
    if flags.is_empty() {
        "N".to_owned()
    } else {
        flags
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acl::users::Users;
    use crate::runtime::net::ConnId;

    fn client() -> Connection {
        crate::commands::register();
        let addr = |port| PeerAddr::Inet(([127, 0, 0, 1], port).into());
        let mut client = Connection::new(
            ConnId::from_bits(0),
            engine::order::ShardId(0),
            7,
            addr(5000),
            addr(6379),
            UnixMillis(10_000),
            Users::new(None).default_user().clone(),
        );
        client.descriptor = Some(12);
        client
    }

    fn shown(client: &Connection) -> String {
        String::from_utf8(describe(client, UnixMillis(12_500), false)).expect("ASCII")
    }

    #[test]
    fn a_fresh_client_shows_every_field_in_order() {
        let line = shown(&client());
        let names: Vec<&str> = line
            .split(' ')
            .filter_map(|word| word.split('=').next())
            .collect();
        let all = "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem multi-mem rbs rbp obl \
                   oll omem tot-mem events cmd user redir resp lib-name lib-ver";
        assert_eq!(names.join(" "), all);
        assert!(line.starts_with(
            "id=7 addr=127.0.0.1:5000 laddr=127.0.0.1:6379 fd=12 name= age=2 idle=2 flags=N db=0 "
        ));
        assert!(
            line.ends_with(" events=r cmd=NULL user=default redir=-1 resp=2 lib-name= lib-ver="),
            "{line}"
        );
    }

    #[test]
    fn what_a_client_is_up_to_shows_in_its_flags() {
        let mut client = client();
        client.queue = Some(Default::default());
        client.hold = Hold::Pause;
        client.no_evict = true;
        client.no_touch = true;
        assert!(
            shown(&client).contains(" flags=xbeT "),
            "{}",
            shown(&client)
        );
        assert!(shown(&client).contains(" multi=0 "));
        client.peer = PeerAddr::Unix(std::path::Path::new("/s").into());
        assert!(shown(&client).contains(" addr=/s:0 ") && shown(&client).contains(" flags=xbUeT "));
    }
}

//! Which clients CLIENT LIST and CLIENT KILL mean.

use engine::command::args::Args;
use engine::command::error::{CommandError, printed};
use engine::command::number::integer;
use engine::time::UnixMillis;

use crate::acl::users::Users;
use crate::connection::Connection;

/// What a client is to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientType {
    Normal,
    Primary,
    Replica,
    PubSub,
}

impl ClientType {
    /// Reads the word behind TYPE.
    pub(super) fn read(word: &[u8]) -> Result<Self, CommandError> {
        match word.to_ascii_lowercase().as_slice() {
            b"normal" => Ok(ClientType::Normal),
            b"master" => Ok(ClientType::Primary),
            b"slave" | b"replica" => Ok(ClientType::Replica),
            b"pubsub" => Ok(ClientType::PubSub),
            _ => {
                let word = String::from_utf8_lossy(word);
                Err(CommandError::with(format!(
                    "ERR Unknown client type '{word}'"
                )))
            }
        }
    }

    /// Of a connection. Nobody replicates yet.
    pub(super) fn of(connection: &Connection) -> Self {
        if connection.subscribed.is_some() {
            ClientType::PubSub
        } else {
            ClientType::Normal
        }
    }
}

/// The conditions of CLIENT KILL; a client has to meet all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) id: Option<u64>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) kind: Option<ClientType>,
    pub(super) peer: Option<String>,
    pub(super) local: Option<String>,
    /// At least so many seconds connected.
    pub(super) age: Option<i64>,
    /// Not the client that asks.
    pub(super) skip_me: bool,
}

impl Filter {
    /// Reads `name value ..`; who is named has to be one of `users`.
    pub(super) fn read(args: &Args<'_>, users: &Users) -> Result<Self, CommandError> {
        let mut filter = Filter {
            skip_me: true,
            ..Filter::default()
        };
        let mut at = 0;
        while let Some(value) = args.get(at + 1) {
            let address = || Some(String::from_utf8_lossy(value).into_owned());
            match args.at(at).to_ascii_lowercase().as_slice() {
                b"id" => filter.id = Some(positive(value, "client-id should be greater than 0")?),
                b"type" => filter.kind = Some(ClientType::read(value)?),
                b"addr" => filter.peer = address(),
                b"laddr" => filter.local = address(),
                b"user" => filter.user = Some(known(value, users)?),
                b"maxage" => {
                    filter.age = Some(positive(value, "maxage should be greater than 0")? as i64)
                }
                b"skipme" if value.eq_ignore_ascii_case(b"yes") => filter.skip_me = true,
                b"skipme" if value.eq_ignore_ascii_case(b"no") => filter.skip_me = false,
                _ => return Err(CommandError::SYNTAX),
            }
            at += 2;
        }
        if at == args.len() {
            Ok(filter)
        } else {
            Err(CommandError::SYNTAX)
        }
    }

    /// Whether `client` meets the conditions, asked by the client numbered `asker`.
    pub(super) fn matches(&self, client: &Connection, asker: u64, now: UnixMillis) -> bool {
        let is = |wanted: &Option<String>, there: &dyn ToString| {
            wanted
                .as_ref()
                .is_none_or(|wanted| *wanted == there.to_string())
        };
        self.id.is_none_or(|id| id == client.id)
            && self.kind.is_none_or(|kind| kind == ClientType::of(client))
            && self
                .user
                .as_ref()
                .is_none_or(|name| **name == *client.user.name())
            && is(&self.peer, &client.peer)
            && is(&self.local, &client.local)
            && self
                .age
                .is_none_or(|age| (now.0 - client.since.0) / 1000 >= age)
            && !(self.skip_me && client.id == asker)
    }
}

fn positive(word: &[u8], wrong: &str) -> Result<u64, CommandError> {
    let number = integer(word).ok().filter(|number| *number > 0);
    number
        .map(i64::unsigned_abs)
        .ok_or_else(|| CommandError::with(format!("ERR {wrong}")))
}

fn known(name: &[u8], users: &Users) -> Result<Vec<u8>, CommandError> {
    if users.find(name).is_some() {
        return Ok(name.to_vec());
    }
    Err(CommandError::with(format!(
        "ERR No such user '{}'",
        printed(name)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::net::{ConnId, PeerAddr};
    use engine::command::args::OwnedArgs;

    fn read(words: &str) -> Result<Filter, CommandError> {
        let args: OwnedArgs = words.split(' ').map(str::as_bytes).collect();
        crate::commands::register();
        Filter::read(&args.as_args(), &Users::new(None))
    }

    fn client(id: u64) -> Connection {
        crate::commands::register();
        let addr = |port| PeerAddr::Inet(([127, 0, 0, 1], port).into());
        Connection::new(
            ConnId::from_bits(0),
            engine::order::ShardId(0),
            id,
            addr(5000),
            addr(6379),
            UnixMillis(10_000),
            Users::new(None).default_user().clone(),
        )
    }

    fn kills(words: &str, id: u64) -> bool {
        read(words)
            .expect("right")
            .matches(&client(id), 1, UnixMillis(15_000))
    }

    #[test]
    fn all_conditions_must_be_met() {
        assert!(kills("id 2", 2) && !kills("id 3", 2));
        assert!(
            kills("addr 127.0.0.1:5000 laddr 127.0.0.1:6379", 2)
                && !kills("addr 127.0.0.1:5000 id 3", 2)
        );
        assert!(kills("type normal", 2) && !kills("type pubsub", 2) && !kills("TYPE slave", 2));
        assert!(kills("maxage 5", 2) && !kills("maxage 6", 2));
        assert!(kills("user default", 2));
    }

    #[test]
    fn who_asks_is_spared_unless_told_otherwise() {
        assert!(!kills("type normal", 1) && !kills("skipme yes", 1) && kills("SKIPME no", 1));
    }

    #[test]
    fn errors_are_those_of_redis() {
        let error = |words| read(words).expect_err(words).line().to_owned();
        for wrong in ["id", "id 1 addr", "nothing 1", "skipme perhaps"] {
            assert_eq!(error(wrong), "ERR syntax error");
        }
        for wrong in ["id 0", "id -1", "id x", "id 99999999999999999999"] {
            assert_eq!(error(wrong), "ERR client-id should be greater than 0");
        }
        assert_eq!(
            error("type master-of-all"),
            "ERR Unknown client type 'master-of-all'"
        );
        assert_eq!(error("user bob"), "ERR No such user 'bob'");
    }
}

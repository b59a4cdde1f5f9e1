//! The users as one core serves by them: who a client is, whether it may run a command, and what a new version of the users
//! does to clients that are there.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::command::flags::Flags;
use engine::command::table::{CommandId, table};

use super::ServerCore;
use crate::acl::channel_pattern::Named;
use crate::acl::check::{Occasion, Refusal, admit};
use crate::acl::log::{Context, Denied, Reason};
use crate::acl::published::{Published, Version};
use crate::acl::user::User;
use crate::acl::users::Users;
use crate::commands::client::describe::describe;
use crate::connection::Connection;
use crate::pubsub::Kind;
use crate::runtime::net::ConnId;

/// How often what was denied, since start or CONFIG RESETSTAT.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Denials {
    /// Wrong passwords.
    pub logins: u64,
    /// Commands.
    pub commands: u64,
    /// Keys.
    pub keys: u64,
    /// Channels.
    pub channels: u64,
}

impl Denials {
    fn count(&mut self, reason: Reason) {
        *match reason {
            Reason::Auth => &mut self.logins,
            Reason::Command => &mut self.commands,
            Reason::Key => &mut self.keys,
            Reason::Channel => &mut self.channels,
        } += 1;
    }

    /// Takes in another core's.
    pub(crate) fn add(&mut self, other: &Denials) {
        self.logins += other.logins;
        self.commands += other.commands;
        self.keys += other.keys;
        self.channels += other.channels;
    }
}

/// What a new version of its user means for a client.
enum Standing {
    /// Nothing.
    Unchanged,
    /// It goes on as the user is now.
    Changed,
    /// Its user is gone, or it listens to what it may no longer hear.
    Out,
}

impl ServerCore {
    /// Where changes of the users are made.
    pub(crate) fn published(&self) -> &Published {
        self.process.users(&self.settings)
    }

    /// Whether `connection` has logged in as far as `command` asks for it.
    pub(crate) fn is_known_enough(&self, connection: &Connection, command: CommandId) -> bool {
        connection.authenticated
            || table().row(command).flags.contains(Flags::NO_AUTH)
            || self.users.users.default_user().is_open()
    }

    /// The refusal of a command that is about to run, or to be queued.
    pub(crate) fn admit(
        &mut self,
        connection: &mut Connection,
        command: CommandId,
        args: &Args<'_>,
    ) -> Result<(), CommandError> {
        if !self.is_known_enough(connection, command) {
            return Err(CommandError::new("NOAUTH Authentication required."));
        }
        let occasion = match connection.queue {
            Some(_) => Occasion::Queued,
            None => Occasion::Called,
        };
        admit(&connection.user, command, args, occasion)
            .map_err(|refusal| self.note_refusal(connection, command, occasion, *refusal))
    }

    /// The refusal of a queued command when EXEC runs it. Its user may have changed since it was queued.
    pub(crate) fn admit_queued(
        &mut self,
        connection: &mut Connection,
        command: CommandId,
        args: &Args<'_>,
    ) -> Result<(), CommandError> {
        if !connection.is_checked {
            return Ok(());
        }
        let user = connection.user.clone();
        self.admit_queued_as(&user, connection, command, args)
    }

    /// The same for the user that a client will be by then.
    pub(crate) fn admit_queued_as(
        &mut self,
        user: &User,
        connection: &mut Connection,
        command: CommandId,
        args: &Args<'_>,
    ) -> Result<(), CommandError> {
        let occasion = Occasion::Executed;
        admit(user, command, args, occasion)
            .map_err(|refusal| self.note_refusal(connection, command, occasion, *refusal))
    }

    /// Counts and logs a refusal. Returns the reply.
    fn note_refusal(
        &mut self,
        connection: &mut Connection,
        command: CommandId,
        occasion: Occasion,
        refusal: Refusal,
    ) -> CommandError {
        if let Some(denied) = refusal.denied {
            if occasion != Occasion::Executed {
                connection.last_command = Some(command);
            }
            self.note_denied(connection, denied);
        }
        refusal.error
    }

    /// A password was wrong, given by `args` for the user `name`.
    pub(crate) fn note_wrong_password(
        &mut self,
        connection: &Connection,
        args: &Args<'_>,
        name: &[u8],
    ) {
        let what = Denied {
            reason: Reason::Auth,
            context: context_of(connection),
            object: args.at(0).to_vec(),
            user: name.to_vec(),
        };
        self.note_denied(connection, what);
    }

    /// Counts and logs something that was denied to the client at the other end of `connection`.
    pub(crate) fn note_denied(&mut self, connection: &Connection, what: Denied) {
        self.statistics.denials.count(what.reason);
        let client = describe(connection, self.now, true);
        let most = self.settings.security.acllog_max_len;
        self.process.acl_log().note(what, client, self.now, most);
    }

    /// Serves by this version of the users from now on. Returns whether that puts the client numbered `asker` out, who is
    /// this core's and still gets its reply; others that are put out are closed.
    pub(crate) fn adopt_users(&mut self, version: &Version, asker: u64) -> bool {
        if version.revision <= self.users.revision {
            return false;
        }
        self.users = version.clone();
        let mut out: Vec<(ConnId, u64)> = Vec::new();
        let mut blocked: Vec<ConnId> = Vec::new();
        for connection in self.connections.iter_mut() {
            match standing(connection, &version.users) {
                Standing::Unchanged => {}
                Standing::Out => out.push((connection.conn, connection.id)),
                Standing::Changed if connection.blocked.is_some() => blocked.push(connection.conn),
                Standing::Changed => {}
            }
        }
        for (conn, _) in out.iter().filter(|(_, id)| *id != asker) {
            self.kill(*conn);
        }
        for conn in blocked {
            self.recheck_wait(conn);
        }
        out.iter().any(|(_, id)| *id == asker)
    }

    /// A client that waits for keys may not be allowed to any more: then it gets the error that it would get now.
    fn recheck_wait(&mut self, conn: ConnId) {
        let Some(mut connection) = self.connections.take(conn) else {
            return;
        };
        let words = std::mem::take(&mut connection.asked);
        if let Some(command) = connection.last_command
            && let Err(error) = self.admit(&mut connection, command, &words.as_args())
        {
            self.refuse_wait(&mut connection, error);
        }
        connection.asked = words;
        self.connections.put(connection);
    }
}

/// Where a command of `connection` comes from.
fn context_of(connection: &Connection) -> Context {
    if connection.queue.is_some() || connection.assembly.is_some() {
        Context::Multi
    } else {
        Context::TopLevel
    }
}

/// Moves a client to its user as it is among `users`, and says what that means.
fn standing(connection: &mut Connection, users: &Users) -> Standing {
    let before = connection.user.clone();
    let Some(now) = users
        .find(before.name())
        .filter(|user| user.is_same_as(&before))
    else {
        return Standing::Out;
    };
    if std::sync::Arc::ptr_eq(now, &before) {
        return Standing::Unchanged;
    }
    connection.set_user(now.clone(), connection.authenticated);
    if !now.keeps_channels_of(&before) && hears_too_much(connection) {
        return Standing::Out;
    }
    Standing::Changed
}

/// Whether a client listens where its user may not.
fn hears_too_much(connection: &Connection) -> bool {
    let Some(subscribed) = &connection.subscribed else {
        return false;
    };
    Kind::ALL.into_iter().any(|kind| {
        subscribed.list(kind).iter().any(|name| {
            let named = match kind {
                Kind::Pattern => Named::Pattern(name),
                Kind::Channel | Kind::ShardChannel => Named::Channel(name),
            };
            !connection.user.may_listen(named)
        })
    })
}

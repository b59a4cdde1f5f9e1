//! A configuration that changed, as it reaches the cores.
//!
//! Core 0 makes every new configuration, one after the other, and numbers them. Whoever asked for the change spreads it.
//! Two of them may arrive at a core in either order, so an older one never replaces a newer one: each holds all the
//! changes before it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::limits::Limits;
use engine::order::ShardId;

use super::ServerCore;
use crate::acl::published::Version;
use crate::acl::users::Users;
use crate::config::change::{self, Access, Changed, Fault};
use crate::config::topic::general::os_text;
use crate::config::{Settings, query};
use crate::launch::logging;
use crate::listeners::{self, Listening};

/// New sockets by core.
pub type NewListeners = Arc<Mutex<Vec<Vec<Listening>>>>;

/// A new configuration with what it needs to take effect. Cheap to copy.
#[derive(Clone)]
pub struct Change {
    /// Counts from 1.
    pub revision: u64,
    /// All values.
    pub settings: Arc<Settings>,
    /// New sockets to listen on instead of the old ones, if they change; each core takes its own list once.
    pub listeners: Option<NewListeners>,
    /// The users, if `requirepass` changes.
    pub users: Option<Version>,
}

/// What a core has taken over, and what of it the runtime has still to do.
#[derive(Default)]
pub struct Reconfigured {
    revision: u64,
    /// That of the change which brought the present sockets.
    listeners_revision: u64,
    listeners: Option<Vec<Listening>>,
    keepalive: Option<Option<Duration>>,
}

impl ServerCore {
    /// Makes a new configuration of `arguments` (name, value ..) and lets it take effect on this process and this core,
    /// which must be core 0; the caller spreads it.
    ///
    /// # Errors
    /// Nothing has changed then.
    pub fn reconfigure(&mut self, arguments: &[Vec<u8>], access: Access) -> Result<Change, Fault> {
        let words: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
        let Changed { settings, names } = change::set(&self.settings, &words, access)?;
        let listeners = self.reopen_listeners(&settings, &names)?;
        if names.contains(&"dir") {
            let moved = std::env::set_current_dir(settings.general.dir.as_path());
            moved.map_err(|error| Fault::Refused(b"dir".to_vec(), os_text(&error).into()))?;
        }
        if names.contains(&"loglevel") {
            logging::set_level(settings.general.loglevel);
        }
        names
            .iter()
            .filter_map(|name| query::ignored_line(name))
            .for_each(|line| tracing::info!("{line}"));
        let users = names.contains(&"requirepass").then(|| {
            let set = |users: &mut Users| users.set_default_password(settings.password());
            self.published().change(set)
        });
        let change = Change {
            revision: self.reconfigured.revision + 1,
            settings: Arc::new(settings),
            listeners,
            users,
        };
        self.adopt(&change);
        Ok(change)
    }

    /// Opens the sockets that a new port or new addresses ask for. The old ones are still open.
    fn reopen_listeners(
        &self,
        settings: &Settings,
        names: &[&'static str],
    ) -> Result<Option<NewListeners>, Fault> {
        let Some(name) = names.iter().find(|name| matches!(**name, "port" | "bind")) else {
            return Ok(None);
        };
        let is_own_port = settings.network.port == self.settings.network.port;
        let lists =
            listeners::reopen(settings, self.process.cores, is_own_port).map_err(|why| {
                tracing::warn!("The new {name} does not work, the old one stays: {}", why.0);
                let reason = match *name {
                    "port" => "Unable to listen on this port. Check server logs.",
                    _ => "Failed to bind to specified addresses.",
                };
                Fault::Refused(name.as_bytes().to_vec(), reason.into())
            })?;
        Ok(Some(Arc::new(Mutex::new(lists))))
    }

    /// Takes over a configuration that changed.
    pub fn adopt(&mut self, change: &Change) {
        if let Some(listeners) = &change.listeners {
            self.take_over_listeners(change.revision, listeners);
        }
        if let Some(users) = &change.users {
            // Nobody is put out by another password.
            self.adopt_users(users, 0);
        }
        if change.revision <= self.reconfigured.revision {
            return;
        }
        if change.settings.network.tcp_keepalive != self.settings.network.tcp_keepalive {
            let seconds = u64::from(change.settings.network.tcp_keepalive);
            self.reconfigured.keepalive = Some((seconds > 0).then(|| Duration::from_secs(seconds)));
        }
        self.reconfigured.revision = change.revision;
        let shard = self.engine.shard();
        shard.limits = Limits {
            // DEBUG sets these; no parameter does.
            list_packed_threshold: shard.limits.list_packed_threshold,
            skips_checksums: shard.limits.skips_checksums,
            ..super::limits(&change.settings)
        };
        let was_on = self.settings.append_only.appendonly;
        self.settings = change.settings.clone();
        let patience = self.settings.scripting.busy_reply_threshold;
        self.scripting.borrow_mut().set_patience(patience);
        if self.me() == ShardId(0) {
            self.process.append_only.set_settings(&self.settings);
            let is_on = self.settings.append_only.appendonly;
            if is_on != was_on {
                self.turn_log(is_on);
            }
        }
        self.tell_meter();
    }

    fn take_over_listeners(&mut self, revision: u64, lists: &Mutex<Vec<Vec<Listening>>>) {
        if revision > self.reconfigured.listeners_revision {
            self.reconfigured.listeners_revision = revision;
            let mut lists = lists.lock().unwrap_or_else(|broken| broken.into_inner());
            self.reconfigured.listeners = lists.get_mut(self.me().index()).map(std::mem::take);
        }
    }

    /// Takes the sockets that are to replace those this core listens on for TCP.
    pub fn take_listeners(&mut self) -> Option<Vec<Listening>> {
        self.reconfigured.listeners.take()
    }

    /// Takes a new keepalive for connections to come; None inside turns it off.
    pub fn take_keepalive(&mut self) -> Option<Option<Duration>> {
        self.reconfigured.keepalive.take()
    }
}

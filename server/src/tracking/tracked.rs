//! How a connection wants to be told that what it has read is no more what it was.

use std::collections::BTreeSet;

use engine::order::ShardId;

use crate::connection::Connection;
use crate::runtime::net::ConnId;

/// What it wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All keys it reads.
    Reads,
    /// Those that it reads right after CLIENT CACHING YES.
    OptIn {
        /// That was its last command.
        caches: bool,
    },
    /// All but those that it reads right after CLIENT CACHING NO.
    OptOut {
        /// That was its last command.
        skips: bool,
    },
    /// All keys that begin with one of these, whoever reads them.
    Broadcast(BTreeSet<Box<[u8]>>),
}

/// The client that is told instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Its CLIENT ID.
    pub id: u64,
    /// Its core.
    pub core: ShardId,
    /// Its name there.
    pub conn: ConnId,
    /// It turned out to be gone.
    pub is_broken: bool,
}

impl Redirect {
    /// To this client.
    pub fn to(client: &Connection) -> Self {
        Redirect {
            id: client.id,
            core: client.core,
            conn: client.conn,
            is_broken: false,
        }
    }
}

/// See the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked {
    /// What it wants to hear of.
    pub mode: Mode,
    /// Not of what it changed itself.
    pub no_loop: bool,
    /// Who is told, if another client is.
    pub redirect: Option<Redirect>,
}

impl Tracked {
    /// Whether the keys that it reads now are remembered.
    pub fn remembers(&self) -> bool {
        match self.mode {
            Mode::Reads => true,
            Mode::OptIn { caches } => caches,
            Mode::OptOut { skips } => !skips,
            Mode::Broadcast(_) => false,
        }
    }

    /// CLIENT CACHING has done its work.
    pub fn end_caching(&mut self) {
        match &mut self.mode {
            Mode::OptIn { caches: once } | Mode::OptOut { skips: once } => *once = false,
            Mode::Reads | Mode::Broadcast(_) => {}
        }
    }

    /// The prefixes it listens to.
    pub fn prefixes(&self) -> impl Iterator<Item = &[u8]> {
        let prefixes = match &self.mode {
            Mode::Broadcast(prefixes) => Some(prefixes),
            _ => None,
        };
        prefixes.into_iter().flatten().map(|prefix| &**prefix)
    }

    /// Bytes of memory, about, here and at the shards.
    pub fn memory(&self) -> usize {
        const PLACE: usize = 64;
        let prefixes = self.prefixes().map(|prefix| prefix.len() + PLACE);
        size_of::<Self>() + prefixes.sum::<usize>()
    }

    /// Whether it listens to prefixes.
    pub fn is_broadcast(&self) -> bool {
        matches!(self.mode, Mode::Broadcast(_))
    }

    /// Whether the client it redirects to is gone.
    pub fn is_broken(&self) -> bool {
        self.redirect.is_some_and(|redirect| redirect.is_broken)
    }
}

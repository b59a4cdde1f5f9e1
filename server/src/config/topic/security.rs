//! Passwords, users and dangerous commands.

use super::WIDE_NATURAL;
use crate::config::value::{Kind, Text, choice};

choice! {
    /// Who may do something dangerous.
    pub enum Allowed {
        /// Nobody.
        No = "no",
        /// Everybody.
        Yes = "yes",
        /// Connections from this machine.
        Local = "local",
    }
}

impl Allowed {
    /// Whether a connection may, given whether it comes from this machine.
    pub fn admits(self, is_local: bool) -> bool {
        match self {
            Self::No => false,
            Self::Yes => true,
            Self::Local => is_local,
        }
    }
}

choice! {
    /// The channels of a new user.
    pub enum ChannelsOfNewUsers {
        /// All of them.
        All = "allchannels",
        /// None.
        Reset = "resetchannels",
    }
}

topic! {
    /// Passwords, users and dangerous commands.
    pub struct Security in security {
        /// Password of the default user.
        requirepass: Option<Text> = None, "requirepass", Kind::Text, [SECRET];
        /// File of users; empty keeps them in the configuration.
        aclfile: Text = Text::default(), "aclfile", Kind::Text, [IMMUTABLE];
        /// Entries that ACL LOG keeps.
        acllog_max_len: u64 = 128, "acllog-max-len", WIDE_NATURAL;
        /// The channels of a new user.
        acl_pubsub_default: ChannelsOfNewUsers = ChannelsOfNewUsers::Reset, "acl-pubsub-default",
            Kind::Choice(ChannelsOfNewUsers::WORDS);
        /// Who may change protected parameters at run time.
        enable_protected_configs: Allowed = Allowed::No, "enable-protected-configs",
            Kind::Choice(Allowed::WORDS), [IMMUTABLE];
        /// Who may use DEBUG.
        enable_debug_command: Allowed = Allowed::No, "enable-debug-command", Kind::Choice(Allowed::WORDS), [IMMUTABLE];
        /// Who may use MODULE.
        enable_module_command: Allowed = Allowed::No, "enable-module-command",
            Kind::Choice(Allowed::WORDS), [IMMUTABLE];
    }
}

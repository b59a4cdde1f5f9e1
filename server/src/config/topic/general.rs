//! The process: where it runs, what it logs, who supervises it.

use super::{NATURAL, POSITIVE};
use crate::config::value::{Kind, Reason, Text, Value, ValueLine, choice, not_a_choice, single};
use crate::config::words::quote;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

choice! {
    /// The least important messages that are logged.
    pub enum LogLevel {
        /// Everything.
        Debug = "debug",
        /// Without what only developers want.
        Verbose = "verbose",
        /// What operators want.
        Notice = "notice",
        /// What needs attention.
        Warning = "warning",
        /// Nothing at all.
        Nothing = "nothing",
    }
}

choice! {
    /// Who watches the process.
    pub enum Supervised {
        /// Upstart: the process stops itself when it is ready.
        Upstart = "upstart",
        /// systemd: told through its notification socket.
        Systemd = "systemd",
        /// Whichever of both the environment shows.
        Auto = "auto",
        /// Nobody.
        No = "no",
    }
}

choice! {
    /// The facility of syslog messages.
    pub enum SyslogFacility {
        /// `LOG_USER`.
        User = "user",
        /// `LOG_LOCAL0`.
        Local0 = "local0",
        /// `LOG_LOCAL1`.
        Local1 = "local1",
        /// `LOG_LOCAL2`.
        Local2 = "local2",
        /// `LOG_LOCAL3`.
        Local3 = "local3",
        /// `LOG_LOCAL4`.
        Local4 = "local4",
        /// `LOG_LOCAL5`.
        Local5 = "local5",
        /// `LOG_LOCAL6`.
        Local6 = "local6",
        /// `LOG_LOCAL7`.
        Local7 = "local7",
    }
}

topic! {
    /// The process: where it runs, what it logs, who supervises it.
    pub struct General in general {
        /// Number of databases.
        databases: u32 = 16, "databases", POSITIVE, [IMMUTABLE];
        /// Working directory; snapshots and append-only files are in it.
        dir: Directory = Directory::default(), "dir", Kind::Special("directory"), [PROTECTED | NOT_LOADING];
        /// Leaves the terminal and runs in the background.
        daemonize: bool = false, "daemonize", Kind::Switch, [IMMUTABLE];
        /// Who watches the process.
        supervised: Supervised = Supervised::No, "supervised", Kind::Choice(Supervised::WORDS), [IMMUTABLE];
        /// File that holds the process id while the server runs.
        pidfile: Option<Text> = None, "pidfile", Kind::Text, [IMMUTABLE];
        /// The least important messages that are logged.
        loglevel: LogLevel = LogLevel::Notice, "loglevel", Kind::Choice(LogLevel::WORDS);
        /// File that messages are appended to; empty is standard output.
        logfile: Text = Text::default(), "logfile", Kind::Text, [IMMUTABLE];
        /// Sends messages to syslog.
        syslog_enabled: bool = false, "syslog-enabled", Kind::Switch, [IMMUTABLE],
            ignored "messages go to logfile or standard output only";
        /// Name of the program in syslog.
        syslog_ident: Text = "redis".into(), "syslog-ident", Kind::Text, [IMMUTABLE],
            ignored "messages go to logfile or standard output only";
        /// Facility of syslog messages.
        syslog_facility: SyslogFacility = SyslogFacility::Local0, "syslog-facility",
            Kind::Choice(SyslogFacility::WORDS), [IMMUTABLE], ignored "messages go to logfile or standard output only";
        /// Logs a report when the process crashes.
        crash_log_enabled: bool = true, "crash-log-enabled", Kind::Switch;
        /// Tests memory when the process crashes.
        crash_memcheck_enabled: bool = true, "crash-memcheck-enabled", Kind::Switch, ignored "there is no memory test";
        /// Shows the logo even where messages do not go to a terminal.
        always_show_logo: bool = false, "always-show-logo", Kind::Switch, [IMMUTABLE];
        /// Sets the title of the process.
        set_proc_title: bool = true, "set-proc-title", Kind::Switch, [IMMUTABLE],
            ignored "the command line stays as it was given";
        /// Form of the title of the process.
        proc_title_template: Text = "{title} {listen-addr} {server-mode}".into(), "proc-title-template",
            Kind::Checked(title_template), ignored "the command line stays as it was given";
        /// Warnings that do not stop the start.
        ignore_warnings: Text = Text::default(), "ignore-warnings", Kind::Text, ignored "no warning stops the start";
        /// Keeps transparent huge pages off.
        disable_thp: bool = true, "disable-thp", Kind::Switch, [IMMUTABLE];
        /// What happens on SIGINT.
        shutdown_on_sigint: SignalShutdown = SignalShutdown::default(), "shutdown-on-sigint",
            Kind::Choice(SignalShutdown::WORDS), [MULTI];
        /// What happens on SIGTERM.
        shutdown_on_sigterm: SignalShutdown = SignalShutdown::default(), "shutdown-on-sigterm",
            Kind::Choice(SignalShutdown::WORDS), [MULTI];
        /// Seconds that a shutdown waits for replicas to catch up.
        shutdown_timeout: u32 = 10, "shutdown-timeout", NATURAL;
        /// Locale that orders text in SORT; empty takes it from the environment.
        locale_collate: Text = Text::default(), "locale-collate", Kind::Text, ignored "text is ordered by its bytes";
    }
}

/// The working directory, absolute and without links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory(PathBuf);

impl Directory {
    /// The directory.
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

/// Where the process was started.
impl Default for Directory {
    fn default() -> Self {
        Self(std::env::current_dir().unwrap_or_default())
    }
}

impl Value for Directory {
    /// Resolves the path against the directory so far, as a change of directory would.
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let wanted = self.0.join(std::ffi::OsStr::from_bytes(single(words)?));
        let found = wanted.canonicalize().map_err(|error| os_text(&error))?;
        if !found.is_dir() {
            return Err("Not a directory".into());
        }
        self.0 = found;
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        self.0.clone().into_os_string().into_vec()
    }

    fn lines(&self, _default: &Self, _kind: &Kind) -> Vec<ValueLine> {
        vec![ValueLine {
            text: quote(&self.show()),
            needed: true,
        }]
    }
}

/// An error of the operating system in its own words, without the number Rust adds.
pub(crate) fn os_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// Whether a shutdown writes a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SaveOnSignal {
    /// If save points are set.
    #[default]
    Default,
    /// Always.
    Save,
    /// Never.
    Nosave,
}

/// What a shutdown signal asks for; the same words as SHUTDOWN takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignalShutdown {
    /// Whether a snapshot is written.
    pub save: SaveOnSignal,
    /// Does not wait for replicas.
    pub now: bool,
    /// Ends even if the snapshot fails.
    pub force: bool,
}

impl SignalShutdown {
    /// The words it is made of.
    pub const WORDS: &'static [&'static str] = &["default", "save", "nosave", "now", "force"];
}

impl Value for SignalShutdown {
    fn assign(&mut self, words: &[&[u8]], _kind: &Kind) -> Result<(), Reason> {
        let lower: Vec<_> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let known = |word: &Vec<u8>| Self::WORDS.iter().any(|name| name.as_bytes() == word);
        if lower.is_empty() || !lower.iter().all(known) {
            return Err(not_a_choice(Self::WORDS));
        }
        let asked = |name: &[u8]| lower.iter().any(|word| word == name);
        let save = match (asked(b"save"), asked(b"nosave")) {
            (true, true) => {
                return Err("shutdown options SAVE and NOSAVE can't be used simultaneously".into());
            }
            (true, false) => SaveOnSignal::Save,
            (false, true) => SaveOnSignal::Nosave,
            (false, false) => SaveOnSignal::Default,
        };
        *self = Self {
            save,
            now: asked(b"now"),
            force: asked(b"force"),
        };
        Ok(())
    }

    fn show(&self) -> Vec<u8> {
        let save = match self.save {
            SaveOnSignal::Default => None,
            SaveOnSignal::Save => Some("save"),
            SaveOnSignal::Nosave => Some("nosave"),
        };
        let words: Vec<&str> = save
            .into_iter()
            .chain(self.now.then_some("now"))
            .chain(self.force.then_some("force"))
            .collect();
        if words.is_empty() {
            b"default".to_vec()
        } else {
            words.join(" ").into_bytes()
        }
    }
}

/// Variables that `proc-title-template` may name.
const TITLE_VARIABLES: [&str; 7] = [
    "title",
    "listen-addr",
    "server-mode",
    "port",
    "tls-port",
    "unixsocket",
    "config-file",
];

/// Checks a template as Redis does: with an empty title, something has to be left.
fn title_template(template: &[u8]) -> Result<(), Reason> {
    let refused = || Reason::from("template format is invalid or contains unknown variables");
    let mut rest = String::from_utf8_lossy(template).into_owned();
    let mut plain = String::new();
    while let Some(open) = rest.find('{') {
        plain.push_str(&rest[..open]);
        let close = rest[open..].find('}').ok_or_else(refused)? + open;
        let name = &rest[open + 1..close];
        if !TITLE_VARIABLES.contains(&name) {
            return Err(refused());
        }
        plain.push_str(if name == "title" { "" } else { name });
        rest = rest[close + 1..].to_owned();
    }
    plain.push_str(&rest);
    if plain.trim().is_empty() {
        Err(refused())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_name_known_variables_only() {
        for good in ["{title} {port}", "plain", "--my--title--template"] {
            assert!(title_template(good.as_bytes()).is_ok(), "{good}");
        }
        for bad in ["", "  ", "{title}", "{invalid-var}", "{title"] {
            assert!(title_template(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_directory_is_resolved_and_must_exist() {
        let mut dir = Directory::default();
        dir.assign(&[b"/usr"], &Kind::Text).expect("there");
        dir.assign(&[b"bin/../lib"], &Kind::Text).expect("there");
        assert_eq!(
            dir.show(),
            Path::new("/usr/lib")
                .canonicalize()
                .expect("there")
                .as_os_str()
                .as_bytes()
        );
        assert_eq!(
            dir.assign(&[b"/no/such"], &Kind::Text),
            Err("No such file or directory".into())
        );
        assert_eq!(
            dir.assign(&[b"/etc/passwd"], &Kind::Text),
            Err("Not a directory".into())
        );
    }

    #[test]
    fn shutdown_words_are_sorted_and_checked() {
        let mut on_signal = SignalShutdown::default();
        assert_eq!(on_signal.show(), b"default");
        on_signal
            .assign(&[b"FORCE", b"nosave", b"now"], &Kind::Text)
            .expect("known");
        assert_eq!(on_signal.show(), b"nosave now force");
        assert!(
            on_signal
                .assign(&[], &Kind::Text)
                .expect_err("none")
                .contains("must be one of the following")
        );
        assert!(
            on_signal
                .assign(&[b"save", b"nosave"], &Kind::Text)
                .expect_err("both")
                .contains("simultaneously")
        );
    }
}

//! From the command line to a process that is about to start its cores.
//!
//! ```text
//! arguments -> configuration -> working directory -> background -> log -> signals -> pid file -> logo -> cores
//! ```
//! Invariant: everything here runs on the only thread there is; the fork into the background needs that, and rings that
//! were made before it would stay with the parent.

pub mod banner;
pub mod daemonize;
pub mod huge_pages;
pub mod logging;
pub mod pidfile;
pub mod shutdown_signals;
pub mod supervised;

use crate::acl::start;
use crate::commands;
use crate::config::command_line::{self, Request};
use crate::config::directive::Fatal;
use crate::config::load::{self, Loaded};
use crate::config::{Settings, help};
use pidfile::PidFile;
use shutdown_signals::ShutdownSignals;
use std::ffi::OsString;
use std::fmt;
use std::io;
use supervised::Supervisor;

/// A process that is ready to start its cores.
#[derive(Debug)]
pub struct Launched {
    /// The configuration.
    pub loaded: Loaded,
    /// Who has to be told when connections are accepted.
    pub supervisor: Supervisor,
    /// Requests to shut down.
    pub signals: ShutdownSignals,
    /// Removed when dropped; drop it last.
    pub pidfile: Option<PidFile>,
}

/// Why no server runs in this process.
#[derive(Debug)]
pub enum Ended {
    /// It was asked for this text only: print it to standard output, status 0.
    Answered(String),
    /// It cannot start: print this to standard error, status 1.
    Failed(String),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(text) | Self::Failed(text) => f.write_str(text),
        }
    }
}

impl Ended {
    /// Prints the text where it belongs and tells the exit status.
    pub fn report(&self) -> std::process::ExitCode {
        use io::Write;
        // Nobody is left to tell if the terminal is gone.
        match self {
            Self::Answered(text) => {
                let _ = writeln!(io::stdout(), "{text}");
                std::process::ExitCode::SUCCESS
            }
            Self::Failed(text) => {
                let _ = writeln!(io::stderr(), "{text}");
                std::process::ExitCode::FAILURE
            }
        }
    }
}

/// Prepares the process for what the arguments (without the program's name) ask for.
///
/// # Errors
/// [`Ended`], also for `--version` and `--help`.
pub fn launch(arguments: impl IntoIterator<Item = OsString>) -> Result<Launched, Ended> {
    let sources = match command_line::parse(arguments) {
        Request::Version => return Err(Ended::Answered(help::version())),
        Request::Help => return Err(Ended::Answered(help::help())),
        Request::Run(sources) => sources,
    };
    let loaded = load::load(&sources, &mut io::stdin().lock())
        .map_err(|fault| Ended::Failed(fault.to_string()))?;
    let failed = |fault: Fatal| Ended::Failed(fault.to_string());
    commands::register_renamed(&loaded.deferred.renamed_commands).map_err(failed)?;
    start::check(&loaded.deferred.users).map_err(failed)?;
    let prepared =
        prepare(&loaded.settings).map_err(|(what, why)| Ended::Failed(format!("{what}: {why}")));
    let (supervisor, signals, pidfile) = prepared?;
    banner::announce(&loaded, sources != command_line::Sources::default());
    Ok(Launched {
        loaded,
        supervisor,
        signals,
        pidfile,
    })
}

/// What could not be done, and why.
type Obstacle = (&'static str, io::Error);

fn prepare(
    settings: &Settings,
) -> Result<(Supervisor, ShutdownSignals, Option<PidFile>), Obstacle> {
    let general = &settings.general;
    std::env::set_current_dir(general.dir.as_path()).map_err(|error| ("Can't chdir", error))?;
    let supervisor = Supervisor::detect(general.supervised);
    let background = general.daemonize && matches!(supervisor, Supervisor::Nobody);
    if background {
        daemonize::daemonize().map_err(|error| ("Can't run in the background", error))?;
    }
    logging::install(general.loglevel, logging::Target::of(general));
    supervisor.starting();
    let signals = ShutdownSignals::install().map_err(|error| ("Can't handle signals", error))?;
    if general.disable_thp {
        huge_pages::turn_off();
    }
    let pidfile = PidFile::of(general, background).and_then(|path| match PidFile::write(path) {
        Ok(pidfile) => Some(pidfile),
        Err(error) => {
            tracing::warn!("Failed to write PID file: {error}");
            None
        }
    });
    Ok((supervisor, signals, pidfile))
}

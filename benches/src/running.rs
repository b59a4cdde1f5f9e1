//! A server that runs, from its start to its end.
//!
//! Invariant: it listens on 127.0.0.1 only, and it ends, by its process id, at the latest when its [`Running`] is dropped.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Failure;
use crate::client::Client;
use crate::contestant::Contestant;
use crate::processors::Processors;

const TIME_TO_START: Duration = Duration::from_secs(10);
const TIME_TO_END: Duration = Duration::from_secs(5);

/// See the top of the file.
pub struct Running {
    /// Its name in tables.
    pub name: String,
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    log: PathBuf,
    /// Its own, for what it saves.
    folder: PathBuf,
}

impl Running {
    /// Starts `contestant` on `processors` and waits until it answers.
    ///
    /// # Errors
    /// It does not start or does not answer within ten seconds.
    pub fn start(
        contestant: &Contestant,
        shards: u16,
        processors: &Processors,
    ) -> Result<Self, Failure> {
        let port = free_port()?;
        let log = std::env::temp_dir().join(format!("load-{}-{port}.log", std::process::id()));
        let folder = log.with_extension("d");
        std::fs::create_dir_all(&folder)?;
        let errors = File::create(&log)?;
        let out = errors.try_clone()?;
        let mut command = contestant.command(port, shards);
        command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .current_dir(&folder);
        let child = processors
            .spawn(&mut command)
            .map_err(|why| format!("{}: {why}", contestant.name))?;
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let mut running = Running {
            name: contestant.name.clone(),
            address,
            child,
            log,
            folder,
        };
        running.await_answer()?;
        Ok(running)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A new connection to it.
    ///
    /// # Errors
    /// It does not accept.
    pub fn connect(&self) -> Result<Client, Failure> {
        Client::connect(self.address)
    }

    fn await_answer(&mut self) -> Result<(), Failure> {
        let patience = Instant::now() + TIME_TO_START;
        while Instant::now() < patience {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!(
                    "{} ended at once ({status}): {}",
                    self.name,
                    self.last_words()
                )
                .into());
            }
            if self
                .connect()
                .and_then(|mut client| client.ask(&[b"PING"]))
                .is_ok_and(|reply| reply == b"PONG")
            {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("{} does not answer: {}", self.name, self.last_words()).into())
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        log.lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("it wrote nothing")
            .to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let asked = Pid::from_raw(self.child.id() as i32)
            .is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok());
        let patience = Instant::now() + TIME_TO_END;
        while asked && Instant::now() < patience {
            if !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Harmless when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

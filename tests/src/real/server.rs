//! A running `darter` or `redis-server`, stopped when it is dropped.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it accepts connections.
const START: Duration = Duration::from_secs(20);

/// See the top of the file. It listens on the loopback interface only.
pub struct Server {
    process: Child,
    address: SocketAddr,
    /// Its own, for what it saves unless it is told where.
    folder: PathBuf,
}

impl Server {
    /// Starts a server of `shards` shards.
    ///
    /// # Panics
    /// If there is no binary, or it does not accept connections.
    pub fn start(shards: u16) -> Self {
        Server::with_options(shards, &[])
    }

    /// As [`Server::start`], with more words of its command line.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn with_options(shards: u16, options: &[&str]) -> Self {
        let shards = shards.to_string();
        let options = [&["--shards", &shards][..], options].concat();
        Server::run(&binary(), &options)
    }

    /// Starts redis-server, with more words of its command line.
    ///
    /// # Panics
    /// As [`Server::start`].
    pub fn redis(options: &[&str]) -> Self {
        Server::run(Path::new("redis-server"), options)
    }

    fn run(binary: &Path, options: &[&str]) -> Self {
        let address = free_address();
        let mut command = Command::new(binary);
        command.args(["--bind", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--save", ""]).args(options);
        let folder = format!("darter-{}-{}", std::process::id(), address.port());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&folder).expect("there is room for a folder");
        let spawned = command
            .current_dir(&folder)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = spawned.unwrap_or_else(|error| panic!("{}: {error}", binary.display()));
        let mut server = Server {
            process,
            address,
            folder,
        };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&mut self) {
        let end = Instant::now() + START;
        while TcpStream::connect(self.address).is_err() {
            let ended = self.process.try_wait().ok().flatten();
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(Instant::now() < end, "the server accepts no connections");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes of memory that it occupies.
    ///
    /// # Panics
    /// If it has ended.
    pub fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).expect("a running process has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.expect("a running process has memory") << 10
    }

    /// Kills it, as a loss of power would. Requests that are under way fail.
    ///
    /// # Panics
    /// If the system does not let it be killed.
    pub fn kill(&self) {
        let id = self.process.id().to_string();
        let killed = Command::new("kill").args(["-9", &id]).status();
        assert!(killed.is_ok_and(|status| status.success()));
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The binary that `DARTER` names, or the one of the same build as this program.
fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("DARTER") {
        // It is started in a folder of its own.
        return std::path::absolute(path).expect("there is a working directory");
    }
    let program = std::env::current_exe().expect("a program knows its own path");
    // Tests live in target/PROFILE/deps, binaries in target/PROFILE.
    let folders = program.ancestors().skip(1).take(2);
    let mut places = folders.map(|folder| folder.join("darter"));
    let found = places.find(|path| path.exists());
    found.unwrap_or_else(|| panic!("no darter beside {}: build it", program.display()))
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    listener
        .and_then(|listener| listener.local_addr())
        .expect("the loopback interface has a free port")
}

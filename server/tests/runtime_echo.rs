//! The runtime of a core as a process of its own: an echo server on several cores, real sockets, real sleep.
//!
//! Each test starts this test binary again as the server (`serve` with SERVE in the environment) and talks to it.

#![allow(clippy::print_stdout)] // The server process reports to its test on standard output.

use server::runtime::core::{CoreId, CoreSpec, CoreTask, Next, available_cores, run_cores};
use server::runtime::net::{ConnId, ListenerKind, NetEvent, NetOps, socket};
use server::runtime::{allocator, background};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Unsent bytes from which on a connection is not read.
const HIGH: usize = 1 << 20;

/// What the server answers with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// What it got.
    Echo,
    /// `+PONG` for each end of a line.
    Pong,
}

struct Echo {
    mode: Mode,
    sockets: Vec<(OwnedFd, ListenerKind)>,
    spare: Vec<Vec<u8>>,
    /// Answers of this tick, by connection, in order of arrival.
    answers: Vec<(ConnId, Vec<u8>)>,
    paused: HashMap<ConnId, ()>,
}

impl Echo {
    fn answer(&mut self, conn: ConnId, bytes: &[u8]) {
        if self.answers.last().is_none_or(|(last, _)| *last != conn) {
            self.answers
                .push((conn, self.spare.pop().unwrap_or_default()));
        }
        let Some((_, answer)) = self.answers.last_mut() else {
            return;
        };
        match self.mode {
            Mode::Echo => answer.extend_from_slice(bytes),
            Mode::Pong => {
                for _ in bytes.iter().filter(|byte| **byte == b'\n') {
                    answer.extend_from_slice(b"+PONG\r\n");
                }
            }
        }
    }

    fn flush(&mut self, ops: &mut NetOps) {
        for (conn, answer) in self.answers.drain(..) {
            ops.send(conn, answer);
            if ops.unsent(conn) > HIGH {
                ops.pause_receive(conn);
                self.paused.insert(conn, ());
            }
        }
    }
}

impl CoreTask for Echo {
    fn on_start(&mut self, ops: &mut NetOps) {
        for (fd, kind) in self.sockets.drain(..) {
            ops.listen(fd, kind);
        }
        if let Ok(pause) = std::env::var("BACKGROUND") {
            let pause = Duration::from_millis(pause.parse().unwrap());
            background::spawn_background(async move {
                loop {
                    background::sleep(pause).await;
                    background::blocking(|| std::thread::sleep(Duration::from_millis(1))).await;
                }
            });
        }
    }

    fn on_event(&mut self, ops: &mut NetOps, event: NetEvent<'_>) {
        match event {
            NetEvent::Accepted { peer, local, .. } => {
                assert!(!peer.to_string().is_empty() && !local.to_string().is_empty());
            }
            NetEvent::Received { conn, bytes } if bytes.starts_with(b"CLOSE") => ops.close(conn),
            NetEvent::Received { bytes, .. } if bytes.starts_with(b"PANIC") => panic!("asked to"),
            NetEvent::Received { conn, bytes } if bytes.starts_with(b"FIGURES") => {
                let text = format!(
                    "rss={} connections={}\n",
                    allocator::rss(),
                    ops.connections()
                );
                ops.send(conn, text.into_bytes());
            }
            NetEvent::Received { conn, bytes } if bytes.starts_with(b"FILL ") => {
                let text = std::str::from_utf8(&bytes[5..]).unwrap().trim();
                let size: usize = text.parse().unwrap();
                ops.send(conn, (0..size).map(|at| (at % 251) as u8).collect());
                ops.close_after_send(conn);
            }
            NetEvent::Received { conn, bytes } => self.answer(conn, bytes),
            NetEvent::Ended { conn } => {
                self.flush(ops);
                ops.close_after_send(conn);
            }
            NetEvent::Sent { conn, buf, .. } => {
                self.spare.push(buf);
                if ops.unsent(conn) <= HIGH && self.paused.remove(&conn).is_some() {
                    ops.resume_receive(conn);
                }
            }
            NetEvent::Closed { conn, .. } => {
                self.paused.remove(&conn);
                assert!(ops.fd(conn).is_none());
            }
        }
    }

    fn tick(&mut self, ops: &mut NetOps, _now: Instant) -> Next {
        self.flush(ops);
        Next::Park(None)
    }

    fn has_mail(&self) -> bool {
        false
    }
}

/// Not a test: the server the others talk to. Ends with its standard input.
#[test]
fn serve() {
    let Ok(plan) = std::env::var("SERVE") else {
        return;
    };
    let (cores, mode) = plan.split_once(',').unwrap();
    let cores: usize = cores.parse().unwrap();
    if let Ok(errno) = std::env::var("REFUSE") {
        refuse_io_uring(errno.parse().unwrap());
    }
    let mode = if mode == "pong" {
        Mode::Pong
    } else {
        Mode::Echo
    };
    let port = std::env::var("PORT").map_or(0, |port| port.parse().unwrap());
    let sockets = socket::open_tcp(([127, 0, 0, 1], port).into(), cores, 511).unwrap();
    let addr = std::net::TcpListener::from(sockets[0].try_clone().unwrap())
        .local_addr()
        .unwrap();
    let mut seats: Vec<_> = sockets
        .into_iter()
        .map(|socket| vec![(socket, ListenerKind::Tcp)])
        .collect();
    if let Some(path) = std::env::var_os("UNIX") {
        let path = PathBuf::from(path);
        let unix = socket::open_unix(&path, Some(0o700), 511).unwrap();
        seats[0].push((unix, ListenerKind::Unix(Arc::from(path))));
    }
    let seats = Arc::new(Mutex::new(seats));
    let make = move |core: CoreId| Echo {
        mode,
        sockets: std::mem::take(&mut seats.lock().unwrap()[usize::from(core.0)]),
        spare: Vec::new(),
        answers: Vec::new(),
        paused: HashMap::new(),
    };
    let mut spec = CoreSpec::new(cores as u16).unwrap();
    spec.net.keepalive = Some(Duration::from_secs(300));
    spec.net.warn = |line| println!("WARN {line}");
    if let Ok(spin) = std::env::var("SPIN") {
        spec.spin = spin.parse().unwrap();
    }
    let handles = match run_cores(spec, make) {
        Ok(handles) => handles,
        Err(error) => {
            println!("\nREFUSED {error}");
            std::process::exit(1);
        }
    };
    println!("\nLISTENING {addr}");
    let stopper = handles.stopper();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stopper.stop();
    });
    if let Err(error) = handles.join() {
        println!("\nFAILED {error}");
        std::process::exit(3);
    }
}

struct Server {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
    addr: SocketAddr,
}

impl Server {
    fn start(plan: &str, env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "serve", "--nocapture"])
            .env("SERVE", plan)
            .envs(env.to_vec());
        Self::launch(command)
    }

    fn launch(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let line = line_with(&mut output, "LISTENING ");
        Server {
            child,
            output,
            addr: line.parse().unwrap(),
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
            .set_write_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    fn figure(&self, name: &str) -> usize {
        let mut stream = self.connect();
        stream.write_all(b"FIGURES").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        let found = line
            .split_whitespace()
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.unwrap().parse().unwrap()
    }

    /// Milliseconds of processor time used so far.
    fn cpu_ms(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        ticks * 10
    }

    /// Ends the server as its owner would; it must agree.
    fn stop(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line_with(output: &mut impl BufRead, start: &str) -> String {
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        if let Some(rest) = line.strip_prefix(start) {
            return rest.trim().to_owned();
        }
        line.clear();
    }
    panic!("the server ended without saying {start}");
}

fn echo(stream: &mut (impl Read + Write), text: &[u8]) {
    stream.write_all(text).unwrap();
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).unwrap();
    assert!(back == text);
}

fn many_connections(cores: usize) {
    let server = Server::start(&format!("{cores},echo"), &[]);
    let mut streams: Vec<TcpStream> = (0..200).map(|_| server.connect()).collect();
    for round in 0..20 {
        for (index, stream) in streams.iter_mut().enumerate() {
            stream
                .write_all(format!("{index}:{round};").repeat(1 + index % 7).as_bytes())
                .unwrap();
        }
        for (index, stream) in streams.iter_mut().enumerate() {
            let expected = format!("{index}:{round};").repeat(1 + index % 7);
            let mut back = vec![0; expected.len()];
            stream.read_exact(&mut back).unwrap();
            assert_eq!(back, expected.as_bytes());
        }
    }
    // Some leave without a word, some after a reset, some are asked to.
    for (index, mut stream) in streams.into_iter().enumerate() {
        match index % 3 {
            0 => drop(stream),
            1 => stream.write_all(b"unread").unwrap(),
            _ => {
                stream.write_all(b"CLOSE").unwrap();
                assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
            }
        }
    }
    echo(&mut server.connect(), b"still here");
    server.stop();
}

#[test]
fn two_cores_serve_200_connections() {
    many_connections(2);
}

#[test]
fn four_cores_serve_200_connections() {
    many_connections(4);
}

#[test]
fn closed_connections_are_forgotten() {
    let server = Server::start("1,echo", &[]);
    for _ in 0..50 {
        let mut stream = server.connect();
        echo(&mut stream, b"hello");
    }
    let until = Instant::now() + Duration::from_secs(5);
    while server.figure("connections") > 1 {
        assert!(Instant::now() < until, "connections linger");
    }
    server.stop();
}

#[test]
fn a_slow_reader_gets_all_of_20_megabytes() {
    const SIZE: usize = 20_000_000;
    let server = Server::start("1,echo", &[]);
    let mut slow = server.connect();
    // In one piece: the server reads what arrives as a whole.
    slow.write_all(format!("FILL {SIZE}").as_bytes()).unwrap();
    let mut other = server.connect();
    let mut got = 0;
    let mut chunk = vec![0; 1 << 20];
    loop {
        let count = slow.read(&mut chunk).unwrap();
        if count == 0 {
            break;
        }
        for (at, byte) in chunk[..count].iter().enumerate() {
            assert_eq!(*byte, ((got + at) % 251) as u8);
        }
        got += count;
        if got < SIZE / 2 {
            std::thread::sleep(Duration::from_millis(5));
            echo(&mut other, b"meanwhile");
        }
    }
    assert_eq!(got, SIZE);
    server.stop();
}

#[test]
fn a_peer_that_does_not_read_is_slowed_down() {
    const SIZE: usize = 20_000_000;
    let server = Server::start("1,echo", &[]);
    let stream = server.connect();
    let mut writer = stream.try_clone().unwrap();
    let writing = std::thread::spawn(move || {
        let block: Vec<u8> = (0..SIZE).map(|at| (at % 241) as u8).collect();
        writer.write_all(&block).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    std::thread::sleep(Duration::from_millis(300));
    assert!(
        !writing.is_finished(),
        "20 MB went to a server nobody reads from"
    );
    assert!(server.figure("rss") < 60 << 20);
    let mut back = Vec::new();
    let mut stream = stream;
    stream.read_to_end(&mut back).unwrap();
    writing.join().unwrap();
    assert_eq!(back.len(), SIZE);
    assert!(
        back.iter()
            .enumerate()
            .all(|(at, byte)| *byte == (at % 241) as u8)
    );
    server.stop();
}

#[test]
fn closing_in_the_middle_of_a_send_harms_nobody() {
    let server = Server::start("2,echo", &[]);
    for _ in 0..20 {
        let mut stream = server.connect();
        stream.write_all(b"FILL 20000000").unwrap();
        let mut some = [0; 1000];
        stream.read_exact(&mut some).unwrap();
    }
    let mut half = server.connect();
    half.write_all(b"last words").unwrap();
    half.shutdown(std::net::Shutdown::Write).unwrap();
    let mut back = String::new();
    half.read_to_string(&mut back).unwrap();
    assert_eq!(back, "last words");
    server.stop();
}

#[test]
fn a_unix_socket_works_like_the_others() {
    let path = std::env::temp_dir().join(format!("darter-echo-{}", std::process::id()));
    let server = Server::start("2,echo", &[("UNIX", path.to_str().unwrap())]);
    let mut streams: Vec<UnixStream> = (0..20)
        .map(|_| UnixStream::connect(&path).unwrap())
        .collect();
    for stream in &mut streams {
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        echo(stream, &b"x".repeat(100_000));
    }
    server.stop();
    std::fs::remove_file(&path).unwrap();
}

fn idle(env: &[(&str, &str)]) {
    let server = Server::start("4,echo", env);
    let mut streams: Vec<TcpStream> = (0..50).map(|_| server.connect()).collect();
    for stream in &mut streams {
        echo(stream, b"hello");
    }
    std::thread::sleep(Duration::from_millis(100));
    let before = server.cpu_ms();
    std::thread::sleep(Duration::from_secs(1));
    let used = server.cpu_ms() - before;
    assert!(used <= 20, "{used} ms of idle work in a second");
    for stream in &mut streams {
        echo(stream, b"awake again");
    }
    server.stop();
}

#[test]
fn silence_costs_nothing() {
    idle(&[]);
}

#[test]
fn silence_beside_background_work_costs_next_to_nothing() {
    idle(&[("BACKGROUND", "200")]);
}

#[test]
fn sockets_wake_a_core_beside_background_work() {
    let server = Server::start("2,echo", &[("BACKGROUND", "3600000")]);
    let mut streams: Vec<TcpStream> = (0..20).map(|_| server.connect()).collect();
    let start = Instant::now();
    for _ in 0..10 {
        for stream in &mut streams {
            echo(stream, b"hello");
        }
    }
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?} for 200 answers",
        start.elapsed()
    );
    server.stop();
}

#[test]
fn eight_idle_cores_fit_into_64_megabytes() {
    let server = Server::start("8,echo", &[]);
    let rss = server.figure("rss");
    assert!(rss < 64 << 20, "{rss} bytes resident");
    server.stop();
}

#[test]
fn a_panic_of_a_core_ends_the_others_and_is_reported() {
    let mut server = Server::start("2,echo", &[]);
    server.connect().write_all(b"PANIC").unwrap();
    let line = line_with(&mut server.output, "FAILED ");
    assert!(line.contains("panic: asked to"), "{line}");
    assert_eq!(server.child.wait().unwrap().code(), Some(3));
}

#[test]
fn a_shortage_of_descriptors_is_waited_out() {
    let mut command = Command::new("prlimit");
    command
        .arg("--nofile=64")
        .arg(std::env::current_exe().unwrap());
    command
        .args(["--exact", "serve", "--nocapture"])
        .env("SERVE", "1,echo");
    let mut server = Server::launch(command);
    let streams: Vec<TcpStream> = (0..80).map(|_| server.connect()).collect();
    let line = line_with(&mut server.output, "WARN ");
    assert!(line.contains("Too many open files"), "{line}");
    let before = server.cpu_ms();
    std::thread::sleep(Duration::from_millis(500));
    assert!(server.cpu_ms() - before <= 50, "the shortage is spun out");
    drop(streams);
    echo(&mut server.connect(), b"room again");
    server.stop();
}

/// From now on the system calls of io_uring fail with `errno` in this process, as under a container's seccomp profile.
fn refuse_io_uring(errno: u32) {
    let step = |code: u32, k: u32, jt: u8, jf: u8| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let setup = libc::SYS_io_uring_setup as u32;
    let register = libc::SYS_io_uring_register as u32;
    let mut filter = [
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K, setup, 0, 2),
        step(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, register, 1, 0),
        step(
            libc::BPF_RET | libc::BPF_K,
            libc::SECCOMP_RET_ERRNO | errno,
            0,
            0,
        ),
        step(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0, 0),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: `program` and `filter` outlive the calls, which copy them.
    let set = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                1,
                &program,
            ) >= 0
    };
    assert!(set, "{}", std::io::Error::last_os_error());
}

/// What a server says that does not start; its status is 1.
fn refusal(mut command: Command, env: &[(&str, &str)]) -> String {
    command
        .args(["--exact", "serve", "--nocapture"])
        .env("SERVE", "2,echo")
        .envs(env.to_vec());
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("REFUSED "));
    line.unwrap_or_else(|| panic!("no refusal in {text}"))
        .to_owned()
}

#[test]
fn forbidden_io_uring_is_told_from_missing_io_uring() {
    let own = || Command::new(std::env::current_exe().unwrap());
    let forbidden = refusal(own(), &[("REFUSE", &libc::EPERM.to_string())]);
    assert!(forbidden.contains("seccomp"), "{forbidden}");
    let missing = refusal(own(), &[("REFUSE", &libc::ENOSYS.to_string())]);
    assert!(missing.contains("Linux 6.1"), "{missing}");
}

#[test]
fn too_little_locked_memory_is_refused() {
    let mut command = Command::new("prlimit");
    command.args(["--memlock=65536:65536", "setpriv", "--bounding-set=-all"]);
    command.arg(std::env::current_exe().unwrap());
    let line = refusal(command, &[]);
    assert!(line.contains("locked memory is 64 KiB"), "{line}");
}

#[test]
fn there_is_at_least_one_core() {
    assert!(available_cores() >= 1);
}

//! A client that inserts ever new keys: each connection has one SET under way and sends the next when it is answered.
//!
//! One thread waits for all connections with epoll. Latencies are collected in windows of equal length, so that a server
//! that stalls while it grows shows it in the windows in which it did.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::epoll;

use crate::Failure;
use crate::client::append_set;
use crate::running::Running;
use crate::sample::Meter;

const OK: &[u8] = b"+OK\r\n";

/// What happened in one window.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Keys inserted.
    pub inserted: u64,
    /// Of 1000 latencies the worst, in microseconds.
    pub p999: f64,
    /// The worst, in microseconds.
    pub worst: f64,
    /// Share of all processors that others took.
    pub others: f64,
}

struct Conn {
    stream: TcpStream,
    sent_at: Instant,
    /// Bytes of the reply so far.
    read: usize,
}

/// Inserts keys and looks at the clock.
pub struct ClosedLoop<'a> {
    server: &'a Running,
    epoll: rustix::fd::OwnedFd,
    conns: Vec<Conn>,
    next: u64,
    last: u64,
    /// Keys are written again and again until this says stop.
    until: Option<&'a AtomicBool>,
    request: Vec<u8>,
    value: &'a [u8],
}

impl<'a> ClosedLoop<'a> {
    /// `connections` connections to `server` that are going to insert `keys` keys with `value`.
    ///
    /// # Errors
    /// The server does not accept.
    pub fn new(
        server: &'a Running,
        connections: usize,
        keys: u64,
        value: &'a [u8],
    ) -> Result<Self, Failure> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut conns = Vec::new();
        for index in 0..connections {
            let stream = TcpStream::connect(server.address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            epoll::add(
                &epoll,
                &stream,
                epoll::EventData::new_u64(index as u64),
                epoll::EventFlags::IN,
            )?;
            conns.push(Conn {
                stream,
                sent_at: Instant::now(),
                read: 0,
            });
        }
        Ok(ClosedLoop {
            server,
            epoll,
            conns,
            next: 0,
            last: keys,
            until: None,
            request: Vec::new(),
            value,
        })
    }

    /// Writes the keys again from the first on, until `stop` is set.
    pub fn until(mut self, stop: &'a AtomicBool) -> Self {
        self.until = Some(stop);
        self
    }

    /// Inserts all keys. Returns the windows, each `length` long but the last.
    ///
    /// # Errors
    /// A connection breaks, or a SET is not answered `OK`.
    pub fn run(mut self, length: Duration) -> Result<Vec<Window>, Failure> {
        let mut windows = Vec::new();
        let mut latencies = Histogram::<u64>::new_with_bounds(1, 60_000_000_000, 3)?;
        let mut events = Vec::with_capacity(self.conns.len());
        let mut under_way = 0;
        for index in 0..self.conns.len() {
            under_way += u64::from(self.send(index)?);
        }
        let (mut meter, mut until) = (Meter::start(self.server)?, Instant::now() + length);
        while under_way > 0 {
            epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                None,
            )?;
            for event in events.drain(..) {
                let index = event.data.u64() as usize;
                if let Some(latency) = self.receive(index)? {
                    latencies.saturating_record(latency.as_nanos() as u64);
                    under_way -= u64::from(!self.send(index)?);
                }
            }
            if Instant::now() >= until || under_way == 0 {
                windows.push(window(&latencies, meter.stop()?.1));
                latencies.reset();
                (meter, until) = (Meter::start(self.server)?, Instant::now() + length);
            }
        }
        Ok(windows)
    }

    /// Sends the next key, if there is one left.
    fn send(&mut self, index: usize) -> Result<bool, Failure> {
        match self.until {
            Some(stop) if stop.load(Ordering::Relaxed) => return Ok(false),
            Some(_) if self.next == self.last => self.next = 0,
            None if self.next == self.last => return Ok(false),
            _ => {}
        }
        self.request.clear();
        append_set(&mut self.request, self.next, self.value);
        self.next += 1;
        let conn = &mut self.conns[index];
        (conn.sent_at, conn.read) = (Instant::now(), 0);
        // A few bytes always fit into an empty socket; if not, that is an error.
        conn.stream.write_all(&self.request)?;
        Ok(true)
    }

    /// The latency, when the reply is whole.
    fn receive(&mut self, index: usize) -> Result<Option<Duration>, Failure> {
        let conn = &mut self.conns[index];
        let mut bytes = [0; OK.len()];
        match conn.stream.read(&mut bytes[conn.read..]) {
            Ok(0) => return Err("the server hung up".into()),
            Ok(count)
                if bytes[conn.read..conn.read + count] == OK[conn.read..conn.read + count] =>
            {
                conn.read += count
            }
            Ok(_) => {
                return Err(
                    format!("SET was answered {:?}", String::from_utf8_lossy(&bytes)).into(),
                );
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        Ok((conn.read == OK.len()).then(|| conn.sent_at.elapsed()))
    }
}

fn window(latencies: &Histogram<u64>, others: f64) -> Window {
    Window {
        inserted: latencies.len(),
        p999: latencies.value_at_quantile(0.999) as f64 / 1e3,
        worst: latencies.max() as f64 / 1e3,
        others,
    }
}

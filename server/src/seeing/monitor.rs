//! MONITOR: clients that are shown every command that any core runs.
//!
//! A command is shown by the core of its client when it is on its way, so what one client sent is shown in the order in
//! which it sent it; what EXEC ran is shown when EXEC is over, and EXEC behind it. Lines for clients of other cores travel
//! in the one order.
//!
//! Invariant: a core counts a client that monitors before the client hears so, and every core looks at the count when a
//! tick begins, after what it serves in the tick has arrived. Who sends a command because of what the monitoring client was
//! told is seen by it. While nobody monitors, that look is all it costs.

use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use engine::command::args::Args;
use engine::command::flags::Flags;
use engine::command::table::{CommandId, table};
use engine::order::ShardId;

use super::secrets::shown;
use crate::connection::Connection;
use crate::connection::queue::Assembly;
use crate::core::ServerCore;
use crate::core::ask::Waiting;
use crate::runtime::net::{ConnId, PeerAddr};

/// How many clients monitor, by core.
#[derive(Debug)]
pub struct Monitors(Box<[AtomicUsize]>);

impl Monitors {
    /// None on any of `cores` cores.
    pub fn new(cores: u16) -> Self {
        Monitors((0..cores).map(|_| AtomicUsize::new(0)).collect())
    }

    /// Whether there is one anywhere.
    pub fn any(&self) -> bool {
        self.0.iter().any(|count| count.load(Ordering::SeqCst) > 0)
    }

    /// The cores other than `me` that have some.
    fn elsewhere(&self, me: ShardId) -> Vec<ShardId> {
        let cores = (0..).map(ShardId).zip(self.0.iter());
        cores
            .filter(|(core, count)| *core != me && count.load(Ordering::SeqCst) > 0)
            .map(|(core, _)| core)
            .collect()
    }
}

impl ServerCore {
    /// `connection` is shown every command from now on.
    pub(crate) fn begin_monitoring(&mut self, connection: &mut Connection) {
        connection.monitors = true;
        self.monitoring.push(connection.conn);
        self.process.monitors.0[self.me().index()].fetch_add(1, Ordering::SeqCst);
        self.is_monitored = true;
    }

    /// `connection` is shown nothing any more, if it was.
    pub(crate) fn end_monitoring(&mut self, connection: &mut Connection) {
        if std::mem::take(&mut connection.monitors) {
            self.monitoring.retain(|conn| *conn != connection.conn);
            self.process.monitors.0[self.me().index()].fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Shows a command of `connection` to whoever monitors. What is for operators is shown to nobody.
    #[cold]
    pub(crate) fn show_command(
        &mut self,
        connection: &mut Connection,
        command: CommandId,
        args: &Args<'_>,
    ) {
        let hidden = Flags::ADMIN.union(Flags::SKIP_MONITOR);
        if args.is_empty() || table().row(command).flags.intersects(hidden) {
            return;
        }
        let line = line_of(connection, args);
        let elsewhere = self.process.monitors.elsewhere(self.me());
        self.show_here(Some(connection), &line);
        if !elsewhere.is_empty() {
            let task = move |core: &mut ServerCore| core.show_here(None, &line);
            self.ask(elsewhere.into_iter(), Waiting::Nobody, task, |_, _, _| {});
        }
    }

    /// Shows the commands of an EXEC up to `end` that are not shown yet.
    pub(crate) fn show_queued(
        &mut self,
        connection: &mut Connection,
        assembly: &mut Assembly,
        end: usize,
    ) {
        let begin = std::mem::replace(&mut assembly.shown, end);
        if !self.is_monitored {
            return;
        }
        for queued in assembly.queue.get(begin..end).unwrap_or_default() {
            self.show_command(connection, queued.command, &queued.args.as_args());
        }
    }

    /// Shows an EXEC that is over.
    pub(crate) fn show_exec(&mut self, connection: &mut Connection, assembly: &Assembly) {
        if self.is_monitored
            && let Some(exec) = table().top(b"exec")
        {
            self.show_command(connection, exec, &assembly.exec.as_args());
        }
    }

    /// Shows a line to the clients of this core that monitor. `served` is the connection that is being served, if one is.
    fn show_here(&mut self, served: Option<&mut Connection>, line: &[u8]) {
        let monitoring = std::mem::take(&mut self.monitoring);
        let others = served.as_ref().map(|served| served.conn);
        for conn in monitoring.iter().filter(|conn| Some(**conn) != others) {
            self.show_to(*conn, line);
        }
        self.monitoring = monitoring;
        if let Some(served) = served.filter(|served| served.monitors) {
            served.push_message(line);
            self.mark(served);
        }
    }

    fn show_to(&mut self, conn: ConnId, line: &[u8]) {
        if let Some(mut connection) = self.connections.take(conn) {
            connection.push_message(line);
            self.mark(&mut connection);
            self.connections.put(connection);
        }
    }
}

/// `+time [db addr] "word" ..`, as Redis writes it.
fn line_of(connection: &Connection, args: &Args<'_>) -> Vec<u8> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mut line =
        String::with_capacity(64 + args.iter().map(|word| word.len() + 3).sum::<usize>());
    // Writing to a String cannot fail.
    let _ = write!(
        line,
        "+{}.{:06} [{} ",
        now.as_secs(),
        now.subsec_micros(),
        connection.db.0
    );
    let _ = match &connection.peer {
        PeerAddr::Unix(path) => write!(line, "unix:{}]", path.display()),
        peer => write!(line, "{peer}]"),
    };
    for word in shown(*args) {
        line.push_str(" \"");
        push_escaped(&mut line, word);
        line.push('"');
    }
    line.push_str("\r\n");
    line.into_bytes()
}

fn push_escaped(line: &mut String, word: &[u8]) {
    for byte in word {
        match byte {
            b'\\' => line.push_str("\\\\"),
            b'"' => line.push_str("\\\""),
            b'\n' => line.push_str("\\n"),
            b'\r' => line.push_str("\\r"),
            b'\t' => line.push_str("\\t"),
            0x07 => line.push_str("\\a"),
            0x08 => line.push_str("\\b"),
            b' '..=b'~' => line.push(char::from(*byte)),
            _ => {
                let _ = write!(line, "\\x{byte:02x}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_escaped() {
        let mut line = String::new();
        push_escaped(&mut line, b"a \"\\\n\r\t\x07\x08\x00\x7f\xff~");
        assert_eq!(line, "a \\\"\\\\\\n\\r\\t\\a\\b\\x00\\x7f\\xff~");
    }

    #[test]
    fn counts_are_by_core() {
        let monitors = Monitors::new(3);
        assert!(!monitors.any());
        monitors.0[1].fetch_add(1, Ordering::SeqCst);
        assert!(monitors.any());
        assert_eq!(monitors.elsewhere(ShardId(0)), [ShardId(1)]);
        assert!(monitors.elsewhere(ShardId(1)).is_empty());
    }
}

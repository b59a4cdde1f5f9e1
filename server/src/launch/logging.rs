//! Log lines in Redis's form, written by a `tracing` subscriber.
//!
//! ```text
//! 4711:M 21 Nov 2026 11:28:00.123 * Ready to accept connections tcp
//! pid  role, local time           level: . debug  - verbose  * notice  # warning
//! ```
//! `trace!` is debug, `debug!` verbose, `info!` notice, `warn!` and `error!` are warning. Fields other than the message
//! follow it as ` name=value`. Deliberately no spans: a line has to stand alone.

use crate::config::topic::general::{General, LogLevel};
use std::fmt::{self, Write as _};
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Where lines go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard output.
    Stdout,
    /// The end of a file. It is opened for every line: a file that was moved away is made anew.
    File(PathBuf),
}

impl Target {
    /// The target that the parameters name.
    pub fn of(general: &General) -> Self {
        if general.logfile.is_empty() {
            return Self::Stdout;
        }
        Self::File(general.dir.as_path().join(general.logfile.as_path()))
    }

    fn write(&self, line: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.write_all(line)?;
                stdout.flush()
            }
            Self::File(path) => OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)?
                .write_all(line),
        }
    }
}

/// The letter of the process in its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Role {
    /// A primary.
    Primary = b'M',
    /// A replica.
    Replica = b'S',
    /// A Sentinel.
    Sentinel = b'X',
    /// A process that has not started its cores, or only helps one that has.
    Child = b'C',
}

static ROLE: AtomicU8 = AtomicU8::new(Role::Child as u8);
/// The index of a level in [`FILTERS`].
static LEVEL: AtomicU8 = AtomicU8::new(LogLevel::Notice as u8);
static TARGET: OnceLock<Target> = OnceLock::new();

/// In the order of [`LogLevel`]'s variants.
const FILTERS: [LevelFilter; 5] = [
    LevelFilter::TRACE,
    LevelFilter::DEBUG,
    LevelFilter::INFO,
    LevelFilter::WARN,
    LevelFilter::OFF,
];

/// Starts to log. Later calls change the level only: the target stays for the life of the process.
pub fn install(level: LogLevel, target: Target) {
    if TARGET.set(target).is_ok() {
        // Fails only if a test has set its own subscriber, which then gets the events.
        let _ = tracing::subscriber::set_global_default(RedisLines);
    }
    set_level(level);
}

/// Changes the least important level that is logged, on all threads.
pub fn set_level(level: LogLevel) {
    LEVEL.store(level as u8, Ordering::Relaxed);
    tracing::callsite::rebuild_interest_cache();
}

/// Changes the letter of the following lines.
pub fn set_role(role: Role) {
    ROLE.store(role as u8, Ordering::Relaxed);
}

/// Writes text as it is, if notices are logged.
pub fn raw(text: &str) {
    if filter() >= LevelFilter::INFO {
        write(text.as_bytes());
    }
}

fn filter() -> LevelFilter {
    FILTERS[usize::from(LEVEL.load(Ordering::Relaxed)).min(FILTERS.len() - 1)]
}

/// A full disk or a closed terminal must not stop the server, so errors end here.
fn write(line: &[u8]) {
    let _ = TARGET.get_or_init(|| Target::Stdout).write(line);
}

struct RedisLines;

impl Subscriber for RedisLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= filter()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(filter())
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = EventText::default();
        event.record(&mut text);
        let role = char::from(ROLE.load(Ordering::Relaxed));
        let line = line(
            std::process::id(),
            role,
            SystemTime::now(),
            *event.metadata().level(),
            &text,
        );
        write(line.as_bytes());
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// The message and the other fields of an event.
#[derive(Default)]
struct EventText {
    message: String,
    fields: String,
}

impl Visit for EventText {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

impl fmt::Display for EventText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.message, self.fields)
    }
}

fn line(pid: u32, role: char, now: SystemTime, level: Level, text: &EventText) -> String {
    let mark = match level {
        Level::TRACE => '.',
        Level::DEBUG => '-',
        Level::INFO => '*',
        Level::WARN | Level::ERROR => '#',
    };
    format!("{pid}:{role} {} {mark} {text}\n", local_time(now))
}

/// `21 Nov 2026 11:28:00.123` in the time zone of the process.
fn local_time(now: SystemTime) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = libc::time_t::try_from(since.as_secs()).unwrap_or(libc::time_t::MAX);
    // SAFETY: `tm` is plain integers and a pointer that may be null, so zeros are a valid value.
    let mut parts: libc::tm = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live locals of the right types, and the call keeps neither.
    unsafe { libc::localtime_r(&raw const seconds, &raw mut parts) };
    let month = usize::try_from(parts.tm_mon)
        .ok()
        .and_then(|month| MONTHS.get(month))
        .unwrap_or(&"???");
    format!(
        "{:02} {month} {} {:02}:{:02}:{:02}.{:03}",
        parts.tm_mday,
        i64::from(parts.tm_year) + 1900,
        parts.tm_hour,
        parts.tm_min,
        parts.tm_sec,
        since.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn text(message: &str) -> EventText {
        EventText {
            message: message.to_owned(),
            fields: String::new(),
        }
    }

    #[test]
    fn a_line_has_redis_form() {
        let moment = UNIX_EPOCH + Duration::from_millis(1_795_261_587_042);
        for (level, mark) in [
            (Level::TRACE, '.'),
            (Level::DEBUG, '-'),
            (Level::INFO, '*'),
            (Level::WARN, '#'),
            (Level::ERROR, '#'),
        ] {
            let line = line(4711, 'M', moment, level, &text("hello"));
            assert!(line.starts_with("4711:M "), "{line}");
            assert!(line.ends_with(&format!(".042 {mark} hello\n")), "{line}");
            assert!(line.contains(" Nov 2026 "), "{line}");
        }
    }

    #[test]
    fn levels_filter_lines_and_change_at_run_time() {
        let path = std::env::temp_dir().join(format!("darter-log-{}", std::process::id()));
        install(LogLevel::Notice, Target::File(path.clone()));
        set_role(Role::Primary);
        tracing::debug!("unseen");
        tracing::info!(port = 6379, "seen {}", 1);
        set_level(LogLevel::Debug);
        tracing::trace!("fine");
        set_level(LogLevel::Nothing);
        tracing::error!("silent");
        raw("silent too\n");
        set_level(LogLevel::Warning);
        tracing::info!("unseen");
        tracing::warn!("loud");
        raw("not a warning\n");
        let log = std::fs::read_to_string(&path).expect("written");
        std::fs::remove_file(&path).expect("there");
        let shown: Vec<&str> = log
            .lines()
            .map(|line| &line[line.rfind(':').map_or(0, |colon| colon + 8)..])
            .collect();
        assert_eq!(shown, ["* seen 1 port=6379", ". fine", "# loud"], "{log}");
        assert!(
            log.lines()
                .all(|line| line.starts_with(&format!("{}:M ", std::process::id()))),
            "{log}"
        );
    }
}

//! INFO: what the server knows about itself. Every core tells its part ([`portion`]); the core that was asked adds the
//! parts up and writes the sections that were wanted.

pub mod portion;
pub mod ratio;
pub mod section;
pub mod usage;

mod clients;
mod commands;
mod cores;
mod cpu;
mod keyspace;
mod memory;
mod persistence;
mod replication;
mod server;
mod stats;

use std::fmt::Write as _;
use std::sync::Arc;

use crate::config::Settings;
use crate::core::ServerCore;
use crate::core::process::Process;
use engine::command::table::CommandId;
use engine::time::UnixMillis;
use portion::{CommandPortion, Portion};
use section::{SECTIONS, Wanted};
use usage::Usage;

/// What the sections are written from.
pub(crate) struct Report {
    process: Arc<Process>,
    settings: Arc<Settings>,
    now: UnixMillis,
    /// One per core, in their order.
    portions: Vec<Portion>,
    /// All of them added up.
    sum: Portion,
    usage: Usage,
}

impl Report {
    /// A report of what all cores told.
    pub(crate) fn new(core: &ServerCore, portions: Vec<Portion>) -> Self {
        let mut sum = Portion::default();
        portions.iter().for_each(|portion| sum.add(portion));
        let usage = Usage::measure(&core.process, &sum);
        Report {
            process: core.process.clone(),
            settings: core.settings.clone(),
            now: core.now,
            portions,
            sum,
            usage,
        }
    }

    /// The commands that were called or refused, with what all cores counted and timed.
    pub(crate) fn used_commands(&self) -> Vec<(CommandId, CommandPortion)> {
        commands::used(self)
    }

    /// Nanoseconds of the unit that times are in.
    pub(crate) fn nanos_per_unit(&self) -> f64 {
        self.process.rate.nanos_per_unit()
    }

    /// The sections that are wanted, in their order, as INFO answers.
    pub(crate) fn text(&self, wanted: &Wanted) -> String {
        let mut text = Text(String::with_capacity(8 << 10));
        for section in SECTIONS.iter().filter(|section| wanted.holds(section)) {
            if !text.0.is_empty() {
                text.0.push_str("\r\n");
            }
            let _ = write!(text.0, "# {}\r\n", section.title);
            (section.write)(self, &mut text);
        }
        text.0
    }
}

/// Lines of a section.
pub(crate) struct Text(String);

impl Text {
    /// `name:value`.
    fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = write!(self.0, "{name}:{value}\r\n");
    }

    /// A number of bytes, and the same again as people read it.
    fn bytes(&mut self, name: &str, bytes: usize) {
        self.line(name, bytes);
        let _ = write!(self.0, "{name}_human:{}\r\n", ratio::human(bytes as u64));
    }

    /// A switch as 1 or 0.
    fn switch(&mut self, name: &str, is_on: bool) {
        self.line(name, u8::from(is_on));
    }

    /// Each name with 0: what this server never does, or has none of.
    fn zeros(&mut self, names: &[&str]) {
        names.iter().for_each(|name| self.line(name, 0));
    }
}

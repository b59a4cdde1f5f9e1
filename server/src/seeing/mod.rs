//! What operators see of the commands that run: those that were slow, what else took long, and all as they come.

pub mod graph;
pub mod latency;
pub mod monitor;
pub mod secrets;
pub mod slow_log;

use engine::command::args::Args;
use engine::command::table::CommandId;

use crate::connection::Connection;
use crate::core::ServerCore;
use crate::runtime::net::ConnId;
use slow_log::Who;

impl ServerCore {
    /// A command of `connection` that was answered at once took `took`, in the meter's unit.
    #[inline]
    pub(crate) fn note_time(
        &mut self,
        connection: &Connection,
        command: CommandId,
        took: u64,
        args: &Args<'_>,
    ) {
        if self.engine.shard_ref().meter.is_notable(took) {
            let ended = self.engine.shard_ref().meter.ended();
            self.note_slow(&Who::of(connection), command, [took, ended], args);
        }
    }

    /// Notes what was slow on the shards.
    pub(crate) fn note_slow_on_shards(&mut self) {
        if !self.engine.has_slow() {
            return;
        }
        for slow in self.engine.take_slow() {
            let connection = self
                .connections
                .get(ConnId::from_bits(slow.client.connection));
            let who = connection.map(Who::of).unwrap_or_default();
            let time = [slow.took, slow.ended];
            self.note_slow(&who, slow.command, time, &slow.args.as_args());
        }
    }

    #[cold]
    fn note_slow(&self, who: &Who, command: CommandId, [took, ended]: [u64; 2], args: &Args<'_>) {
        let micros = self.micros(took);
        self.note_latency_of(command, micros);
        self.note_in_slow_log(who, command, [micros, ended], args);
    }

    fn micros(&self, units: u64) -> u64 {
        (units as f64 * self.process.rate.nanos_per_unit() / 1000.0) as u64
    }

    /// Tells the meter which durations are notable. The length of its unit is known better and better.
    pub(crate) fn tell_meter(&mut self) {
        let slow_log = &self.settings.slow_log;
        let slow = u64::try_from(slow_log.log_slower_than).ok();
        let latency = u64::try_from(slow_log.latency_monitor_threshold).ok();
        let latency = latency.filter(|millis| *millis > 0);
        let micros = slow
            .into_iter()
            .chain(latency.map(|millis| millis.saturating_mul(1000)))
            .min();
        let units = micros.map_or(u64::MAX, |micros| {
            // A little less, as the unit is not known exactly; whoever notes it looks again.
            let units = micros as f64 * 1000.0 / self.process.rate.nanos_per_unit();
            (units * 0.98) as u64
        });
        let counts = slow_log.latency_tracking;
        self.engine.shard().meter.turn(counts, units);
    }
}

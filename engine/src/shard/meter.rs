//! How long commands take on one core, by command number.
//!
//! One look at the clock ends a command and starts the next, so timing costs one look per command. A command that runs
//! on several shards takes the sum of its parts, and each part is a sample of its spread.
//!
//! Some durations are worth a second look ([`Meter::is_notable`]); until one is, nobody keeps anything of the command.
//!
//! Invariant: nothing here reads a clock by itself. The caller hands one in; its unit is the caller's business.

use crate::command::table::CommandId;

/// Counts on from some moment, in a unit of its own.
pub type Clock = fn() -> u64;

/// Times of all commands on one core.
pub struct Meter {
    clock: Clock,
    /// It looks at the clock at all.
    is_on: bool,
    /// It counts what it sees.
    counts: bool,
    /// Durations from here on are notable.
    notable: u64,
    /// How long took what ended last.
    took: u64,
    /// When it ended.
    ended: u64,
    /// When the command ended that still runs by the meter, as others ran on its heels; 0 if none did.
    cut: u64,
    /// The last look at the clock.
    last: u64,
    times: Vec<CommandTime>,
}

/// A command that has ended and is not lapped.
#[derive(Clone, Copy, Debug)]
pub struct Paused {
    took: u64,
    ended: u64,
}

/// The time one command took.
#[derive(Clone, Debug, Default)]
pub struct CommandTime {
    /// In all, in the clock's unit.
    pub total: u64,
    /// Of single runs; None while there was none.
    pub spread: Option<Box<Spread>>,
}

impl Default for Meter {
    /// One that is off.
    fn default() -> Self {
        Meter {
            clock: || 0,
            is_on: false,
            counts: false,
            notable: u64::MAX,
            took: 0,
            ended: 0,
            cut: 0,
            last: 0,
            times: Vec::new(),
        }
    }
}

impl Meter {
    /// One that looks at `clock`, if it `counts`.
    pub fn new(clock: Clock, counts: bool) -> Self {
        Meter {
            clock,
            is_on: counts,
            counts,
            ..Meter::default()
        }
    }

    /// Lets it count or not; what it has counted stays. Durations of `notable` units and more are notable from now on,
    /// none if that is the greatest number.
    pub fn turn(&mut self, counts: bool, notable: u64) {
        self.counts = counts;
        self.notable = notable;
        self.is_on = counts || notable != u64::MAX;
    }

    /// Whether somebody wants to know of a command that took so long.
    #[inline]
    pub fn is_notable(&self, took: u64) -> bool {
        took >= self.notable && self.notable != u64::MAX
    }

    /// Whether any duration is notable.
    pub fn has_notable(&self) -> bool {
        self.notable != u64::MAX
    }

    /// How long took what ended last, since [`Meter::forget`].
    #[inline]
    pub fn took(&self) -> u64 {
        self.took
    }

    /// When the last command ended, if it was on.
    pub fn ended(&self) -> u64 {
        self.ended
    }

    /// Nothing has ended yet.
    pub fn forget(&mut self) {
        self.took = 0;
    }

    /// Forgets what it has counted.
    pub fn reset(&mut self) {
        self.times = Vec::new();
    }

    /// The present moment of the clock, on or off.
    pub fn now(&self) -> u64 {
        (self.clock)()
    }

    /// A command begins.
    #[inline]
    pub fn start(&mut self) {
        if self.is_on {
            self.last = (self.clock)();
            self.cut = 0;
        }
    }

    /// The present command has ended, but others run on its heels before it is lapped.
    pub fn pause(&self) -> Paused {
        let now = self.now();
        let took = now.wrapping_sub(self.last);
        Paused { took, ended: now }
    }

    /// The others have run: the next lap is that of the command which was paused.
    pub fn resume(&mut self, paused: Paused) {
        if self.is_on {
            self.last = self.now().wrapping_sub(paused.took);
            self.cut = paused.ended;
        }
    }

    /// The command that began last has ended, and the next one begins. Returns how long it took, 0 when it is off.
    #[inline]
    pub fn lap(&mut self, command: CommandId) -> u64 {
        self.end();
        if self.counts {
            self.add(command, self.took);
        }
        self.took
    }

    /// The same for a step of a command, which is no run of its own.
    pub fn step(&mut self, command: CommandId) -> u64 {
        self.end();
        if self.counts {
            self.time_of(command).total += self.took;
        }
        self.took
    }

    #[inline]
    fn end(&mut self) {
        if self.is_on {
            let now = (self.clock)();
            self.took = now.wrapping_sub(self.last);
            self.last = now;
            self.ended = match std::mem::take(&mut self.cut) {
                0 => now,
                cut => cut,
            };
        }
    }

    /// A run of `command` took `took`, on whatever clock of this unit.
    pub fn record(&mut self, command: CommandId, took: u64) {
        self.ended = self.now();
        if self.counts {
            self.add(command, took);
        }
    }

    #[inline]
    fn add(&mut self, command: CommandId, took: u64) {
        let time = self.time_of(command);
        time.total += took;
        time.spread.get_or_insert_default().add(took);
    }

    #[inline]
    fn time_of(&mut self, command: CommandId) -> &mut CommandTime {
        let index = command.index();
        if index >= self.times.len() {
            self.times.resize_with(index + 1, CommandTime::default);
        }
        &mut self.times[index]
    }

    /// By command number; commands behind the end took no time yet.
    pub fn times(&self) -> &[CommandTime] {
        &self.times
    }
}

/// Steps that each doubling is divided into: a value is known to one part in so many.
const STEPS_BITS: u32 = 5;
const STEPS: usize = 1 << STEPS_BITS;
/// Values of 2^44 and more share the last place: with nanoseconds, those of five hours.
const DOUBLINGS: usize = 44 - STEPS_BITS as usize;

/// Values by their size, in steps that grow with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Spread {
    counts: [u32; STEPS * (DOUBLINGS + 1)],
}

impl Default for Spread {
    fn default() -> Self {
        Spread {
            counts: [0; STEPS * (DOUBLINGS + 1)],
        }
    }
}

impl std::fmt::Debug for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.values()).finish()
    }
}

impl Spread {
    /// Counts a value.
    #[inline]
    pub fn add(&mut self, value: u64) {
        let count = &mut self.counts[place(value)];
        *count = count.saturating_add(1);
    }

    /// Adds what another counted.
    pub fn merge(&mut self, other: &Spread) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// Each step that holds values: the greatest value that belongs to it, and how many it holds.
    pub fn values(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let held = self
            .counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0);
        held.map(|(place, count)| (greatest(place), *count))
    }

    /// The value that `percent` of all values do not exceed, to the precision of a step. 0 without values.
    pub fn percentile(&self, percent: f64) -> u64 {
        let all = self.count();
        let wanted = ((all as f64 * percent / 100.0).ceil() as u64).max(1);
        let mut seen = 0;
        let mut found = self.values().filter_map(|(value, count)| {
            seen += u64::from(count);
            (seen >= wanted).then_some(value)
        });
        found.next().unwrap_or(0)
    }
}

/// Values below [`STEPS`] have places of their own; above, the highest bits choose.
#[inline]
fn place(value: u64) -> usize {
    if value < STEPS as u64 {
        return value as usize;
    }
    let doubling = 63 - value.leading_zeros() - STEPS_BITS;
    let step = (value >> doubling) as usize - STEPS;
    ((doubling as usize + 1) * STEPS + step).min(STEPS * (DOUBLINGS + 1) - 1)
}

fn greatest(place: usize) -> u64 {
    if place < STEPS {
        return place as u64;
    }
    let (doubling, step) = (place / STEPS - 1, place % STEPS);
    (((STEPS + step + 1) as u64) << doubling) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    thread_local! {
        static TIME: Cell<u64> = const { Cell::new(0) };
    }

    #[test]
    fn a_look_ends_one_command_and_begins_the_next() {
        let (get, set) = (CommandId::for_tests(1), CommandId::for_tests(3));
        let mut meter = Meter::new(|| TIME.get(), true);
        let at = |time| TIME.set(time);
        at(100);
        meter.start();
        at(107);
        meter.lap(get);
        at(110);
        meter.lap(set);
        at(111);
        meter.step(set);
        meter.turn(false, u64::MAX);
        at(500);
        meter.lap(get);
        meter.record(get, 9);
        let times = meter.times();
        assert_eq!([times[1].total, times[3].total], [7, 4]);
        assert_eq!(
            times[3].spread.as_ref().unwrap().count(),
            1,
            "a step is no run"
        );
        assert!(times[2].spread.is_none());
        meter.reset();
        assert!(meter.times().is_empty());
    }

    #[test]
    fn what_runs_on_its_heels_is_not_a_commands_time() {
        let (push, pop) = (CommandId::for_tests(1), CommandId::for_tests(2));
        let mut meter = Meter::new(|| TIME.get(), true);
        TIME.set(10);
        meter.start();
        TIME.set(15);
        let paused = meter.pause();
        meter.start();
        TIME.set(35);
        assert_eq!((meter.lap(pop), meter.ended()), (20, 35));
        TIME.set(36);
        meter.resume(paused);
        assert_eq!((meter.lap(push), meter.ended()), (5, 15));
        TIME.set(40);
        assert_eq!((meter.lap(push), meter.ended()), (4, 40));
    }

    #[test]
    fn it_looks_for_notable_durations_without_counting() {
        let get = CommandId::for_tests(1);
        let mut meter = Meter::new(|| TIME.get(), false);
        TIME.set(10);
        meter.start();
        TIME.set(40);
        assert_eq!(meter.lap(get), 0, "it is off");
        assert!(!meter.is_notable(u64::MAX) && !meter.has_notable());
        meter.turn(false, 30);
        meter.start();
        TIME.set(70);
        assert_eq!((meter.lap(get), meter.took()), (30, 30));
        assert!(meter.is_notable(30) && !meter.is_notable(29));
        assert!(meter.times().is_empty());
        meter.turn(false, 0);
        assert!(meter.is_notable(0));
    }

    #[test]
    fn percentiles_are_exact_for_small_values() {
        let mut spread = Spread::default();
        assert_eq!(spread.percentile(50.0), 0);
        (1..=20).for_each(|value| spread.add(value));
        assert_eq!(
            [0.0, 50.0, 99.0, 100.0].map(|percent| spread.percentile(percent)),
            [1, 10, 20, 20]
        );
        let copy = spread.clone();
        spread.merge(&copy);
        assert_eq!((spread.count(), spread.percentile(50.0)), (40, 10));
    }

    proptest! {
        #[test]
        fn a_value_is_known_to_a_step(value in 0_u64..1 << 44) {
            let greatest = greatest(place(value));
            prop_assert!(greatest >= value);
            prop_assert!(greatest - value <= value / STEPS as u64);
            prop_assert_eq!(place(greatest), place(value));
        }

        #[test]
        fn any_value_has_a_place(value: u64) {
            prop_assert!(place(value) < STEPS * (DOUBLINGS + 1));
        }
    }
}

//! With `appendfsync always`, what a tick sends waits until all that it may tell of is durable. Other ticks go on
//! meanwhile, so one sync serves many.
//!
//! Invariant: what was held leaves in the order in which it was held, and before what comes later.

use std::collections::VecDeque;

use engine::order::Place;

use crate::core::{Output, ServerCore};

/// What waits.
#[derive(Default)]
pub struct Held {
    ticks: VecDeque<(Place, Vec<Output>)>,
}

impl Held {
    fn take_ready(&mut self, safe: Option<Place>) -> impl Iterator<Item = Output> {
        let is_ready = |held: &(Place, _)| safe.is_none_or(|safe| held.0 <= safe);
        let count = self.ticks.iter().take_while(|held| is_ready(held)).count();
        let ready: Vec<_> = self.ticks.drain(..count).collect();
        ready.into_iter().flat_map(|(_, outputs)| outputs)
    }
}

impl ServerCore {
    /// Takes what is to happen to sockets. Invariant: the mail of this tick is flushed. See [`ServerCore::collect_output`].
    pub fn take_output(&mut self, may_hold: bool, mut act: impl FnMut(Output)) {
        if self.held_for_disk.ticks.is_empty() && !self.waits_for_disk() {
            return self.collect_output(may_hold, act);
        }
        let mut outputs = Vec::new();
        self.collect_output(may_hold, |output| outputs.push(output));
        if !outputs.is_empty() {
            let place = self.engine.logged_own();
            self.held_for_disk.ticks.push_back((place, outputs));
        }
        let state = &self.process.append_only;
        let is_over = !self.waits_for_disk() || state.is_all_safe();
        let safe = (!is_over).then(|| state.safe_below());
        self.held_for_disk.take_ready(safe).for_each(&mut act);
    }

    /// Whether something waits for the disk.
    pub fn awaits_disk(&self) -> bool {
        !self.held_for_disk.ticks.is_empty()
    }
}

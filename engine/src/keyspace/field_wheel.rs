//! When fields of hashes are due: a wheel of positions, as [`super::expiry_wheel`] has it for keys.
//!
//! Invariant: a hash with fields that expire has an alarm ([`Hash::take_alarm`](Collection::take_alarm)), not later than
//! its next expiry, and the wheel a position at the alarm. Other positions are stale: of keys that went or are something
//! else by now, or of alarms that have been replaced by earlier ones. They are dropped when they are due or swept.

use super::entry::EntryMut;
use super::expiry_wheel::{Due, ExpiryWheel, KeyId, Step};
use crate::time::UnixMillis;
use crate::value::ValueMut;
use crate::value::collection::Collection;
use crate::value::hash::Hash;

/// As long as there are no more positions than this, none are swept.
const STALE_ALLOWED: usize = 4096;
/// A chunk of 128 positions is swept for each so many new ones: as many as come are looked at.
const SWEEP_EVERY: u32 = 128;

/// See the top of the file.
#[derive(Default)]
pub(super) struct FieldWheel {
    wheel: ExpiryWheel,
    since_sweep: u32,
}

impl FieldWheel {
    pub(super) fn insert(&mut self, key: KeyId, at: UnixMillis) {
        self.wheel.insert(key, at);
        self.since_sweep += 1;
    }

    pub(super) fn step(&mut self, now: UnixMillis) -> Step {
        self.wheel.step(now)
    }

    pub(super) fn len(&self) -> usize {
        self.wheel.len()
    }

    /// Some positions to be looked at, if it is time: they are out of the wheel, and go through
    /// [`FieldWheel::put_back`].
    pub(super) fn sweep_now_and_then(&mut self) -> Vec<Due> {
        if self.since_sweep < SWEEP_EVERY || self.wheel.len() <= STALE_ALLOWED {
            return Vec::new();
        }
        self.since_sweep = 0;
        self.wheel.take_for_sweep()
    }

    /// Keeps a position that was swept, if it is that of this entry.
    pub(super) fn put_back(&mut self, due: &Due, entry: EntryMut<'_>) {
        let alarm = hash(entry).and_then(|hash| hash.alarm());
        if let Some(alarm) = alarm
            && (due.is_for(alarm) || alarm <= self.wheel.time())
        {
            self.wheel.insert(due.key, alarm);
        }
    }

    /// Looks at an entry that a due position may stand for. If it has due fields, it is `found`, unless something else
    /// was already: then its turn comes again.
    pub(super) fn look_up(
        &mut self,
        due: &Due,
        now: UnixMillis,
        entry: EntryMut<'_>,
        found: &mut Option<Box<[u8]>>,
    ) {
        let key: Box<[u8]> = entry.key().into();
        let Some(hash) = hash(entry) else {
            return;
        };
        let Some(alarm) = hash
            .alarm()
            .filter(|alarm| *alarm <= now || due.is_for(*alarm))
        else {
            return;
        };
        if !hash.has_due(now) {
            hash.set_alarm(None);
            if let Some(next) = hash.take_alarm() {
                self.wheel.insert(due.key, next);
            }
        } else if found.is_none() {
            hash.set_alarm(None);
            *found = Some(key);
        } else {
            self.wheel.insert(due.key, alarm);
        }
    }
}

fn hash(entry: EntryMut<'_>) -> Option<&mut Hash> {
    match entry.into_value_mut() {
        Some(ValueMut::Hash(hash)) => Some(hash),
        _ => None,
    }
}

//! How far a core has come in the order of messages.

use super::Stamp;

/// One core's logical time L. What the core runs for its own connections happens at L, after all messages below L.
///
/// Invariants:
/// - L never runs back.
/// - L is above every stamp the core has sent before it took L. So a core's own messages, which reach it through a ring
///   like all others, are below its next L, and what it runs locally comes after what it sent before.
/// - A stamp the core sends is above its L: what caused a message comes before the message.
/// - The stamps a core sends grow.
#[derive(Debug, Default)]
pub struct LogicalTime {
    now: Stamp,
    last_sent: Option<Stamp>,
}

impl LogicalTime {
    /// L as taken last; the lowest stamp if it never was.
    pub fn now(&self) -> Stamp {
        self.now
    }

    /// Whether a clock reading is above the core's own last stamp, and so may be taken. If not, read the clock again: a
    /// stamp is ahead of the clock by a nanosecond.
    pub fn may_take(&self, reading: Stamp) -> bool {
        self.last_sent.is_none_or(|sent| reading > sent)
    }

    /// Advances L to a clock reading and returns it.
    ///
    /// Whoever calls this promises that no message stamped below the reading will become visible any more, except
    /// those that are visible now.
    pub fn take(&mut self, reading: Stamp) -> Stamp {
        debug_assert!(
            self.may_take(reading),
            "a reading at or below the own last stamp was taken"
        );
        self.now = self.now.max(reading);
        self.now
    }

    /// The stamp of a flush, given the clock as read during it: a nanosecond later, or one after the last stamp where
    /// the clock has stood still.
    pub fn stamp(&mut self, reading: Stamp) -> Stamp {
        let stamp = self
            .last_sent
            .map_or(reading.next(), |sent| reading.max(sent).next());
        debug_assert!(
            stamp > self.now,
            "the clock ran back: a message would come before its cause"
        );
        self.last_sent = Some(stamp);
        stamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logical_time_never_runs_back() {
        let mut time = LogicalTime::default();
        assert_eq!(time.take(Stamp(7)), Stamp(7));
        assert_eq!(time.take(Stamp(5)), Stamp(7));
        assert_eq!(time.now(), Stamp(7));
    }

    #[test]
    fn logical_time_is_above_the_own_last_stamp() {
        let mut time = LogicalTime::default();
        assert!(time.may_take(Stamp(0)));
        assert_eq!(time.stamp(Stamp(10)), Stamp(11));
        assert!(!time.may_take(Stamp(10)));
        assert!(!time.may_take(Stamp(11)));
        assert_eq!(time.take(Stamp(12)), Stamp(12));
    }

    #[test]
    fn stamps_grow_while_the_clock_stands_still() {
        let mut time = LogicalTime::default();
        let stamps: Vec<Stamp> = (0..3).map(|_| time.stamp(Stamp(10))).collect();
        assert_eq!(stamps, [Stamp(11), Stamp(12), Stamp(13)]);
        assert!(!time.may_take(Stamp(13)));
    }

    #[test]
    #[should_panic(expected = "own last stamp")]
    #[cfg(debug_assertions)]
    fn a_reading_below_the_own_last_stamp_is_refused() {
        let mut time = LogicalTime::default();
        time.stamp(Stamp(10));
        time.take(Stamp(11));
    }
}

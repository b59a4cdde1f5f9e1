//! Whether a connection receives, given that the kernel and its owner change their minds at different times.

/// The receiving half of a connection. An operation is with the kernel in `Armed`, `Stopping` and `Restarting`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receive {
    /// Receiving.
    Armed,
    /// Paused, but the kernel has not confirmed yet.
    Stopping,
    /// Resumed before the kernel confirmed the pause.
    Restarting,
    /// Paused.
    Stopped,
    /// The peer sends no more.
    Ended,
}

/// What has to be told to the kernel after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Nothing,
    Arm,
    Cancel,
}

impl Receive {
    /// Whether the kernel has a receive operation.
    pub(super) fn is_with_kernel(self) -> bool {
        matches!(
            self,
            Receive::Armed | Receive::Stopping | Receive::Restarting
        )
    }

    pub(super) fn pause(&mut self) -> Order {
        let (next, order) = match *self {
            Receive::Armed => (Receive::Stopping, Order::Cancel),
            Receive::Restarting => (Receive::Stopping, Order::Nothing),
            same => (same, Order::Nothing),
        };
        *self = next;
        order
    }

    pub(super) fn resume(&mut self) -> Order {
        let (next, order) = match *self {
            Receive::Stopping => (Receive::Restarting, Order::Nothing),
            Receive::Stopped => (Receive::Armed, Order::Arm),
            same => (same, Order::Nothing),
        };
        *self = next;
        order
    }

    /// The kernel has dropped the operation without the stream having ended.
    pub(super) fn disarmed(&mut self) -> Order {
        let (next, order) = match *self {
            Receive::Armed | Receive::Restarting => (Receive::Armed, Order::Arm),
            Receive::Stopping => (Receive::Stopped, Order::Nothing),
            same => (same, Order::Nothing),
        };
        *self = next;
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_confirmed_by_the_kernel() {
        let mut receive = Receive::Armed;
        assert_eq!(receive.pause(), Order::Cancel);
        assert_eq!(receive.pause(), Order::Nothing);
        assert_eq!(receive.disarmed(), Order::Nothing);
        assert_eq!(receive, Receive::Stopped);
        assert_eq!(receive.resume(), Order::Arm);
        assert_eq!(receive, Receive::Armed);
    }

    #[test]
    fn a_resume_overtakes_the_confirmation() {
        let mut receive = Receive::Armed;
        receive.pause();
        assert_eq!(receive.resume(), Order::Nothing);
        assert!(receive.is_with_kernel());
        assert_eq!(receive.disarmed(), Order::Arm);
        receive.pause();
        receive.resume();
        assert_eq!(receive.pause(), Order::Nothing);
        assert_eq!(receive.disarmed(), Order::Nothing);
        assert_eq!(receive, Receive::Stopped);
    }

    #[test]
    fn an_ended_stream_stays_ended() {
        let mut receive = Receive::Ended;
        assert_eq!(receive.pause(), Order::Nothing);
        assert_eq!(receive.resume(), Order::Nothing);
        assert!(!receive.is_with_kernel());
    }
}

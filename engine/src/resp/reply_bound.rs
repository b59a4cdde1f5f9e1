//! How large a reply may get before nobody will read it.
//!
//! A client that is owed more than its output limit is closed. A reply that is beyond the limit already while it is
//! written needs no further bytes, so a command over millions of elements takes no more memory than the limit allows.

/// A bound on the bytes of one reply, or none. Limits are rounded up to powers of two: a reply beyond its bound is beyond
/// the limit, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplyBound(u8);

impl ReplyBound {
    /// The bound for an output limit of `limit` bytes; none for 0.
    #[inline]
    pub fn of_limit(limit: u64) -> ReplyBound {
        match limit {
            0 => ReplyBound(0),
            // Never 0: that is no bound.
            _ => ReplyBound((u64::BITS - limit.leading_zeros()) as u8),
        }
    }

    /// The largest number of bytes within it.
    #[inline]
    pub fn bytes(self) -> usize {
        match self.0 {
            0 => usize::MAX,
            bits => 1_usize.checked_shl(bits.into()).unwrap_or(usize::MAX),
        }
    }

    /// The smaller one of both.
    pub fn min(self, other: ReplyBound) -> ReplyBound {
        if self.bytes() <= other.bytes() {
            self
        } else {
            other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_never_below_its_limit() {
        for limit in [1, 2, 3, 4, 1000, 1 << 20, (1 << 40) + 1, u64::MAX] {
            let bytes = ReplyBound::of_limit(limit).bytes();
            assert!(bytes as u64 >= limit, "{limit}");
            assert!(bytes as u64 / 2 <= limit, "{limit}");
        }
        assert_eq!(ReplyBound::of_limit(0).bytes(), usize::MAX);
        let small = ReplyBound::of_limit(9);
        assert_eq!(small.min(ReplyBound::of_limit(0)), small);
        assert_eq!(ReplyBound::default().min(small), small);
    }
}

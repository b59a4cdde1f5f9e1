//! What a completion belongs to, packed into the 64 bits the kernel carries for us.
//!
//! ```text
//! 63           32 31           0
//! |     kind     |    index    |
//! ```
//!
//! Deliberately no generation: a place is given out again only after every operation armed for it has completed.

/// The owner of a completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A listener's multishot accept.
    Accept(u32),
    /// A connection's multishot receive.
    Receive(u32),
    /// A connection's send.
    Send(u32),
    /// The poll on the eventfd other threads write to.
    Wake,
    /// A cancellation; its own result says nothing the cancelled operation does not say.
    Cancel,
}

impl Token {
    pub(super) fn bits(self) -> u64 {
        let (kind, index) = match self {
            Token::Cancel => (0, 0),
            Token::Wake => (1, 0),
            Token::Accept(index) => (2, index),
            Token::Receive(index) => (3, index),
            Token::Send(index) => (4, index),
        };
        kind << 32 | u64::from(index)
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        let index = bits as u32;
        match bits >> 32 {
            1 => Token::Wake,
            2 => Token::Accept(index),
            3 => Token::Receive(index),
            4 => Token::Send(index),
            _ => Token::Cancel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_kernel() {
        for token in [
            Token::Cancel,
            Token::Wake,
            Token::Accept(0),
            Token::Receive(u32::MAX),
            Token::Send(9),
        ] {
            assert_eq!(Token::from_bits(token.bits()), token);
        }
    }
}

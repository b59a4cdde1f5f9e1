//! Keys as redis-benchmark makes them, drawn at random.

use std::io::Write;

/// Keys in a database, enough to leave the processor's caches.
pub(crate) const KEYS: u64 = 1_000_000;

/// Numbers below [`KEYS`] that look random and are the same in every run (xorshift).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new() -> Self {
        Draw(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper bits of a product instead of a remainder: a division would be measured too.
        ((u128::from(self.0) * u128::from(KEYS)) >> 64) as u64
    }
}

/// The key of 16 bytes with `number`.
pub(crate) fn key(number: u64) -> [u8; 16] {
    let mut key = *b"key:000000000000";
    let mut left = number;
    for digit in key[4..].iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    key
}

/// Appends a request of `words`.
pub(crate) fn append_request(to: &mut Vec<u8>, words: &[&[u8]]) {
    let written = write!(to, "*{}\r\n", words.len());
    written.expect("a Vec takes all");
    for word in words {
        let written = write!(to, "${}\r\n", word.len());
        written.expect("a Vec takes all");
        to.extend_from_slice(word);
        to.extend_from_slice(b"\r\n");
    }
}

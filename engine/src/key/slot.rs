//! Hash slots, as specified by Redis Cluster: CRC16 (XMODEM polynomial) of the key, or of its hash tag, modulo 16384.

/// One of the 16384 hash slots. Invariant: below [`Slot::COUNT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u16);

impl Slot {
    /// How many slots there are.
    pub const COUNT: u16 = 16384;

    /// The slot of a key.
    #[inline]
    pub fn of(key: &[u8]) -> Slot {
        Slot(crc16(hash_tag(key)) % Slot::COUNT)
    }

    /// The slot with this number, if there is one.
    pub const fn new(number: u16) -> Option<Slot> {
        if number < Slot::COUNT {
            Some(Slot(number))
        } else {
            None
        }
    }

    /// The slot's number.
    #[inline]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The part of a key that decides its slot: what stands between the first `{` and the next `}`, if that is not
/// empty; the whole key otherwise.
#[inline]
pub fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = first_brace(key) else {
        return key;
    };
    let tail = &key[open + 1..];
    match tail.iter().position(|&byte| byte == b'}') {
        Some(close) if close > 0 => &tail[..close],
        _ => key,
    }
}

/// Where the first `{` is: eight bytes at a time, as nearly all keys have none.
#[inline]
fn first_brace(key: &[u8]) -> Option<usize> {
    const LOW: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = key.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        // A byte that is a brace becomes zero, and borrows from its top bit; the lowest such bit is never a false one.
        let differs = u64::from_le_bytes(*word) ^ (LOW * u64::from(b'{'));
        let found = differs.wrapping_sub(LOW) & !differs & (LOW << 7);
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let behind = rest.iter().position(|&byte| byte == b'{')?;
    Some(words.len() * 8 + behind)
}

const SLICES: usize = 8;
const POLYNOMIAL: u16 = 0x1021;
/// `TABLES[s][b]`: what byte `b` contributes to the sum when `s` more bytes follow it in its group.
static TABLES: [[u16; 256]; SLICES] = tables();

const fn tables() -> [[u16; 256]; SLICES] {
    let mut tables = [[0u16; 256]; SLICES];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000 != 0 {
                (sum << 1) ^ POLYNOMIAL
            } else {
                sum << 1
            };
            bit += 1;
        }
        tables[0][byte] = sum;
        byte += 1;
    }
    let mut slice = 1;
    while slice < SLICES {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[slice - 1][byte];
            tables[slice][byte] = (before << 8) ^ tables[0][(before >> 8) as usize];
            byte += 1;
        }
        slice += 1;
    }
    tables
}

/// CRC16/XMODEM, eight bytes a step.
fn crc16(bytes: &[u8]) -> u16 {
    let mut sum = 0u16;
    let (groups, rest) = bytes.as_chunks::<SLICES>();
    for group in groups {
        let [high, low] = sum.to_be_bytes();
        sum = TABLES[7][(group[0] ^ high) as usize]
            ^ TABLES[6][(group[1] ^ low) as usize]
            ^ TABLES[5][group[2] as usize]
            ^ TABLES[4][group[3] as usize]
            ^ TABLES[3][group[4] as usize]
            ^ TABLES[2][group[5] as usize]
            ^ TABLES[1][group[6] as usize]
            ^ TABLES[0][group[7] as usize];
    }
    for byte in rest {
        sum = (sum << 8) ^ TABLES[0][((sum >> 8) as u8 ^ byte) as usize];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slots_match_what_redis_says() {
        // From CLUSTER KEYSLOT of redis-server 7.0.15.
        for (key, slot) in [
            (&b"foo"[..], 12182),
            (b"bar", 5061),
            (b"", 0),
            (b"123456789", 12739),
            (b"{user1000}.following", 3443),
            (b"user1000", 3443),
        ] {
            assert_eq!(Slot::of(key).index(), slot, "{key:?}");
        }
    }

    #[test]
    fn only_the_first_complete_tag_counts() {
        assert_eq!(hash_tag(b"a{b}c{d}"), b"b");
        assert_eq!(hash_tag(b"foo{}{bar}"), b"foo{}{bar}");
        assert_eq!(hash_tag(b"foo{{bar}}zap"), b"{bar");
        assert_eq!(hash_tag(b"open{tag"), b"open{tag");
        assert_eq!(hash_tag(b"}{x}"), b"x");
    }

    proptest! {
        #[test]
        fn the_first_brace_is_found(key in proptest::collection::vec(prop_oneof![Just(b'{'), Just(b'z'), Just(b'|'), any::<u8>()], 0..40)) {
            prop_assert_eq!(first_brace(&key), key.iter().position(|&byte| byte == b'{'));
        }
    }

    #[test]
    fn slot_numbers_are_checked() {
        assert_eq!(Slot::new(16383).map(Slot::index), Some(16383));
        assert_eq!(Slot::new(16384), None);
    }

    proptest! {
        #[test]
        fn sums_match_the_reference(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(crc16(&bytes), crc16::State::<crc16::XMODEM>::calculate(&bytes));
        }
    }
}

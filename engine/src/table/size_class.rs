//! The sizes that allocations of tables have, so that their layouts can be told from their contents.
//!
//! The classes are jemalloc's with a quantum of 8 bytes: multiples of 8 up to 64, then four for each doubling. There
//! rounding up costs nothing, and memory is reused whenever old and new contents share a class.

/// The size that is allocated for `bytes` of content.
#[inline]
pub const fn size_class(bytes: usize) -> usize {
    if bytes <= 64 {
        return (bytes + 7) & !7;
    }
    let spacing = 1 << ((bytes - 1).ilog2() - 2);
    (bytes + spacing - 1) & !(spacing - 1)
}

#[cfg(test)]
mod tests {
    use super::size_class;

    #[test]
    fn classes_are_jemallocs() {
        let mut classes: Vec<usize> = (1..=1024).map(size_class).collect();
        classes.dedup();
        let expected = [
            8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448,
            512, 640, 768, 896, 1024,
        ];
        assert_eq!(classes, expected);
    }
}

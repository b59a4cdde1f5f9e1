//! How figures are shown to people.

/// Bytes with two digits behind the point and a unit of 1024: `943.18K`.
pub(crate) fn human(bytes: u64) -> String {
    const UNITS: [char; 5] = ['K', 'M', 'G', 'T', 'P'];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let power = (bytes.ilog2() / 10).min(UNITS.len() as u32);
    format!(
        "{:.2}{}",
        bytes as f64 / (1_u64 << (10 * power)) as f64,
        UNITS[power as usize - 1]
    )
}

/// One number as a part of another; 0 where the whole is 0.
pub(crate) fn part(number: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        number as f64 / whole as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_get_a_unit() {
        let shown = [0, 1023, 1024, 965_816, 25_276_514_304, u64::MAX].map(human);
        assert_eq!(
            shown,
            ["0B", "1023B", "1.00K", "943.18K", "23.54G", "16384.00P"]
        );
        assert_eq!((part(1, 0), part(1, 4)), (0.0, 0.25));
    }
}

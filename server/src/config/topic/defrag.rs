//! Defragmentation, which this server leaves to its allocator: the figures are kept and not used.

use crate::config::value::Kind;

topic! {
    /// Defragmentation, which this server leaves to its allocator.
    pub struct Defrag in defrag {
        /// Moves values to free pages; cannot be turned on.
        activedefrag: bool = false, "activedefrag", Kind::OffOnly(
            "Active defragmentation cannot be enabled: memory is left to the allocator"
        );
        /// Least time, in percent.
        cycle_min: u8 = 1, "active-defrag-cycle-min", Kind::Integer(1, 99), ignored "there is no defragmentation";
        /// Most time, in percent.
        cycle_max: u8 = 25, "active-defrag-cycle-max", Kind::Integer(1, 99), ignored "there is no defragmentation";
        /// Wasted memory in percent that takes the least time.
        threshold_lower: u16 = 10, "active-defrag-threshold-lower", Kind::Integer(0, 1000),
            ignored "there is no defragmentation";
        /// Wasted memory in percent that takes the most time.
        threshold_upper: u16 = 100, "active-defrag-threshold-upper", Kind::Integer(0, 1000),
            ignored "there is no defragmentation";
        /// Wasted bytes below which nothing is moved.
        ignore_bytes: u64 = 100 << 20, "active-defrag-ignore-bytes", Kind::Memory(1, i64::MAX as i128),
            ignored "there is no defragmentation";
        /// Fields of one value that are moved in one go.
        max_scan_fields: u64 = 1000, "active-defrag-max-scan-fields", Kind::Integer(1, i64::MAX as i128),
            ignored "there is no defragmentation";
    }
}

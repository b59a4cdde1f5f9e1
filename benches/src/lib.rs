//! What the micro-benchmarks and load runs share.

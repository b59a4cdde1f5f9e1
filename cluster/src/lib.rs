//! What many nodes agree on. See README.md.

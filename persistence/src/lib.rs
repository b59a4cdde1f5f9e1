//! Bytes that outlive the process. See README.md.

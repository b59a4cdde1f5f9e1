//! Primary and replica as state machines. See README.md.

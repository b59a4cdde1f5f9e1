//! Transcripts: what a client says and what a server answers, in files under `tests/transcripts`.
//!
//! ```text
//! % requirepass secret       a parameter; only before the first command
//! # a comment                only between steps
//! > SET k1 "a b"             commands, words quoted as redis-cli does it; several in a row are sent at once
//! > GET k1
//! +OK                        the raw replies, a line for each line on the wire
//! $3
//! a b
//!                            a blank line ends the step
//! +500ms                     time passes (`ms` or `s`)
//! @ 2                        from here on the second client speaks; it connects when it is first named
//! > SUBSCRIBE c
//! ~ \*3|>3                   a line that matches a regular expression
//! ...                        any number of lines
//! (closed)                   the server closed the connection; the client's next command opens a new one
//! ```
//!
//! DEBUG is allowed. A step without commands (`@ 2`, then replies) looks at what a client received meanwhile. Blank lines that end a reply
//! (`$0`) need not be written. Bytes that are no text are written `\x00`.

mod expected;
mod file;
mod run;

pub use file::{Action, Step, Transcript, read_all};
pub use run::{Mismatch, run};

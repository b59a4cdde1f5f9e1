//! Random input for a server without sockets: command lines that mean nearly something, and bytes that are nearly
//! requests. All of it follows from a seed, so a failure repeats.

mod bytes;
mod episode;
mod lines;

pub use bytes::same_in_pieces;
pub use episode::{Figures, digests_agree};
pub use lines::Lines;

use engine::resp::elements::element_len;

/// What a connection received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Elements {
    count: usize,
    /// How many of them are errors.
    errors: usize,
}

/// The elements that `received` consists of. Errors: where the first byte stands that is no part of a whole one.
fn whole_elements(received: &[u8]) -> Result<Elements, usize> {
    let (mut at, mut elements) = (0, Elements::default());
    while at < received.len() {
        if !b"+-:$*~%>|_,#!=(".contains(&received[at]) {
            return Err(at);
        }
        elements.errors += usize::from(received[at] == b'-');
        elements.count += 1;
        at += element_len(&received[at..]).ok_or(at)?;
    }
    Ok(elements)
}

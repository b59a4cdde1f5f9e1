//! Requests of a pipeline, parsed a few ahead of the one that runs, so that the memory their keys lie in is on its way
//! when their turn comes.
//!
//! Invariant: parsing ahead changes nothing a client can see. Whatever changes how the next request is to be read (a
//! login) or keeps it from running (a hold) is looked at between any two requests, and what was parsed behind is
//! dropped and parsed again.

use engine::command::args::{Args, Span};

/// Requests parsed ahead. More would only push each other out of the cache.
pub(super) const MOST: usize = 16;

/// Where a request's words are and where the request ends, both from the start of the batch.
struct Parsed {
    first_span: usize,
    start: usize,
    end: usize,
}

/// See the top of the file.
#[derive(Default)]
pub(crate) struct Batch {
    requests: Vec<Parsed>,
    spans: Vec<Span>,
    /// Spans of the request that is being parsed.
    pub(super) parsing: Vec<Span>,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.requests.clear();
        self.spans.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }

    /// Takes the request that was just parsed, from `start` to `end`.
    pub(super) fn take_parsed(&mut self, start: usize, end: usize) {
        self.requests.push(Parsed {
            first_span: self.spans.len(),
            start,
            end,
        });
        self.spans.extend_from_slice(&self.parsing);
    }

    /// The words of a request in the input that was parsed, and where it ends there.
    pub(super) fn request<'a>(&'a self, index: usize, input: &'a [u8]) -> (Args<'a>, usize) {
        let request = &self.requests[index];
        let behind = self
            .requests
            .get(index + 1)
            .map_or(self.spans.len(), |next| next.first_span);
        (
            Args::new(
                &input[request.start..],
                &self.spans[request.first_span..behind],
            ),
            request.end,
        )
    }
}

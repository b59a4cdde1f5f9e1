//! The arguments of one command: borrowed spans of one buffer, whoever owns it (a socket's buffer, a block from another
//! core, a queued transaction).

use std::ops::Index;

pub use crate::resp::request::Span;

/// A command's words, its name first. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    bytes: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Args<'a> {
    /// The words at `spans` of `bytes`. Invariant: every span lies within `bytes`.
    pub fn new(bytes: &'a [u8], spans: &'a [Span]) -> Self {
        Args { bytes, spans }
    }

    /// How many words, the name included.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is not even a name.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The word at `index`, if there are that many.
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let span = self.spans.get(index)?;
        Some(&self.bytes[span.start as usize..][..span.len as usize])
    }

    /// The word at `index`, living as long as the buffer. Panics when there are fewer words: the arity check of the
    /// command's row comes first.
    #[inline]
    pub fn at(&self, index: usize) -> &'a [u8] {
        let span = self.spans[index];
        &self.bytes[span.start as usize..][..span.len as usize]
    }

    /// Whether the word at `index` is there and equals `word` without regard to case.
    pub fn is(&self, index: usize, word: &str) -> bool {
        self.get(index)
            .is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()))
    }

    /// All words.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let this = *self;
        (0..this.len()).map(move |index| this.at(index))
    }

    /// The words from `first` on.
    pub fn skip(&self, first: usize) -> Args<'a> {
        Args {
            bytes: self.bytes,
            spans: &self.spans[first.min(self.spans.len())..],
        }
    }
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    #[inline]
    fn index(&self, index: usize) -> &[u8] {
        self.at(index)
    }
}

/// The arguments of a command that outlives the buffer it came in: queued by MULTI, parked behind a lock, or kept by a
/// transaction of several hops.
#[derive(Clone, Debug, Default)]
pub struct OwnedArgs {
    bytes: Vec<u8>,
    spans: Vec<Span>,
}

impl OwnedArgs {
    /// No words yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// No words yet, but room for so many of so many bytes together.
    pub fn with_capacity(words: usize, bytes: usize) -> Self {
        OwnedArgs {
            bytes: Vec::with_capacity(bytes),
            spans: Vec::with_capacity(words),
        }
    }

    /// A copy of `args`.
    pub fn copy(args: &Args<'_>) -> Self {
        args.iter().collect()
    }

    /// Adds a word.
    pub fn push(&mut self, word: &[u8]) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(word);
        self.spans.push(Span {
            start,
            len: word.len() as u32,
        });
    }

    /// Forgets all words, but keeps their memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.spans.clear();
    }

    /// The words, borrowed.
    pub fn as_args(&self) -> Args<'_> {
        Args {
            bytes: &self.bytes,
            spans: &self.spans,
        }
    }

    /// Bytes held, for memory accounting.
    pub fn allocated(&self) -> usize {
        self.bytes.capacity() + self.spans.capacity() * size_of::<Span>()
    }
}

impl<'a> FromIterator<&'a [u8]> for OwnedArgs {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(words: I) -> Self {
        let mut owned = OwnedArgs::new();
        words.into_iter().for_each(|word| owned.push(word));
        owned
    }
}

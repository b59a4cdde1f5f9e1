//! Patterns of BY and GET: names of keys, or of fields of hashes, that elements lead to.

use crate::key::slot::{Slot, hash_tag};

/// What a pattern makes of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern<'a> {
    /// `#`: itself.
    Element,
    /// No place for the element: nothing.
    Nothing,
    /// What a key holds.
    Key(Followed<'a>),
}

/// `prefix*suffix` or `prefix*suffix->field`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Followed<'a> {
    prefix: &'a [u8],
    suffix: &'a [u8],
    /// Empty for a string.
    pub field: &'a [u8],
}

impl<'a> Pattern<'a> {
    pub(super) fn parse(text: &'a [u8]) -> Self {
        if text == b"#" {
            return Pattern::Element;
        }
        let Some(star) = text.iter().position(|byte| *byte == b'*') else {
            return Pattern::Nothing;
        };
        let (prefix, rest) = (&text[..star], &text[star + 1..]);
        // An arrow at the very end is part of the name.
        let arrow = rest.windows(2).position(|pair| pair == b"->");
        let arrow = arrow.filter(|at| at + 2 < rest.len());
        let (suffix, field) = match arrow {
            Some(at) => (&rest[..at], &rest[at + 2..]),
            None => (rest, &rest[..0]),
        };
        Pattern::Key(Followed {
            prefix,
            suffix,
            field,
        })
    }
}

impl Pattern<'_> {
    /// Bytes of the words it makes of an element, without those of the element.
    pub(super) fn size(&self) -> usize {
        match self {
            Pattern::Key(followed) => {
                followed.prefix.len() + followed.suffix.len() + followed.field.len()
            }
            _ => 0,
        }
    }
}

impl Followed<'_> {
    /// The slot of every key it names, if it is one: the hash tag stands before the place for the element.
    pub(super) fn slot(&self) -> Option<Slot> {
        let tag = hash_tag(self.prefix);
        (tag.len() < self.prefix.len()).then(|| Slot::of(tag))
    }

    /// Writes the name of the key that `element` leads to over `name`.
    pub(super) fn name(&self, element: &[u8], name: &mut Vec<u8>) {
        name.clear();
        name.extend_from_slice(self.prefix);
        name.extend_from_slice(element);
        name.extend_from_slice(self.suffix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tag_before_the_element_decides_the_slot() {
        let slot_of = |text: &'static str| match Pattern::parse(text.as_bytes()) {
            Pattern::Key(followed) => followed.slot(),
            _ => panic!("{text} has a place for the element"),
        };
        assert_eq!(slot_of("{t}w_*"), Some(Slot::of(b"t")));
        assert_eq!(slot_of("w{t}{u}*_x->f"), Some(Slot::of(b"t")));
        for text in ["w_*", "{}w_*", "{t*}", "w_*{t}", "{*", "t}*", "{}{t}*"] {
            assert_eq!(slot_of(text), None, "{text}");
        }
    }

    #[test]
    fn patterns_name_keys_and_fields() {
        assert_eq!(Pattern::parse(b"#"), Pattern::Element);
        assert_eq!(Pattern::parse(b"abc->d"), Pattern::Nothing);
        for (text, key, field) in [
            ("*", "E", ""),
            ("w_*", "w_E", ""),
            ("w_*_x*", "w_E_x*", ""),
            ("a->b*", "a->bE", ""),
            ("w_*->f", "w_E", "f"),
            ("w_*_x->f->g", "w_E_x", "f->g"),
            ("w_*->", "w_E->", ""),
            ("w_*->*", "w_E", "*"),
        ] {
            let Pattern::Key(followed) = Pattern::parse(text.as_bytes()) else {
                panic!("{text} has a place for the element");
            };
            let mut name = Vec::new();
            followed.name(b"E", &mut name);
            assert_eq!(
                (&name[..], followed.field),
                (key.as_bytes(), field.as_bytes()),
                "{text}"
            );
        }
    }
}

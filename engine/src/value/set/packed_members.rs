//! Members one behind the other in one allocation, on their way to a reply, to the log or to another core.
//!
//! ```text
//! +---------------+-------+---------------+-------+----
//! | length        | bytes | length        | bytes | ..
//! | u32, LE       | ..    | u32, LE       | ..    |
//! +---------------+-------+---------------+-------+----
//! ```

use crate::packed::element::Element;

/// See the top of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedMembers {
    bytes: Vec<u8>,
    len: usize,
}

impl PackedMembers {
    /// None, with room for `count` short ones.
    pub fn with_capacity(count: usize) -> PackedMembers {
        PackedMembers {
            bytes: Vec::with_capacity(count.min(1 << 16) * 16),
            len: 0,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds one.
    #[inline]
    pub fn push(&mut self, member: Element<'_>) {
        member.with_bytes(|member| {
            self.bytes
                .extend_from_slice(&(member.len() as u32).to_le_bytes());
            self.bytes.extend_from_slice(member);
        });
        self.len += 1;
    }

    /// All of them, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let (member, behind) = behind.split_at(u32::from_le_bytes(*length) as usize);
            rest = behind;
            Some(member)
        })
    }
}

impl<'a> FromIterator<Element<'a>> for PackedMembers {
    fn from_iter<T: IntoIterator<Item = Element<'a>>>(members: T) -> Self {
        let members = members.into_iter();
        let mut packed = PackedMembers::with_capacity(members.size_hint().0);
        members.for_each(|member| packed.push(member));
        packed
    }
}

//! One round of lookups of a command that follows what it gathered: which go to which shard, and what came back.
//!
//! Invariant: a shard answers its lookups in their order, so the order of all of them is found again by walking the
//! shards of the lookups.

use super::stamp::ShardId;
use crate::command::args::OwnedArgs;
use crate::key::placement::Placement;
use crate::shard::look::{Found, WIDTH};

/// See the top of the file.
pub(super) struct Lookups {
    words: OwnedArgs,
    /// The part of each lookup.
    order: Vec<u16>,
    parts: Vec<(ShardId, Option<Found>)>,
}

impl Lookups {
    /// `words` are those of [`crate::shard::look::look`], for any shard.
    pub(super) fn new(words: OwnedArgs, placement: &Placement) -> Self {
        let mut parts: Vec<(ShardId, Option<Found>)> = Vec::new();
        let args = words.as_args();
        let part_of = |at: usize| {
            let shard = placement.of_key(args.at(at));
            let known = parts.iter().position(|(other, _)| *other == shard);
            known.unwrap_or_else(|| {
                parts.push((shard, None));
                parts.len() - 1
            }) as u16
        };
        let order = (0..args.len()).step_by(WIDTH).map(part_of).collect();
        Lookups {
            words,
            order,
            parts,
        }
    }

    /// How many shards are asked.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    pub(super) fn shard(&self, part: usize) -> ShardId {
        self.parts[part].0
    }

    /// The words for one shard.
    pub(super) fn words(&self, part: usize) -> impl Iterator<Item = &[u8]> {
        let args = self.words.as_args();
        let own = self.order.iter().enumerate();
        own.filter(move |(_, other)| usize::from(**other) == part)
            .flat_map(move |(number, _)| (0..WIDTH).map(move |word| args.at(number * WIDTH + word)))
    }

    pub(super) fn take(&mut self, part: usize, found: Found) {
        self.parts[part].1 = Some(found);
    }

    /// What all shards found, in the order of the words.
    pub(super) fn join(self) -> Found {
        let parts = self.parts.into_iter();
        let mut parts: Vec<Found> = parts.map(|(_, found)| found.unwrap_or_default()).collect();
        if let [only] = &mut parts[..] {
            return std::mem::take(only);
        }
        let mut next = vec![0; parts.len()];
        let mut all = Found::default();
        for part in self.order.into_iter().map(usize::from) {
            all.push(parts[part].get(next[part]));
            next[part] += 1;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shards_found_is_put_in_order() {
        let names = ["a", "b", "c", "d", "e", "f", "g", "a"];
        let words: OwnedArgs = names
            .iter()
            .flat_map(|name| [name.as_bytes(), b""])
            .collect();
        for shards in [1, 2, 7] {
            let mut lookups = Lookups::new(words.clone(), &Placement::even(shards));
            for part in 0..lookups.parts() {
                let mut found = Found::default();
                let own: OwnedArgs = lookups.words(part).collect();
                for name in own.as_args().iter().step_by(WIDTH) {
                    found.push((name != b"c").then_some(name));
                }
                lookups.take(part, found);
            }
            let found = lookups.join();
            for (number, name) in names.iter().enumerate() {
                let expected = (*name != "c").then_some(name.as_bytes());
                assert_eq!(found.get(number), expected, "{name} of {shards} shards");
            }
            assert_eq!(found.get(names.len()), None);
        }
    }
}

//! Where a command's keys stand among its arguments, as Redis's key specifications describe it
//! (<https://redis.io/docs/latest/develop/reference/key-specs/>): find where a group of keys begins, then walk it.

use super::args::Args;

bitflags::bitflags! {
    /// What a command does to the keys of one specification.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct KeyFlags: u32 {
        /// Reads the value, may change it.
        const RW = 1;
        /// Only reads.
        const RO = 1 << 1;
        /// Overwrites, whatever was there.
        const OW = 1 << 2;
        /// Removes.
        const RM = 1 << 3;
        /// Returns or uses user data of the value.
        const ACCESS = 1 << 4;
        /// Changes the value by what was there.
        const UPDATE = 1 << 5;
        /// Adds data without looking at what was there.
        const INSERT = 1 << 6;
        /// Removes data.
        const DELETE = 1 << 7;
        /// Not really a key, but placed like one.
        const NOT_KEY = 1 << 8;
        /// The specification does not find all keys.
        const INCOMPLETE = 1 << 9;
        /// The flags depend on the arguments.
        const VARIABLE_FLAGS = 1 << 10;
    }
}

impl KeyFlags {
    /// The names COMMAND INFO prints, in Redis's order.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        const NAMES: [&str; 11] = [
            "RW",
            "RO",
            "OW",
            "RM",
            "access",
            "update",
            "insert",
            "delete",
            "not_key",
            "incomplete",
            "variable_flags",
        ];
        NAMES
            .into_iter()
            .enumerate()
            .filter(move |(bit, _)| self.bits() & (1 << bit) != 0)
            .map(|(_, name)| name)
    }
}

/// Where a group of keys begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At this argument (the name is 0).
    Index(usize),
    /// Behind this word, searched forwards from an argument, or backwards when the start is negative.
    Keyword(&'static str, isize),
    /// Behind the last of these words that stands as an option, whose value is the key. COMMAND INFO calls it unknown.
    Option(&'static OptionWord),
    /// Only the command itself knows.
    Unknown,
}

/// A word that may stand anywhere among the options of a command.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionWord {
    /// The word.
    pub word: &'static str,
    /// Where options begin.
    pub first: usize,
    /// Other options that have values, and how many each: there the word is not looked for.
    pub others: &'static [(&'static str, usize)],
}

impl OptionWord {
    fn find(&self, args: &Args<'_>) -> Option<usize> {
        let (mut at, mut found) = (self.first, None);
        while at < args.len() {
            let other = self.others.iter().find(|(word, _)| args.is(at, word));
            if let Some((_, values)) = other {
                at += values;
            } else if args.is(at, self.word) && at + 1 < args.len() {
                at += 1;
                found = Some(at);
            }
            at += 1;
        }
        found
    }
}

/// How a group of keys goes on from where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Find {
    /// Up to `last` (relative to the beginning; negative: from the end, -1 the last argument), every `step`-th; with a
    /// `limit` of n > 1 only the first n-th of the arguments.
    Range {
        /// The last key, see above.
        last: isize,
        /// Distance between keys.
        step: usize,
        /// 0 or 1 for no limit.
        limit: usize,
    },
    /// A number at `count`, the keys from `first` on, both relative to the beginning.
    Count {
        /// Where the number of keys stands.
        count: usize,
        /// Where the first key stands.
        first: usize,
        /// Distance between keys.
        step: usize,
    },
    /// Only the command itself knows.
    Unknown,
}

/// One group of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// What the command does to them.
    pub flags: KeyFlags,
    /// Where they begin.
    pub begin: Begin,
    /// How they go on.
    pub find: Find,
    /// For people, shown by COMMAND INFO.
    pub notes: &'static str,
}

impl KeySpec {
    /// One key at argument `index`.
    pub const fn at(index: usize, flags: KeyFlags) -> Self {
        Self::range(index, 0, 1, flags)
    }

    /// Keys from `first` to `last` (relative to `first`, negative from the end) every `step`.
    pub const fn range(first: usize, last: isize, step: usize, flags: KeyFlags) -> Self {
        KeySpec {
            flags,
            begin: Begin::Index(first),
            find: Find::Range {
                last,
                step,
                limit: 0,
            },
            notes: "",
        }
    }

    /// As many keys as the number at argument `at` says, right behind it.
    pub const fn counted(at: usize, flags: KeyFlags) -> Self {
        KeySpec {
            flags,
            begin: Begin::Index(at),
            find: Find::Count {
                count: 0,
                first: 1,
                step: 1,
            },
            notes: "",
        }
    }

    /// The same group with a note.
    pub const fn note(self, notes: &'static str) -> Self {
        KeySpec { notes, ..self }
    }

    /// Calls `found` with the index of every key of this group in `args`. Returns false when the arguments do not hold
    /// the group (a number that is none, a range that ends before it begins).
    pub fn each(&self, args: &Args<'_>, found: &mut dyn FnMut(usize)) -> bool {
        let Some(begin) = self.beginning(args) else {
            return self.begin_is_optional();
        };
        if matches!(self.begin, Begin::Option(_)) {
            found(begin);
            return true;
        }
        match self.find {
            Find::Range { last, step, limit } => {
                let Some(last) = range_end(args.len(), begin, last, limit) else {
                    return false;
                };
                (begin..=last).step_by(step.max(1)).for_each(found);
                true
            }
            Find::Count { count, first, step } => {
                let number = args
                    .get(begin + count)
                    .and_then(|text| std::str::from_utf8(text).ok()?.parse::<usize>().ok());
                let Some(number) = number else { return false };
                let start = begin + first;
                let fits = number
                    .checked_mul(step)
                    .is_some_and(|width| start + width < args.len() + step);
                if !fits {
                    return false;
                }
                (0..number).map(|n| start + n * step).for_each(found);
                true
            }
            Find::Unknown => true,
        }
    }

    fn beginning(&self, args: &Args<'_>) -> Option<usize> {
        match self.begin {
            Begin::Index(index) => (index < args.len()).then_some(index),
            Begin::Keyword(word, from) if from >= 0 => (from as usize..args.len())
                .find(|at| args.is(*at, word))
                .map(|at| at + 1),
            Begin::Keyword(word, from) => {
                let start = args.len().checked_sub(from.unsigned_abs())?;
                (1..=start)
                    .rev()
                    .find(|at| args.is(*at, word))
                    .map(|at| at + 1)
            }
            Begin::Option(option) => option.find(args),
            Begin::Unknown => None,
        }
    }

    fn begin_is_optional(&self) -> bool {
        !matches!(self.begin, Begin::Index(_))
    }
}

fn range_end(len: usize, begin: usize, last: isize, limit: usize) -> Option<usize> {
    let end = if last >= 0 {
        begin + last as usize
    } else {
        let from_end = last.unsigned_abs();
        if limit > 1 {
            // Only the first `limit`-th of what follows holds keys.
            (begin + (len - begin) / limit).checked_sub(from_end)?
        } else {
            len.checked_sub(from_end)?
        }
    };
    (end < len && end >= begin).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::super::args::OwnedArgs;
    use super::*;

    fn keys(spec: KeySpec, words: &str) -> Option<Vec<usize>> {
        let args: OwnedArgs = words.split(' ').map(str::as_bytes).collect();
        let mut found = Vec::new();
        spec.each(&args.as_args(), &mut |at| found.push(at))
            .then_some(found)
    }

    #[test]
    fn groups_of_keys_are_found() {
        assert_eq!(keys(KeySpec::at(1, KeyFlags::RO), "get a"), Some(vec![1]));
        assert_eq!(
            keys(KeySpec::range(1, -1, 2, KeyFlags::OW), "mset a 1 b 2"),
            Some(vec![1, 3])
        );
        assert_eq!(
            keys(KeySpec::counted(1, KeyFlags::RO), "zunion 2 a b weights"),
            Some(vec![2, 3])
        );
        assert_eq!(
            keys(KeySpec::counted(1, KeyFlags::RO), "zunion 3 a b"),
            None
        );
        assert_eq!(
            keys(KeySpec::counted(1, KeyFlags::RO), "zunion x a b"),
            None
        );
        let streams = KeySpec {
            begin: Begin::Keyword("STREAMS", 1),
            find: Find::Range {
                last: -1,
                step: 1,
                limit: 2,
            },
            ..KeySpec::at(1, KeyFlags::RO)
        };
        assert_eq!(
            keys(streams, "xread count 1 streams a b 0 0"),
            Some(vec![4, 5])
        );
        let store = KeySpec {
            begin: Begin::Keyword("store", -2),
            ..KeySpec::at(1, KeyFlags::OW)
        };
        assert_eq!(keys(store, "sort a by x store dst"), Some(vec![5]));
        assert_eq!(keys(store, "sort a by x"), Some(vec![]));
        let option = KeySpec {
            begin: Begin::Option(&OptionWord {
                word: "STORE",
                first: 2,
                others: &[("BY", 1), ("LIMIT", 2)],
            }),
            ..KeySpec::at(1, KeyFlags::OW)
        };
        for (words, key) in [
            ("sort a", None),
            ("sort a store", None),
            ("sort store store b", Some(3)),
            ("sort a store b by store store c desc", Some(7)),
            ("sort a limit 1 store b store", None),
        ] {
            assert_eq!(keys(option, words), Some(Vec::from_iter(key)), "{words}");
        }
    }
}

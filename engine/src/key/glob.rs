//! Glob patterns, as KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACLs know them.
//!
//! ```text
//! *  any bytes    ?  one byte    [ab] [a-z]  one of these    [^a]  one other than these    \x  the byte x
//! ```
//!
//! Where shells differ among themselves, what Redis does holds: a class without its `]` goes on to the pattern's end; a
//! range takes the byte behind its `-` as it is, be it `]` or `\`, and may be written backwards; `[]` matches nothing
//! and `[^]` any byte; a `\` at the pattern's end is itself; the empty text is described by `*` and by the empty
//! pattern, but not by `**`.
//!
//! Invariant: time is at most the product of both lengths, and nothing recurses. A `*` that has matched need never be
//! reconsidered once a later `*` is reached, so one place to go back to is enough.

/// Whether `a` and `A` are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They differ.
    Exact,
    /// ASCII letters match in either case; but a letter behind a `\` in a class only itself, as with Redis.
    Ignore,
}

impl Case {
    fn fold(self, byte: u8) -> u8 {
        match self {
            Self::Exact => byte,
            Self::Ignore => byte.to_ascii_lowercase(),
        }
    }
}

/// A pattern with more stars than this, with something behind each, describes nothing, as with Redis.
const MOST_STARS: usize = 1000;

/// Whether `pattern` describes the whole of `text`.
pub fn matches(pattern: &[u8], text: &[u8], case: Case) -> bool {
    if text.is_empty() {
        return matches!(pattern, [] | [b'*']);
    }
    let (mut at, mut seen, mut stars) = (0, 0, 0);
    let mut last_star = None;
    while let Some(byte) = text.get(seen) {
        match pattern.get(at..).unwrap_or_default() {
            [b'*', ..] => {
                at += 1;
                // Neighbouring stars are one, and the last of a pattern needs no look behind it.
                let is_counted = !matches!(pattern.get(at), None | Some(b'*'));
                stars += usize::from(is_counted);
                if stars > MOST_STARS {
                    return false;
                }
                last_star = Some((at, seen, stars));
                continue;
            }
            [] => {}
            rest => {
                let (matched, len) = one(rest, *byte, case);
                if matched {
                    at += len;
                    seen += 1;
                    continue;
                }
            }
        }
        // The last `*` takes one byte more, and everything behind it is tried again.
        let Some((behind_star, from, counted)) = last_star else {
            return false;
        };
        (at, seen, stars) = (behind_star, from + 1, counted);
        last_star = Some((at, seen, stars));
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// Whether the element that `pattern` begins with (not a `*`) matches `byte`, and the element's length.
fn one(pattern: &[u8], byte: u8, case: Case) -> (bool, usize) {
    match pattern {
        [b'?', ..] => (true, 1),
        [b'[', b'^', items @ ..] => {
            let (matched, len) = class(items, byte, case);
            (!matched, 2 + len)
        }
        [b'[', items @ ..] => {
            let (matched, len) = class(items, byte, case);
            (matched, 1 + len)
        }
        [b'\\', literal, ..] => (case.fold(*literal) == case.fold(byte), 2),
        [literal, ..] => (case.fold(*literal) == case.fold(byte), 1),
        [] => (false, 0),
    }
}

/// Whether one of the class's items matches, and their length with the `]`.
fn class(items: &[u8], byte: u8, case: Case) -> (bool, usize) {
    let mut matched = false;
    let mut rest = items;
    loop {
        rest = match rest {
            [] => break,
            [b']', behind @ ..] => {
                rest = behind;
                break;
            }
            [b'\\', literal, behind @ ..] => {
                matched |= *literal == byte;
                behind
            }
            [first, b'-', last, behind @ ..] => {
                let (first, last) = (*first.min(last), *first.max(last));
                matched |= (case.fold(first)..=case.fold(last)).contains(&case.fold(byte));
                behind
            }
            [literal, behind @ ..] => {
                matched |= case.fold(*literal) == case.fold(byte);
                behind
            }
        };
    }
    (matched, items.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    /// Asked of redis-server 7.0.15: SET the text, then KEYS with the pattern.
    #[rustfmt::skip]
    const FACTS: &[(&[u8], &[u8], bool)] = &[
        (b"*", b"", true),
        (b"**", b"abc", true),
        (b"**", b"", false),
        (b"", b"", true),
        (b"", b"a", false),
        (b"a", b"", false),
        (b"?", b"a", true),
        (b"?", b"", false),
        (b"??", b"a", false),
        (b"a*c", b"abbc", true),
        (b"a*c", b"abcd", false),
        (b"*a*b*c*", b"xxaxxbxxcxx", true),
        (b"[abc]", b"b", true),
        (b"[abc]", b"d", false),
        (b"[^abc]", b"b", false),
        (b"[^abc]", b"d", true),
        (b"[a-c]", b"b", true),
        (b"[c-a]", b"b", true),
        (b"[a-]", b"-", false),
        (b"[a-]", b"a", true),
        (b"[a-]", b"]", true),
        (b"[a-]", b"b", false),
        (b"[a-]x", b"ax", false),
        (b"[a-]x", b"b", false),
        (b"[a-]x]", b"b", false),
        (b"[a-]x]", b"^", true),
        (b"[]a]", b"a", false),
        (b"[]a]", b"]", false),
        (b"[]a]", b"", false),
        (b"[]", b"a", false),
        (b"[]", b"", false),
        (b"[", b"", false),
        (b"[", b"[", false),
        (b"[", b"a", false),
        (b"[a", b"a", true),
        (b"[a", b"b", false),
        (b"[a", b"", false),
        (b"[^a", b"b", true),
        (b"[^a", b"a", false),
        (b"[^", b"a", true),
        (b"[^]", b"a", true),
        (b"[^]", b"", false),
        (b"[^]x", b"ax", true),
        (b"[\\]]", b"]", true),
        (b"[\\]]", b"\\", false),
        (b"[\\^a]", b"^", true),
        (b"[a\\-c]", b"b", false),
        (b"[a\\-c]", b"-", true),
        (b"[a-\\c]", b"b", false),
        (b"[a-\\c]", b"\\", true),
        (b"[a-\\c]", b"Z", false),
        (b"[a-\\]", b"a", true),
        (b"[a-\\]", b"]", true),
        (b"[!a]", b"b", false),
        (b"[!a]", b"!", true),
        (b"[!a]", b"a", true),
        (b"\\*", b"*", true),
        (b"\\*", b"a", false),
        (b"\\", b"\\", true),
        (b"\\", b"", false),
        (b"a\\", b"a\\", true),
        (b"a\\", b"a", false),
        (b"\\\\", b"\\", true),
        (b"[\\", b"\\", true),
        (b"[\\", b"a", false),
        (b"[a\\", b"\\", true),
        (b"[a\\", b"a", true),
        (b"[a-", b"a", true),
        (b"[a-", b"-", true),
        (b"[a-", b"b", false),
        (b"[a-z", b"m", true),
        (b"[a-z", b"mm", false),
        (b"[a", b"ab", false),
        (b"a*", b"", false),
        (b"a***", b"a", true),
        (b"*[", b"a", false),
        (b"*[", b"", false),
        (b"*[a", b"xa", true),
        (b"?*", b"", false),
        (b"?*", b"a", true),
        (b"*?", b"", false),
        (b"*?", b"a", true),
        (b"*\\", b"x\\", true),
        (b"*\\", b"x", false),
        (b"[a-c-e]", b"d", false),
        (b"[a-c-e]", b"-", true),
        (b"[a-c-e]", b"e", true),
        (b"[--a]", b".", true),
        (b"[^-]", b"-", false),
        (b"[^^]", b"^", false),
        (b"[a^]", b"^", true),
        (b"[\x80-\xff]", b"\x90", true),
        (b"[\xff-\x80]", b"\x90", true),
        (b"a\x00b", b"a\x00b", true),
        (b"*\x00*", b"a\x00b", true),
        (b"[^]]", b"a", false),
        (b"[^]]", b"a]", true),
        (b"[]]", b"]", false),
        (b"[]]", b"a]", false),
        (b"h[^e]llo", b"hello", false),
        (b"h[^e]llo", b"hallo", true),
        (b"*abc", b"ababc", true),
        (b"*?b*", b"b", false),
        (b"*?b*", b"ab", true),
        (b"[a-\\", b"a", true),
        (b"[a-\\", b"\\", true),
        (b"[a-\\", b"]", true),
        (b"[a-\\]x", b"b", false),
        (b"[a-\\]", b"_", true),
        (b"*[a", b"", false),
        (b"*[^a", b"", false),
        (b"[*]", b"*", true),
        (b"[*]", b"a", false),
        (b"[?]", b"a", false),
        (b"*[]*", b"a", false),
        (b"*\\*", b"a*", true),
        (b"a\\b", b"ab", true),
        (b"*", b"\xff\x00", true),
        (b"**a", b"", false),
        (b"a[", b"a", false),
        (b"a[b", b"a", false),
        (b"a\\", b"a", false),
    ];

    /// Asked of redis-server 7.0.15: CONFIG GET of the pattern finds `maxmemory`, or does not.
    const FACTS_IGNORING_CASE: &[(&[u8], bool)] = &[
        (b"MAXMEM[N-P]RY", true),
        (b"maxmemor[X-Z]", true),
        (b"maxmemor[Z-X]", true),
        (b"maxmemor[W-_]", false),
        (b"maxmemor[^Y]", false),
        (b"maxmemor[\\Y]", false),
        (b"MAXMEMORY*", true),
    ];

    #[test]
    fn too_many_stars_describe_nothing() {
        let text = vec![b'a'; 1002];
        assert!(matches(&b"*?".repeat(1000), &text, Case::Exact));
        assert!(!matches(&b"*?".repeat(1001), &text, Case::Exact));
        assert!(matches(&b"*".repeat(5000), &text, Case::Exact));
    }

    #[test]
    fn redis_agrees() {
        for (pattern, text, expected) in FACTS {
            let found = matches(pattern, text, Case::Exact);
            assert_eq!(
                found,
                *expected,
                "{} and {}",
                pattern.escape_ascii(),
                text.escape_ascii()
            );
        }
    }

    #[test]
    fn redis_agrees_ignoring_case() {
        for (pattern, expected) in FACTS_IGNORING_CASE {
            let found = matches(pattern, b"maxmemory", Case::Ignore);
            assert_eq!(found, *expected, "{}", pattern.escape_ascii());
        }
        assert!(matches(b"\\M*", b"m", Case::Ignore));
        assert!(!matches(b"M", b"m", Case::Exact));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = [&b"a*".repeat(2000)[..], b"b"].concat();
        assert!(!matches(&pattern, &b"a".repeat(5000), Case::Exact));
        assert!(matches(&b"*".repeat(1_000_000), b"a", Case::Exact));
    }

    /// The definition of a match but for the empty text: what a `*` stands for is tried in every length.
    fn defined(pattern: &[u8], text: &[u8], case: Case) -> bool {
        match (pattern, text) {
            ([], text) => text.is_empty(),
            ([b'*', rest @ ..], text) => {
                (0..=text.len()).any(|taken| defined(rest, &text[taken..], case))
            }
            (_, []) => false,
            (pattern, [byte, behind @ ..]) => {
                let (matched, len) = one(pattern, *byte, case);
                matched && defined(&pattern[len..], behind, case)
            }
        }
    }

    proptest! {
        #[test]
        fn a_match_is_as_defined(
            pattern in vec(select(&b"aabB***??[]^-\\"[..]), 0..12),
            text in vec(select(&b"aaabB-]\\"[..]), 1..12),
            ignore in any::<bool>(),
        ) {
            let case = if ignore { Case::Ignore } else { Case::Exact };
            prop_assert_eq!(matches(&pattern, &text, case), defined(&pattern, &text, case));
        }

        #[test]
        fn no_bytes_panic(pattern in vec(any::<u8>(), 0..40), text in vec(any::<u8>(), 0..40)) {
            matches(&pattern, &text, Case::Ignore);
        }
    }
}

//! Calls that look at everything two servers hold.

use super::call::Call;
use super::episode::Episode;
use super::promise::Promise;

/// What is asked of every key: `$` stands for it.
const OF_KEY: &[(&str, Promise)] = &[
    ("TYPE $", Promise::Exact),
    ("OBJECT ENCODING $", Promise::Exact),
    ("PEXPIRETIME $", Promise::Near(NEAR)),
    ("GET $", Promise::Exact),
    ("LRANGE $ 0 -1", Promise::Exact),
    ("SMEMBERS $", Promise::Unordered),
    ("HGETALL $", Promise::Pairs),
    ("XRANGE $ - +", Promise::Exact),
    ("XINFO STREAM $ FULL COUNT 0", Promise::Timeless),
    ("XINFO GROUPS $", Promise::Exact),
    ("ZRANGE $ 0 -1 WITHSCORES", Promise::Exact),
    ("DEBUG DIGEST-VALUE $", Promise::Exact),
];

/// Milliseconds by which moments may differ that were given as a distance.
pub(super) const NEAR: i64 = 20_000;

/// All calls, for both databases. Afterwards database `database` is selected. `has` knows what both servers have.
pub(super) fn calls(episode: &Episode, database: usize, has: &dyn Fn(&str) -> bool) -> Vec<Call> {
    let mut calls = Vec::new();
    for db in [1 - database, database] {
        calls.push(Call::plain(&format!("SELECT {db}")));
        let mut all = Call::plain("EXISTS");
        all.words.extend_from_slice(&episode.keys);
        calls.push(all);
        calls.push(Call::plain("DBSIZE"));
        calls.push(Call {
            promise: Promise::Unordered,
            ..Call::plain("KEYS *")
        });
        for (index, key) in episode.keys.iter().enumerate() {
            for (line, promise) in OF_KEY {
                let mut call = Call::plain(line);
                if !has(&call.name()) {
                    continue;
                }
                let words = call.words.iter_mut().filter(|word| *word == b"$");
                words.for_each(|word| word.clone_from(key));
                call.keys = 1 << index;
                call.promise = match call.name().as_str() {
                    "OBJECT" if episode.sorts => Promise::Success,
                    _ => promise.clone(),
                };
                calls.push(call);
            }
        }
    }
    calls
}

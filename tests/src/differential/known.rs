//! What Redis 7.2 answers otherwise than the 7.0.15 that stands beside us, and why. Everything else is a mismatch.
//!
//! Invariant: an entry turns 7.0's reply into the one 7.2 gives, from the call and 7.0's reply alone where that is
//! possible; then ours must be equal to it, by the call's promise.

use super::call::Call;
use super::promise::Both;
use super::score;
use crate::real::Reply;

/// The reply of 7.2, with the reason, if it differs from `both.theirs`.
pub(super) fn as_72(call: &Call, both: Both<'_>) -> Option<(&'static str, Reply)> {
    let name = call.name();
    let found = match name.as_str() {
        "OBJECT" => encoding(both),
        "XINFO" => stream_information(both),
        "LPOS" => rank_of_lpos(call),
        "XREAD" | "XREADGROUP" => unbalanced(&name, both.theirs),
        _ => None,
    };
    found
        .or_else(|| huge_timeout(call, both.theirs))
        .or_else(|| scores(&name, both.theirs))
}

/// 7.0 takes the least integer for a rank and finds nothing there.
fn rank_of_lpos(call: &Call) -> Option<(&'static str, Reply)> {
    const REFUSAL: &str = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807";
    let is_least = call
        .words
        .iter()
        .any(|word| word == b"-9223372036854775808");
    is_least.then(|| {
        (
            "7.2: LPOS refuses the least integer as a rank",
            Reply::Error(REFUSAL.to_owned()),
        )
    })
}

/// 7.0 multiplies the greatest integer by 1000 and gets less than nothing.
fn huge_timeout(call: &Call, theirs: &Reply) -> Option<(&'static str, Reply)> {
    let is_huge = call.words.iter().any(|word| word == b"9223372036854775807");
    let is_negative = matches!(theirs, Reply::Error(text) if text == "ERR timeout is negative");
    let refusal = || Reply::Error("ERR timeout is out of range".to_owned());
    (is_huge && is_negative).then(|| ("7.2: a huge timeout is out of range", refusal()))
}

/// 7.2 names the command.
fn unbalanced(name: &str, theirs: &Reply) -> Option<(&'static str, Reply)> {
    let symbol = if name == "XREAD" { '$' } else { '>' };
    let text = format!(
        "ERR Unbalanced '{}' list of streams: for each stream key an ID or '{symbol}' must be specified.",
        name.to_ascii_lowercase()
    );
    matches!(theirs, Reply::Error(text) if text.starts_with("ERR Unbalanced XREAD list")).then(
        || {
            (
                "7.2: an unbalanced XREAD is told in other words",
                Reply::Error(text),
            )
        },
    )
}

/// 7.2 keeps short lists as one listpack, and small sets that are not integers too. It chooses the form of a new set by
/// the number of words after SADD, be they the same; so it does for HSET and ZADD.
fn encoding(both: Both<'_>) -> Option<(&'static str, Reply)> {
    let text = |reply: &Reply| match reply {
        Reply::Bulk(Some(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => String::new(),
    };
    let reason = match (text(both.theirs).as_str(), text(both.ours).as_str()) {
        ("quicklist", "listpack") => "7.2: a short list is a listpack",
        ("hashtable", "listpack") => "7.2: a small set of words is a listpack",
        ("listpack", "hashtable" | "skiplist") => {
            "7.2: many words at once make a large hash or sorted set"
        }
        ("intset", "listpack" | "hashtable") => "7.2: SADD of many words makes no set of integers",
        _ => return None,
    };
    Some((reason, both.ours.clone()))
}

/// Scores in the shortest form that gives the number again.
fn scores(name: &str, theirs: &Reply) -> Option<(&'static str, Reply)> {
    let answers_scores = name.starts_with('Z') || name.starts_with("BZ") || name == "GEODIST";
    let mut reply = theirs.clone();
    (answers_scores && shorten(&mut reply)).then_some(("7.2: the shortest text of a score", reply))
}

fn shorten(reply: &mut Reply) -> bool {
    match reply {
        Reply::Bulk(Some(text)) => match score::as_72(text) {
            Some(short) if short != *text => {
                *text = short;
                true
            }
            _ => false,
        },
        Reply::Double(text) => match score::as_72(text.as_bytes()) {
            Some(short) if short != text.as_bytes() => {
                *text = String::from_utf8_lossy(&short).into_owned();
                true
            }
            _ => false,
        },
        _ => {
            let elements = reply.elements_mut();
            elements
                .iter_mut()
                .fold(false, |any, element| shorten(element) | any)
        }
    }
}

/// 7.2 tells when a consumer was last active; how its tree of nodes looks inside is nobody's business.
fn stream_information(both: Both<'_>) -> Option<(&'static str, Reply)> {
    let mut reply = both.theirs.clone();
    let mut ours = both.ours.clone();
    drop_names(&mut reply);
    drop_names(&mut ours);
    (reply == ours).then(|| {
        (
            "7.2: XINFO knows active times; trees look different inside",
            both.ours.clone(),
        )
    })
}

fn drop_names(reply: &mut Reply) {
    const NAMES: [&[u8]; 4] = [
        b"radix-tree-keys",
        b"radix-tree-nodes",
        b"inactive",
        b"active-time",
    ];
    if let Reply::Array(Some(elements)) | Reply::Map(elements) = reply {
        let mut index = 0;
        while index < elements.len() {
            let is_dropped =
                matches!(&elements[index], Reply::Bulk(Some(name)) if NAMES.contains(&&name[..]));
            if is_dropped {
                elements.drain(index..(index + 2).min(elements.len()));
            } else {
                drop_names(&mut elements[index]);
                index += 1;
            }
        }
    }
    without_moments(reply);
}

/// Takes away the values of what tells the time, and moments of the wall clock.
pub(super) fn without_moments(reply: &mut Reply) {
    const NAMES: [&[u8]; 4] = [b"idle", b"inactive", b"seen-time", b"active-time"];
    /// A moment in 2020, in milliseconds.
    const MOMENT: i64 = 1_600_000_000_000;
    let elements = reply.elements_mut();
    for index in 0..elements.len() {
        let is_told = index > 0
            && matches!(&elements[index - 1], Reply::Bulk(Some(name)) if NAMES.contains(&&name[..]));
        match &mut elements[index] {
            told @ Reply::Integer(_) if is_told => *told = Reply::Null,
            Reply::Integer(moment) if *moment > MOMENT && *moment < 2 * MOMENT => *moment = 0,
            element => without_moments(element),
        }
    }
}

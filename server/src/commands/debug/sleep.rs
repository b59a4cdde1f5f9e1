//! DEBUG SLEEP: the whole server stands still, as Redis would with its one thread.

use std::time::Duration;

use engine::command::args::Args;
use engine::resp::reply::ReplyWriter;

use super::Done;
use crate::commands::SessionContext;

/// DEBUG SLEEP seconds. Every core sleeps when it comes to this point of the order.
pub(super) fn sleep(
    context: &mut SessionContext<'_>,
    args: &Args<'_>,
    _: &mut ReplyWriter<'_>,
) -> Done {
    let time = time(args.at(2));
    Ok(context.ask_all(
        move |_| std::thread::sleep(time),
        |_, _, reply| {
            reply.ok();
            Ok(())
        },
    ))
}

/// Like Redis, it takes what is no number for 0.
fn time(seconds: &[u8]) -> Duration {
    let seconds = std::str::from_utf8(seconds)
        .ok()
        .and_then(|text| text.parse().ok());
    Duration::try_from_secs_f64(seconds.unwrap_or(0.0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_nothing() {
        let times =
            [&b"0.25"[..], b"2", b"x", b"-1", b"nan", b""].map(|text| time(text).as_millis());
        assert_eq!(times, [250, 2000, 0, 0, 0, 0]);
    }
}

//! DEBUG PROTOCOL: one example of each type of reply, for the tests of clients. Their values are those of Redis, as such
//! tests compare them.

use engine::command::args::Args;
use engine::command::error::CommandError;
use engine::resp::reply::{Protocol, ReplyWriter};

use super::Done;
use crate::commands::{Answered, SessionContext};

#[expect(
    clippy::approx_constant,
    reason = "the example that clients' tests know, not a constant of nature"
)]
const EXAMPLE: f64 = 3.141;

/// DEBUG PROTOCOL type
pub(super) fn protocol(
    _: &mut SessionContext<'_>,
    args: &Args<'_>,
    reply: &mut ReplyWriter<'_>,
) -> Done {
    match args.at(2).to_ascii_lowercase().as_slice() {
        b"string" => reply.bulk(b"Hello World"),
        b"integer" => reply.integer(12345),
        b"double" => reply.double(EXAMPLE),
        b"null" => reply.null(),
        b"array" => {
            reply.array(3);
            (0..3).for_each(|number| reply.integer(number));
        }
        b"set" => {
            reply.set(3);
            (0..3).for_each(|number| reply.integer(number));
        }
        b"map" => {
            reply.map(3);
            for number in 0..3 {
                reply.integer(number);
                reply.boolean(number == 1);
            }
        }
        b"attrib" => attribute(reply),
        b"push" => push(reply)?,
        b"verbatim" => reply.verbatim("txt", b"This is a verbatim\nstring"),
        b"true" => reply.boolean(true),
        b"false" => reply.boolean(false),
        b"bignum" => reply.big_number("1234567999999999999999999999999999999"),
        _ => {
            return Err(CommandError::new(
                "ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
    }
    Ok(Answered::Now)
}

/// RESP2 has no attributes, so only the reply behind them is there.
fn attribute(reply: &mut ReplyWriter<'_>) {
    if reply.protocol() == Protocol::Resp3 {
        reply.attribute(1);
        reply.bulk(b"key-popularity");
        reply.array(2);
        reply.bulk(b"key:123");
        reply.integer(90);
    }
    reply.bulk(b"Some real reply following the attribute");
}

fn push(reply: &mut ReplyWriter<'_>) -> Result<(), CommandError> {
    if reply.protocol() == Protocol::Resp2 {
        return Err(CommandError::new(
            "ERR RESP2 is not supported by this command",
        ));
    }
    reply.push(2);
    reply.bulk(b"server-cpu-usage");
    reply.integer(42);
    // A push answers nobody, and the client waits for an answer.
    reply.bulk(b"Some real reply following the push reply");
    Ok(())
}

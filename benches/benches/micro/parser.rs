//! Finding requests in bytes.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use engine::command::args::Span;
use engine::resp::request::{Parsed, RequestLimits, RequestParser};

use crate::keys::{append_request, key};

/// All requests in `input`, one after the other. Returns how many.
fn parse_all(input: &[u8], spans: &mut Vec<Span>) -> usize {
    let (mut parser, limits) = (RequestParser::default(), RequestLimits::default());
    let (mut at, mut count) = (0, 0);
    while at < input.len() {
        match parser.parse(&input[at..], &limits, spans) {
            Ok(Parsed::Complete { consumed }) => at += consumed,
            other => panic!("a whole request was expected, not {other:?}"),
        }
        black_box(&*spans);
        count += 1;
    }
    count
}

#[divan::bench(args = [1, 16, 64])]
fn get(bencher: Bencher<'_, '_>, pipeline: usize) {
    let mut input = Vec::new();
    (0..pipeline).for_each(|number| append_request(&mut input, &[b"GET", &key(number as u64)]));
    let mut spans = Vec::new();
    bencher
        .counter(ItemsCount::new(pipeline))
        .bench_local(|| parse_all(black_box(&input), &mut spans));
}

#[divan::bench(args = [1, 16, 64])]
fn set(bencher: Bencher<'_, '_>, pipeline: usize) {
    let mut input = Vec::new();
    (0..pipeline)
        .for_each(|number| append_request(&mut input, &[b"SET", &key(number as u64), &[b'x'; 32]]));
    let mut spans = Vec::new();
    bencher
        .counter(ItemsCount::new(pipeline))
        .bench_local(|| parse_all(black_box(&input), &mut spans));
}

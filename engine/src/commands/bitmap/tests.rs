//! The family as clients see it.

use crate::commands::driver::{logged, run, shard};
use crate::keyspace::key::Key;
use crate::shard::{DbIndex, Shard};

#[track_caller]
fn expect(shard: &mut Shard, steps: &[(&str, &str)]) {
    for (line, reply) in steps {
        assert_eq!(run(shard, line), *reply, "{line}");
    }
}

fn encoding(shard: &Shard, key: &str) -> &'static str {
    let key = Key::new(key.as_bytes(), shard.seed());
    shard
        .database(DbIndex(0))
        .get(key)
        .expect("the key is there")
        .value()
        .encoding()
}

#[test]
fn single_bits() {
    let mut shard = shard();
    let (bad_offset, bad_bit) = (
        "-ERR bit offset is not an integer or out of range",
        "-ERR bit is not an integer or out of range",
    );
    expect(
        &mut shard,
        &[
            ("setbit k 9 1", ":0"),
            ("setbit k 9 1", ":1"),
            ("get k", "$2 \0@"),
            ("getbit k 9", ":1"),
            ("getbit k 8", ":0"),
            ("getbit k 999", ":0"),
            ("getbit none 0", ":0"),
            ("set number 1", "+OK"),
            ("getbit number 2", ":1"),
            ("setbit number 6 1", ":0"),
            ("get number", "$1 3"),
            ("setbit zero 0 0", ":0"),
            ("strlen zero", ":1"),
            ("setbit k 4294967296 1", bad_offset),
            ("setbit k -1 1", bad_offset),
            ("setbit k x 1", bad_offset),
            ("setbit k #1 1", bad_offset),
            ("getbit k -1", bad_offset),
            ("setbit k 0 2", bad_bit),
            ("setbit k 0 x", bad_bit),
        ],
    );
    assert_eq!(
        (encoding(&shard, "number"), encoding(&shard, "k")),
        ("raw", "raw")
    );
}

/// BITCOUNT and BITPOS against a look at every bit.
#[test]
fn ranges_are_what_a_slow_look_says() {
    let mut shard = shard();
    let text = "\\xff\\xff\\x00\\x0f\\xf0\\x01\\x80\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\xff\\x7f";
    let bytes = [
        255, 255, 0, 15, 240, 1, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 127_u8,
    ];
    run(&mut shard, &format!("set k \"{text}\""));
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    for (unit, width) in [("byte", 8_i64), ("bit", 1)] {
        let len = 160 / width;
        for start in (-len - 2..len + 2).step_by(if width == 1 { 3 } else { 1 }) {
            for end in (-len - 2..len + 2).step_by(if width == 1 { 5 } else { 1 }) {
                let place = |at: i64| if at < 0 { (at + len).max(0) } else { at };
                let (from, to) = (place(start) * width, (place(end).min(len - 1) + 1) * width);
                let bits = from as usize..(to as usize).max(from as usize);
                let bits = if bits.start >= 160 { 0..0 } else { bits };
                // Two negative places in the wrong order are nothing even where both would be clipped to the first.
                let is_reversed = start < 0 && end < 0 && start > end;
                let set: u32 = bits.clone().map(|at| u32::from(bit(at))).sum();
                let count = if is_reversed { 0 } else { set };
                assert_eq!(
                    run(&mut shard, &format!("bitcount k {start} {end} {unit}")),
                    format!(":{count}")
                );
                for wanted in [0, 1] {
                    let found = bits
                        .clone()
                        .find(|at| bit(*at) == wanted)
                        .map_or(-1, |at| at as i64);
                    let line = format!("bitpos k {wanted} {start} {end} {unit}");
                    assert_eq!(run(&mut shard, &line), format!(":{found}"), "{line}");
                }
            }
        }
    }
}

#[test]
fn counting_and_finding() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("bitcount none", ":0"),
            ("bitcount none 0", ":0"),
            ("bitpos none 1", ":-1"),
            ("bitpos none 0", ":0"),
            ("set k foobar", "+OK"),
            ("bitcount k", ":26"),
            ("bitcount k 1 1", ":6"),
            ("bitcount k 5 30 BIT", ":17"),
            ("bitcount k 0", "-ERR syntax error"),
            ("bitcount k 0 1 hello", "-ERR syntax error"),
            (
                "bitcount k a 1",
                "-ERR value is not an integer or out of range",
            ),
            ("bitpos k 2", "-ERR The bit argument must be 1 or 0."),
            ("bitpos k a", "-ERR value is not an integer or out of range"),
            ("bitpos k 0 0 1 hello", "-ERR syntax error"),
            ("bitpos k 0 0 1 bit bit", "-ERR syntax error"),
            ("set ones \"\\xff\\xff\"", "+OK"),
            ("bitpos ones 0", ":16"),
            ("bitpos ones 0 1", ":16"),
            ("bitpos ones 0 0 -1", ":-1"),
            ("bitpos ones 0 5", ":-1"),
            ("bitpos ones 1 1", ":8"),
            ("set empty \"\"", "+OK"),
            ("bitpos empty 0", ":-1"),
            ("bitcount empty", ":0"),
        ],
    );
}

#[test]
fn combining() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            (
                "mset a \"\\x0f\\xff\\x01\" b \"\\x3c\\x55\" number 7",
                "+OK",
            ),
            ("bitop and to a b", ":3"),
            (
                "bitfield_ro to get u8 #0 get u8 #1 get u8 #2",
                "*3 :12 :85 :0",
            ),
            ("bitop OR to a b none", ":3"),
            (
                "bitfield_ro to get u8 #0 get u8 #1 get u8 #2",
                "*3 :63 :255 :1",
            ),
            ("bitop xor to a b a b", ":3"),
            ("bitfield_ro to get u24 0", "*1 :0"),
            ("bitop xor to a none", ":3"),
            ("bitfield_ro to get u24 0", "*1 :1048321"),
            ("bitop not to a", ":3"),
            ("bitfield_ro to get u24 0", "*1 :15728894"),
            ("bitop and to number", ":1"),
            ("get to", "$1 7"),
            ("bitop not a a", ":3"),
            ("bitfield_ro a get u24 0", "*1 :15728894"),
            (
                "bitop not to a b",
                "-ERR BITOP NOT must be called with a single source key.",
            ),
            ("bitop nand to a b", "-ERR syntax error"),
            ("bitop or to none", ":0"),
            ("get to", "$-1"),
            ("bitop or to none other", ":0"),
        ],
    );
    run(&mut shard, "bitop and to number");
    assert_eq!(encoding(&shard, "to"), "raw");
    assert_eq!(logged(&mut shard, "bitop and to number"), "verbatim");
    assert_eq!(logged(&mut shard, "bitop and fresh none"), "");
}

#[test]
fn fields() {
    let mut shard = shard();
    expect(
        &mut shard,
        &[
            ("bitfield none", "*0"),
            ("bitfield none get u8 0", "*1 :0"),
            ("get none", "$-1"),
            ("bitfield k set u8 0 255 get u8 0", "*2 :0 :255"),
            ("bitfield k incrby u8 0 10", "*1 :9"),
            (
                "bitfield k overflow sat incrby u8 0 250 overflow fail incrby u8 0 1",
                "*2 :255 $-1",
            ),
            (
                "bitfield k overflow fail set u8 0 256 set i8 0 -129",
                "*2 $-1 $-1",
            ),
            (
                "bitfield k get i8 0 get u4 2 get u63 4",
                "*3 :-1 :15 :8646911284551352320",
            ),
            (
                "bitfield k set i64 #1 -5 get i64 #1 get u8 #15",
                "*3 :0 :-5 :251",
            ),
            ("strlen k", ":16"),
            ("bitfield k set u8 0 -1", "*1 :255"),
            ("bitfield k overflow sat set u8 0 -1", "*1 :255"),
            ("bitfield_ro k get u8 0", "*1 :255"),
            ("bitfield_ro k", "*0"),
            (
                "bitfield_ro k set u8 0 1",
                "-ERR BITFIELD_RO only supports the GET subcommand",
            ),
            (
                "bitfield k overflow up",
                "-ERR Invalid OVERFLOW type specified",
            ),
            ("bitfield k get u8", "-ERR syntax error"),
            ("bitfield k foo", "-ERR syntax error"),
            (
                "bitfield k get u8 -1",
                "-ERR bit offset is not an integer or out of range",
            ),
            (
                "bitfield k get u8 #9223372036854775807",
                "-ERR bit offset is not an integer or out of range",
            ),
            (
                "bitfield k set u8 0 x",
                "-ERR value is not an integer or out of range",
            ),
        ],
    );
    for kind in ["u64", "i65", "u0", "i0", "x8", "u", "", "U8"] {
        let refusal = "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
        assert_eq!(
            run(&mut shard, &format!("bitfield k get \"{kind}\" 0")),
            refusal,
            "{kind}"
        );
    }
    assert_eq!(logged(&mut shard, "bitfield k set u8 0 255"), "");
    assert_eq!(
        logged(&mut shard, "bitfield k get u8 0 set u8 0 254"),
        "verbatim"
    );
}

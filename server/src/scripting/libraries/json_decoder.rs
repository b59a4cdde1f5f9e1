//! `cjson.decode`: JSON as values of Lua. Null is a pointer to nothing.

use std::io::Write;

use crate::scripting::seat::Seat;
use crate::scripting::stack::{Raised, Stack};

/// What the text is made of.
#[derive(Clone, Copy, PartialEq)]
enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    String,
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    /// Nothing that is known.
    Fault(&'static str),
}

impl Token {
    /// As messages name it.
    fn name(self) -> &'static str {
        match self {
            Token::ObjectBegin => "T_OBJ_BEGIN",
            Token::ObjectEnd => "T_OBJ_END",
            Token::ArrayBegin => "T_ARR_BEGIN",
            Token::ArrayEnd => "T_ARR_END",
            Token::String => "T_STRING",
            Token::Number(_) => "T_NUMBER",
            Token::Boolean(_) => "T_BOOLEAN",
            Token::Null => "T_NULL",
            Token::Colon => "T_COLON",
            Token::Comma => "T_COMMA",
            Token::End => "T_END",
            Token::Fault(what) => what,
        }
    }
}

struct Decoder<'a> {
    stack: &'a Stack,
    seat: &'a mut Seat,
    text: &'a [u8],
    at: usize,
    /// Where the last token began.
    began: usize,
    depth: u32,
}

/// Pushes the value that `text` is.
pub(super) fn decode_text(stack: &Stack, seat: &mut Seat, text: &[u8]) -> Result<(), Raised> {
    let mut decoder = Decoder {
        stack,
        seat,
        text,
        at: 0,
        began: 0,
        depth: 0,
    };
    let first = decoder.next();
    decoder.push_value(first)?;
    match decoder.next() {
        Token::End => Ok(()),
        other => Err(decoder.fail("the end", other)),
    }
}

impl Decoder<'_> {
    fn fail(&mut self, expected: &str, found: Token) -> Raised {
        let at = self.began + 1;
        self.seat.text.clear();
        let name = found.name();
        let _ = write!(
            self.seat.text,
            "Expected {expected} but found {name} at character {at}"
        );
        Raised::Text
    }

    fn enter(&mut self) -> Result<(), Raised> {
        self.depth += 1;
        if self.depth <= self.seat.json.decode_depth && self.stack.reserve(4) {
            return Ok(());
        }
        let (depth, at) = (self.depth, self.at);
        self.seat.text.clear();
        let _ = write!(
            self.seat.text,
            "Found too many nested data structures ({depth}) at character {at}"
        );
        Err(Raised::Text)
    }

    fn push_value(&mut self, token: Token) -> Result<(), Raised> {
        match token {
            Token::String => self.stack.push_bytes(&self.seat.text),
            Token::Number(number) => self.stack.push_number(number),
            Token::Boolean(value) => self.stack.push_boolean(value),
            Token::Null => self.stack.push_pointer(std::ptr::null_mut()),
            Token::ObjectBegin => return self.push_object(),
            Token::ArrayBegin => return self.push_array(),
            other => return Err(self.fail("value", other)),
        }
        Ok(())
    }

    fn push_object(&mut self) -> Result<(), Raised> {
        self.enter()?;
        self.stack.push_table(0, 0);
        let mut token = self.next();
        if token == Token::ObjectEnd {
            self.depth -= 1;
            return Ok(());
        }
        loop {
            if token != Token::String {
                return Err(self.fail("object key string", token));
            }
            self.stack.push_bytes(&self.seat.text);
            match self.next() {
                Token::Colon => {}
                other => return Err(self.fail("colon", other)),
            }
            token = self.next();
            self.push_value(token)?;
            self.stack.set_pair(-3);
            match self.next() {
                Token::ObjectEnd => break,
                Token::Comma => token = self.next(),
                other => return Err(self.fail("comma or object end", other)),
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn push_array(&mut self) -> Result<(), Raised> {
        self.enter()?;
        self.stack.push_table(0, 0);
        let mut token = self.next();
        if token == Token::ArrayEnd {
            self.depth -= 1;
            return Ok(());
        }
        for number in 1.. {
            self.push_value(token)?;
            self.stack.set_element(-2, number);
            match self.next() {
                Token::ArrayEnd => break,
                Token::Comma => token = self.next(),
                other => return Err(self.fail("comma or array end", other)),
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// The next token; the bytes of a string are in the desk's `text` then.
    fn next(&mut self) -> Token {
        while self
            .peek()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
        {
            self.at += 1;
        }
        self.began = self.at;
        let Some(byte) = self.peek() else {
            return Token::End;
        };
        let single = match byte {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            b'"' => return self.string(),
            _ => return self.word(),
        };
        self.at += 1;
        single
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn word(&mut self) -> Token {
        const WORDS: [(&[u8], Token); 3] = [
            (b"true", Token::Boolean(true)),
            (b"false", Token::Boolean(false)),
            (b"null", Token::Null),
        ];
        let rest = &self.text[self.at..];
        for (word, token) in WORDS {
            if rest.starts_with(word) {
                self.at += word.len();
                return token;
            }
        }
        match number_at(rest, self.seat.json.decode_invalid) {
            Some((number, len)) => {
                self.at += len;
                Token::Number(number)
            }
            None if matches!(rest[0], b'0'..=b'9' | b'-' | b'+') => Token::Fault("invalid number"),
            None => Token::Fault("invalid token"),
        }
    }

    fn string(&mut self) -> Token {
        self.seat.text.clear();
        self.at += 1;
        loop {
            let Some(byte) = self.peek() else {
                return Token::Fault("unexpected end of string");
            };
            self.at += 1;
            match byte {
                b'"' => return Token::String,
                b'\\' => match self.escaped() {
                    Some(()) => {}
                    None => return Token::Fault("invalid escape code"),
                },
                other => self.seat.text.push(other),
            }
        }
    }

    fn escaped(&mut self) -> Option<()> {
        let letter = self.peek()?;
        self.at += 1;
        let byte = match letter {
            b'"' | b'\\' | b'/' => letter,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => return self.code_point(),
            _ => return None,
        };
        self.seat.text.push(byte);
        Some(())
    }

    fn code_point(&mut self) -> Option<()> {
        let mut code = self.four_digits()?;
        if (0xd800..0xdc00).contains(&code) {
            if self.text.get(self.at..self.at + 2)? != b"\\u" {
                return None;
            }
            self.at += 2;
            let low = self
                .four_digits()?
                .checked_sub(0xdc00)
                .filter(|low| *low < 0x400)?;
            code = 0x10000 + ((code - 0xd800) << 10) + low;
        }
        let mut bytes = [0; 4];
        let encoded = char::from_u32(code)?.encode_utf8(&mut bytes);
        self.seat.text.extend_from_slice(encoded.as_bytes());
        Some(())
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.text.get(self.at..self.at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}

/// The number at the front of `text` and how long it is.
fn number_at(text: &[u8], accepts_all: bool) -> Option<(f64, usize)> {
    let digits = |from: usize| {
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let sign = usize::from(matches!(text.first(), Some(b'-' | b'+')));
    if accepts_all && let Some(found) = unusual_number(text, sign) {
        return Some(found);
    }
    let whole = digits(sign);
    let is_odd = text[0] == b'+' || (whole > 1 && text[sign] == b'0');
    let mut end = sign + whole;
    if whole == 0 || (is_odd && !accepts_all) {
        return None;
    }
    if text.get(end) == Some(&b'.') {
        end += 1 + digits(end + 1);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    let number = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((number, end))
}

/// What C reads as a number and JSON does not know.
fn unusual_number(text: &[u8], sign: usize) -> Option<(f64, usize)> {
    let rest = text.get(sign..)?;
    let signed = |number: f64| if text[0] == b'-' { -number } else { number };
    let starts =
        |word: &[u8]| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word);
    for (word, number) in [
        (&b"infinity"[..], f64::INFINITY),
        (b"inf", f64::INFINITY),
        (b"nan", f64::NAN),
    ] {
        if starts(word) {
            return Some((signed(number), sign + word.len()));
        }
    }
    if !starts(b"0x") {
        return None;
    }
    let digits = rest[2..]
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let text = std::str::from_utf8(&rest[2..2 + digits]).ok()?;
    let number = u64::from_str_radix(text, 16).ok()?;
    Some((signed(number as f64), sign + 2 + digits))
}

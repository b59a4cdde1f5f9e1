//! Values of Lua as a script's reply.

use std::ffi::c_int;

use engine::resp::reply::{Protocol, ReplyWriter};

use super::stack::{Kind, Stack};

/// What a script's reply is written with.
pub(super) struct Answering<'a, 'w> {
    /// The values are here.
    pub stack: &'a Stack,
    /// In the client's protocol.
    pub reply: &'a mut ReplyWriter<'w>,
    /// The protocol that the script chose.
    pub protocol: Protocol,
}

/// Tables are followed no deeper than this.
const DEEPEST: usize = 1000;

impl Answering<'_, '_> {
    /// Writes the value at the top and drops it.
    pub(super) fn write_top(&mut self, depth: usize) {
        if depth > DEEPEST || !self.stack.reserve(8) {
            self.reply.error("ERR reached lua stack limit");
            return self.stack.pop(1);
        }
        match self.stack.kind(-1) {
            Kind::String => match self.stack.bytes(-1) {
                Some(bytes) => self.reply.bulk(bytes),
                None => self.reply.null(),
            },
            Kind::Number => self.reply.integer(truncated(self.stack.number(-1))),
            Kind::Boolean => self.write_boolean(),
            Kind::Table => self.write_table(depth),
            _ => self.reply.null(),
        }
        self.stack.pop(1);
    }

    fn write_boolean(&mut self) {
        match (self.protocol, self.stack.boolean(-1)) {
            (Protocol::Resp3, value) => self.reply.boolean(value),
            (Protocol::Resp2, true) => self.reply.integer(1),
            (Protocol::Resp2, false) => self.reply.null(),
        }
    }

    fn write_table(&mut self, depth: usize) {
        let table = self.stack.absolute(-1);
        let written = self.write_line(table, "err")
            || self.write_line(table, "ok")
            || self.write_double(table)
            || self.write_collection(table, "map", depth)
            || self.write_collection(table, "set", depth)
            || self.write_big_number(table)
            || self.write_verbatim(table);
        if !written {
            self.write_array(table, depth);
        }
        self.stack.truncate(table);
    }

    /// A field of the table, if it is of a kind.
    fn field(&self, table: c_int, name: &str, kind: Kind) -> bool {
        self.stack.push_field(table, name);
        if self.stack.kind(-1) == kind {
            return true;
        }
        self.stack.pop(1);
        false
    }

    fn write_line(&mut self, table: c_int, name: &str) -> bool {
        if !self.field(table, name, Kind::String) {
            return false;
        }
        let line = self.stack.bytes(-1).unwrap_or_default();
        let mut encoded = Vec::with_capacity(line.len() + 3);
        encoded.push(if name == "err" { b'-' } else { b'+' });
        encoded.extend(line.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        }));
        encoded.extend_from_slice(b"\r\n");
        self.reply.raw(&encoded);
        true
    }

    fn write_double(&mut self, table: c_int) -> bool {
        let found = self.field(table, "double", Kind::Number);
        if found {
            self.reply.double(self.stack.number(-1));
        }
        found
    }

    fn write_big_number(&mut self, table: c_int) -> bool {
        let found = self.field(table, "big_number", Kind::String);
        if found {
            let digits = self.stack.bytes(-1).unwrap_or_default();
            let digits = String::from_utf8_lossy(digits).replace(['\r', '\n'], " ");
            self.reply.big_number(&digits);
        }
        found
    }

    fn write_verbatim(&mut self, table: c_int) -> bool {
        if !self.field(table, "verbatim_string", Kind::Table) {
            return false;
        }
        let inner = self.stack.absolute(-1);
        if self.field(inner, "string", Kind::String) && self.field(inner, "format", Kind::String) {
            let format = self.stack.bytes(-1).unwrap_or_default();
            let text = self.stack.bytes(-2).unwrap_or_default();
            let format = String::from_utf8_lossy(format);
            self.reply.verbatim(&format, text);
            return true;
        }
        false
    }

    /// A map or a set: the header tells how many there are, so they are counted first.
    fn write_collection(&mut self, table: c_int, name: &str, depth: usize) -> bool {
        if !self.field(table, name, Kind::Table) {
            return false;
        }
        let inner = self.stack.absolute(-1);
        let mut count = 0;
        self.stack.push_nil();
        while self.stack.next_pair(inner) {
            self.stack.pop(1);
            count += 1;
        }
        let is_map = name == "map";
        match is_map {
            true => self.reply.map(count),
            false => self.reply.set(count),
        }
        self.stack.push_nil();
        while self.stack.next_pair(inner) {
            // The walk needs the key, and writing drops what it writes.
            if is_map {
                self.stack.push_copy(-2);
                self.write_top(depth + 1);
                self.write_top(depth + 1);
            } else {
                self.stack.pop(1);
                self.stack.push_copy(-1);
                self.write_top(depth + 1);
            }
        }
        true
    }

    fn write_array(&mut self, table: c_int, depth: usize) {
        let position = self.reply.position();
        let mut len = 0;
        loop {
            self.stack.push_element(table, len + 1);
            if self.stack.kind(-1) == Kind::Nil {
                break;
            }
            self.write_top(depth + 1);
            len += 1;
        }
        self.reply.array_at(position, len);
    }
}

/// As C makes an integer of a double on the processors Redis runs on: what does not fit is the least one.
fn truncated(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match (-LIMIT..LIMIT).contains(&value) {
        true => value as i64,
        false => i64::MIN,
    }
}

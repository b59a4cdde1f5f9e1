//! A small blocking client: one question at a time, and loading many keys.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Failure;

/// Requests sent before their replies are read while loading.
const BATCH: u64 = 500;

/// See the top of the file.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects to `address`.
    ///
    /// # Errors
    /// Nobody accepts there.
    pub fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Client {
            stream: BufReader::new(stream),
        })
    }

    /// Sends `words` and returns the status, number or bulk string that comes back.
    ///
    /// # Errors
    /// The connection breaks, or the reply is an error or an aggregate.
    pub fn ask(&mut self, words: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        let mut request = Vec::new();
        append_request(&mut request, words);
        self.stream.get_mut().write_all(&request)?;
        self.reply()
    }

    /// Sets the keys with numbers `0..count` to `value`; see [`append_key`].
    ///
    /// # Errors
    /// The connection breaks, or a reply is not `OK`.
    pub fn load(&mut self, count: u64, value: &[u8]) -> Result<(), Failure> {
        self.send_all(count, &mut |number, batch| append_set(batch, number, value))
    }

    /// Sends the requests with numbers `0..count`, which `append` makes.
    ///
    /// # Errors
    /// The connection breaks, or a reply is an error or an aggregate.
    pub fn send_all(
        &mut self,
        count: u64,
        append: &mut dyn FnMut(u64, &mut Vec<u8>),
    ) -> Result<(), Failure> {
        let mut batch = Vec::new();
        for first in (0..count).step_by(BATCH as usize) {
            let numbers = first..count.min(first + BATCH);
            batch.clear();
            numbers
                .clone()
                .for_each(|number| append(number, &mut batch));
            self.stream.get_mut().write_all(&batch)?;
            for _ in numbers {
                self.reply()?;
            }
        }
        Ok(())
    }

    /// A field of INFO, if the server has it.
    pub fn info(&mut self, section: &str, field: &str) -> Option<u64> {
        let text = self.ask(&[b"INFO", section.as_bytes()]).ok()?;
        let text = String::from_utf8_lossy(&text);
        text.lines().find_map(|line| {
            line.strip_prefix(field)?
                .strip_prefix(':')?
                .trim()
                .parse()
                .ok()
        })
    }

    fn reply(&mut self) -> Result<Vec<u8>, Failure> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        let text = line.strip_suffix(b"\r\n").ok_or("the server hung up")?;
        let (kind, rest) = text.split_first().ok_or("an empty reply")?;
        match kind {
            b'+' | b':' => Ok(rest.to_vec()),
            b'$' => {
                let length: usize = std::str::from_utf8(rest)?.parse()?;
                let mut bulk = vec![0; length + 2];
                self.stream.read_exact(&mut bulk)?;
                bulk.truncate(length);
                Ok(bulk)
            }
            _ => Err(String::from_utf8_lossy(text).into_owned().into()),
        }
    }
}

/// The key of 16 bytes that redis-benchmark makes of `number`.
pub fn append_key(to: &mut Vec<u8>, number: u64) {
    to.extend_from_slice(format!("key:{number:012}").as_bytes());
}

/// Appends a SET of the key with `number`.
pub fn append_set(to: &mut Vec<u8>, number: u64, value: &[u8]) {
    let mut key = Vec::with_capacity(16);
    append_key(&mut key, number);
    append_request(to, &[&b"SET"[..], &key, value]);
}

/// Appends a request of `words`.
pub fn append_request(to: &mut Vec<u8>, words: &[impl AsRef<[u8]>]) {
    to.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        let word = word.as_ref();
        to.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        to.extend_from_slice(word);
        to.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_encoded_with_a_key_of_sixteen_bytes() {
        let mut bytes = Vec::new();
        append_set(&mut bytes, 42, b"abc");
        assert_eq!(
            bytes,
            b"*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000042\r\n$3\r\nabc\r\n"
        );
    }
}

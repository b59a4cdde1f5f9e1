//! A small client: it sends words, several commands at once if asked to, and reads replies.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use engine::resp::reply::{Protocol, ReplyWriter};

/// A reply that takes longer than this is an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// A reply of RESP2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+`
    Simple(String),
    /// `-`
    Error(String),
    /// `:`
    Integer(i64),
    /// `$`
    Bulk(Option<Vec<u8>>),
    /// `*`
    Array(Option<Vec<Reply>>),
}

impl Reply {
    /// The number that it is, or that a bulk string spells.
    pub fn number(&self) -> Option<i64> {
        match self {
            Reply::Integer(number) => Some(*number),
            Reply::Bulk(Some(digits)) => std::str::from_utf8(digits).ok()?.parse().ok(),
            _ => None,
        }
    }

    /// The elements of an array; none for anything else.
    pub fn elements(&self) -> &[Reply] {
        match self {
            Reply::Array(Some(elements)) => elements,
            _ => &[],
        }
    }

    /// The numbers of an array, None for each element that is none.
    pub fn numbers(&self) -> Vec<Option<i64>> {
        self.elements().iter().map(Reply::number).collect()
    }

    /// Whether it is `+OK`.
    pub fn is_ok(&self) -> bool {
        matches!(self, Reply::Simple(text) if text == "OK")
    }
}

/// See the top of the file.
pub struct Client {
    stream: BufReader<TcpStream>,
    unsent: Vec<u8>,
    pending: usize,
}

impl Client {
    /// Connects. Errors: those of the socket.
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client {
            stream: BufReader::new(stream),
            unsent: Vec::new(),
            pending: 0,
        })
    }

    /// Adds a command, its words split at blanks, to what is sent next.
    pub fn queue(&mut self, command: &str) -> &mut Self {
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        self.queue_words(&words)
    }

    /// Adds a command of these words, which may hold blanks.
    pub fn queue_words(&mut self, words: &[&str]) -> &mut Self {
        let mut writer = ReplyWriter::new(&mut self.unsent, Protocol::Resp2);
        writer.array(words.len());
        words.iter().for_each(|word| writer.bulk(word.as_bytes()));
        self.pending += 1;
        self
    }

    /// Sends what was queued in one go and reads all replies. Errors: those of the socket, or no RESP.
    pub fn flush(&mut self) -> Result<Vec<Reply>> {
        self.stream.get_mut().write_all(&self.unsent)?;
        self.unsent.clear();
        (0..std::mem::take(&mut self.pending))
            .map(|_| self.read())
            .collect()
    }

    /// Sends a command and reads its reply. Errors: as [`Client::flush`].
    pub fn ask(&mut self, command: &str) -> Result<Reply> {
        let mut replies = self.queue(command).flush()?;
        Ok(replies.remove(0))
    }

    fn read(&mut self) -> Result<Reply> {
        let mut line = String::new();
        self.stream.read_line(&mut line)?;
        let strange = || std::io::Error::other(format!("no RESP: {line:?}"));
        let rest = line
            .strip_suffix("\r\n")
            .and_then(|line| line.get(1..))
            .ok_or_else(strange)?;
        let number = || rest.parse::<i64>().map_err(|_| strange());
        Ok(match line.as_bytes()[0] {
            b'+' => Reply::Simple(rest.to_owned()),
            b'-' => Reply::Error(rest.to_owned()),
            b':' => Reply::Integer(number()?),
            b'$' => match usize::try_from(number()?) {
                Ok(len) => {
                    let mut bytes = vec![0; len + 2];
                    self.stream.read_exact(&mut bytes)?;
                    bytes.truncate(len);
                    Reply::Bulk(Some(bytes))
                }
                Err(_) => Reply::Bulk(None),
            },
            b'*' => match usize::try_from(number()?) {
                Ok(len) => {
                    Reply::Array(Some((0..len).map(|_| self.read()).collect::<Result<_>>()?))
                }
                Err(_) => Reply::Array(None),
            },
            _ => return Err(strange()),
        })
    }
}

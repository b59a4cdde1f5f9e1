//! A small client: it sends words, several commands at once if asked to, and reads replies.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use engine::resp::reply::{Protocol, ReplyWriter};

/// A reply that takes longer than this is an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// A reply of RESP2 or RESP3.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// `_`
    Null,
    /// `#`
    Boolean(bool),
    /// `,` as it was written.
    Double(String),
    /// `%`, keys and values in turn.
    Map(Vec<Reply>),
    /// `~`
    Set(Vec<Reply>),
    /// `>`
    Push(Vec<Reply>),
    /// `=` with its kind, or `(`.
    Other(Vec<u8>),
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

    /// The elements of an aggregate, of a map keys and values in turn; none for anything else.
    pub fn elements(&self) -> &[Reply] {
        match self {
            Reply::Array(Some(elements))
            | Reply::Map(elements)
            | Reply::Set(elements)
            | Reply::Push(elements) => elements,
            _ => &[],
        }
    }

    /// As [`Reply::elements`].
    pub fn elements_mut(&mut self) -> &mut [Reply] {
        match self {
            Reply::Array(Some(elements))
            | Reply::Map(elements)
            | Reply::Set(elements)
            | Reply::Push(elements) => elements,
            _ => &mut [],
        }
    }

    /// Itself, or the elements of its elements, and so on.
    pub fn leaves(&self) -> Vec<&Reply> {
        match self {
            Reply::Array(Some(_)) | Reply::Map(_) | Reply::Set(_) | Reply::Push(_) => {
                self.elements().iter().flat_map(Reply::leaves).collect()
            }
            leaf => vec![leaf],
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

    /// Whether it says that there is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self, Reply::Bulk(None) | Reply::Array(None) | Reply::Null)
    }
}

/// On one line, much as redis-cli shows it.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, kind: &str| {
            write!(f, "{kind}[")?;
            for (index, element) in self.elements().iter().enumerate() {
                write!(f, "{}{element}", if index > 0 { ", " } else { "" })?;
            }
            write!(f, "]")
        };
        match self {
            Reply::Simple(text) => write!(f, "+{text}"),
            Reply::Error(text) => write!(f, "-{text}"),
            Reply::Integer(number) => write!(f, "{number}"),
            Reply::Bulk(Some(bytes)) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Reply::Bulk(None) => write!(f, "(nil)"),
            Reply::Array(None) => write!(f, "(nil array)"),
            Reply::Null => write!(f, "(null)"),
            Reply::Boolean(truth) => write!(f, "#{truth}"),
            Reply::Double(text) => write!(f, ",{text}"),
            Reply::Other(bytes) => write!(f, "={}", bytes.escape_ascii()),
            Reply::Array(Some(_)) => list(f, ""),
            Reply::Map(_) => list(f, "%"),
            Reply::Set(_) => list(f, "~"),
            Reply::Push(_) => list(f, ">"),
        }
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

    /// Adds a command of these words, which may hold blanks and any other bytes.
    pub fn queue_words(&mut self, words: &[impl AsRef<[u8]>]) -> &mut Self {
        let mut writer = ReplyWriter::new(&mut self.unsent, Protocol::Resp2);
        writer.array(words.len());
        words.iter().for_each(|word| writer.bulk(word.as_ref()));
        self.pending += 1;
        self
    }

    /// Sends what was queued in one go, without waiting for replies. Errors: those of the socket.
    pub fn send(&mut self) -> Result<()> {
        self.stream.get_mut().write_all(&self.unsent)?;
        self.unsent.clear();
        Ok(())
    }

    /// Sends what was queued in one go and reads all replies. Errors: those of the socket, or no RESP.
    pub fn flush(&mut self) -> Result<Vec<Reply>> {
        self.send()?;
        (0..std::mem::take(&mut self.pending))
            .map(|_| self.read())
            .collect()
    }

    /// Sends what was queued in one go and reads all replies, and what is pushed before the last of them, in the order in
    /// which they come. Errors: as [`Client::flush`].
    pub fn flush_with_pushes(&mut self) -> Result<Vec<Reply>> {
        self.send()?;
        let mut missing = std::mem::take(&mut self.pending);
        let mut all = Vec::new();
        while missing > 0 {
            let reply = self.read()?;
            missing -= usize::from(!matches!(reply, Reply::Push(_)));
            all.push(reply);
        }
        Ok(all)
    }

    /// Sends a command and reads its reply. Errors: as [`Client::flush`].
    pub fn ask(&mut self, command: &str) -> Result<Reply> {
        let mut replies = self.queue(command).flush()?;
        Ok(replies.remove(0))
    }

    fn read(&mut self) -> Result<Reply> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        let line = String::from_utf8_lossy(&line);
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
                Ok(len) => Reply::Bulk(Some(self.bytes(len)?)),
                Err(_) => Reply::Bulk(None),
            },
            b'*' => match usize::try_from(number()?) {
                Ok(len) => Reply::Array(Some(self.many(len)?)),
                Err(_) => Reply::Array(None),
            },
            b'_' => Reply::Null,
            b'#' => Reply::Boolean(rest == "t"),
            b',' => Reply::Double(rest.to_owned()),
            b'(' => Reply::Other(rest.as_bytes().to_vec()),
            b'=' => Reply::Other(self.bytes(number()? as usize)?),
            b'%' => Reply::Map(self.many(2 * number()? as usize)?),
            b'~' => Reply::Set(self.many(number()? as usize)?),
            b'>' => Reply::Push(self.many(number()? as usize)?),
            _ => return Err(strange()),
        })
    }

    fn many(&mut self, len: usize) -> Result<Vec<Reply>> {
        (0..len).map(|_| self.read()).collect()
    }

    fn bytes(&mut self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; len + 2];
        self.stream.read_exact(&mut bytes)?;
        bytes.truncate(len);
        Ok(bytes)
    }
}

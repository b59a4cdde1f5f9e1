//! The command line: `darter [file] [-] [--name value ..]..`.
//!
//! Flags are spelled as directives of `redis.conf` with `--` in front and become such lines, so that both have one
//! parser: `--bind 127.0.0.1 ::1` is `bind "127.0.0.1" "::1"`. A value may start with `--` only right behind its name.

use super::words::{quote, split};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Run a server.
    Run(Sources),
    /// Print the version.
    Version,
    /// Print the help.
    Help,
}

/// Where the configuration of a server comes from; later ones win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// A file.
    pub file: Option<PathBuf>,
    /// Standard input.
    pub stdin: bool,
    /// Flags as lines of `redis.conf`.
    pub flags: Vec<u8>,
}

/// Reads the arguments behind the program's name.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Request {
    let arguments: Vec<Vec<u8>> = arguments.into_iter().map(OsString::into_vec).collect();
    match arguments.first().map(Vec::as_slice) {
        Some(b"-v" | b"--version") => return Request::Version,
        Some(b"-h" | b"--help") => return Request::Help,
        _ => {}
    }
    let mut sources = Sources::default();
    let mut rest = arguments.as_slice();
    if let [file, others @ ..] = rest
        && !file.starts_with(b"-")
    {
        sources.file = Some(PathBuf::from(std::ffi::OsStr::from_bytes(file)));
        rest = others;
    }
    let (stdin, flags) = without_stdin(rest, sources.file.is_none());
    sources.stdin = stdin;
    sources.flags = lines(flags);
    Request::Run(sources)
}

/// `-` as the first or the last argument stands for standard input.
fn without_stdin(arguments: &[Vec<u8>], from_start: bool) -> (bool, &[Vec<u8>]) {
    match arguments {
        [first, rest @ ..] if from_start && first == b"-" => (true, without_stdin(rest, false).1),
        [rest @ .., last] if last == b"-" => (true, rest),
        all => (false, all),
    }
}

fn lines(arguments: &[Vec<u8>]) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut name_has_value = true;
    for (index, argument) in arguments.iter().enumerate() {
        let next = arguments.get(index + 1);
        match argument.strip_prefix(b"--") {
            Some(name) if name_has_value => {
                if !lines.is_empty() {
                    lines.push(b'\n');
                }
                lines.extend(name);
                lines.push(b' ');
                name_has_value = split(argument).map_or(0, |words| words.len()) != 1;
                name_has_value |= stands_alone(argument, next, &mut lines);
            }
            _ => {
                lines.extend(quote(argument));
                lines.push(b' ');
                name_has_value = true;
            }
        }
    }
    lines
}

/// `--save` and `--sentinel` may come without a value, before another flag or last; `--save` then means none.
fn stands_alone(flag: &[u8], next: Option<&Vec<u8>>, lines: &mut Vec<u8>) -> bool {
    let alone = next.is_none_or(|next| next.starts_with(b"--"));
    let save = flag.eq_ignore_ascii_case(b"--save");
    if alone && save {
        lines.extend(b"\"\"");
    }
    alone && (save || flag.eq_ignore_ascii_case(b"--sentinel"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arguments: &[&str]) -> Sources {
        match parse(arguments.iter().map(OsString::from)) {
            Request::Run(sources) => sources,
            other => panic!("{other:?}"),
        }
    }

    fn flags(arguments: &[&str]) -> Vec<String> {
        let lines = String::from_utf8(run(arguments).flags).expect("text");
        lines
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    }

    #[test]
    fn a_file_stdin_and_flags_are_told_apart() {
        assert_eq!(run(&[]), Sources::default());
        assert_eq!(
            run(&["-"]),
            Sources {
                stdin: true,
                ..Sources::default()
            }
        );
        let all = run(&["a.conf", "--port", "1", "-"]);
        assert_eq!((all.file, all.stdin), (Some("a.conf".into()), true));
        assert_eq!(all.flags, b"port \"1\" ");
        assert_eq!(flags(&["-", "--port", "1"]), ["port \"1\""]);
        assert_eq!(parse(["--version".into()]), Request::Version);
        assert_eq!(parse(["-h".into()]), Request::Help);
    }

    #[test]
    fn values_belong_to_the_flag_before() {
        assert_eq!(
            flags(&["--bind", "127.0.0.1", "::1", "--port", "1"]),
            ["bind \"127.0.0.1\" \"::1\"", "port \"1\""]
        );
        assert_eq!(
            flags(&["--maxmemory 700mb", "--timeout 1"]),
            ["maxmemory 700mb", "timeout 1"]
        );
        assert_eq!(
            flags(&["--port", "--loglevel", "verbose"]),
            ["port \"--loglevel\" \"verbose\""]
        );
        assert_eq!(
            flags(&["--port", "--bla", "--loglevel", "verbose"]),
            ["port \"--bla\"", "loglevel \"verbose\""]
        );
        assert_eq!(flags(&["--dir", "a\nport 1"]), ["dir \"a\\nport 1\""]);
    }

    #[test]
    fn save_may_stand_alone() {
        assert_eq!(
            flags(&["--save", "--port", "1"]),
            ["save \"\"", "port \"1\""]
        );
        assert_eq!(flags(&["--save"]), ["save \"\""]);
        assert_eq!(
            flags(&["--save", "", "--port", "1"]),
            ["save \"\"", "port \"1\""]
        );
        assert_eq!(
            flags(&["--logfile", "--save", "--save", ""]),
            ["logfile \"--save\"", "save \"\""]
        );
        assert_eq!(
            flags(&["--sentinel", "--port", "1"]),
            ["sentinel", "port \"1\""]
        );
    }
}

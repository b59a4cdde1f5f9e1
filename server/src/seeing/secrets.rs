//! Words of commands that nobody else is to see: passwords, and values of parameters that hold such. In their place stands
//! [`REDACTED`].

use engine::command::args::Args;
use engine::command::table::table;

use crate::config::change::is_secret;

/// What is shown instead.
pub const REDACTED: &[u8] = b"(redacted)";

/// The words of a command as others may see them.
pub fn shown<'a>(args: Args<'a>) -> impl Iterator<Item = &'a [u8]> {
    let secret = secret_words(&args);
    let words = args.iter().enumerate();
    words.map(
        move |(at, word)| {
            if secret.contains(&at) { REDACTED } else { word }
        },
    )
}

/// The indices of the words that are secret.
fn secret_words(args: &Args<'_>) -> Vec<usize> {
    let called = args.at(0).to_ascii_lowercase();
    // `rename-command` may let clients call it otherwise.
    let command = table().top(&called);
    let name = command.map_or(&called[..], |command| table().row(command).name.as_bytes());
    match name {
        b"auth" if args.len() <= 3 => (1..args.len()).collect(),
        b"hello" => behind(args, 2, "auth", 2),
        b"config" if args.is(1, "set") => {
            let values = (3..args.len()).step_by(2);
            values.filter(|at| is_secret(args.at(at - 1))).collect()
        }
        b"acl" if args.is(1, "setuser") => (2..args.len()).collect(),
        b"migrate" => {
            let mut words = behind(args, 6, "auth", 1);
            words.extend(behind(args, 6, "auth2", 2));
            words
        }
        _ => Vec::new(),
    }
}

/// The `count` words behind the option `name`, looked for from word `from` on.
fn behind(args: &Args<'_>, from: usize, name: &str, count: usize) -> Vec<usize> {
    let Some(at) = (from..args.len()).find(|at| args.is(*at, name)) else {
        return Vec::new();
    };
    (at + 1..args.len().min(at + 1 + count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::command::args::OwnedArgs;

    fn shows(line: &str) -> String {
        crate::commands::register();
        let args: OwnedArgs = line.split(' ').map(str::as_bytes).collect();
        let words: Vec<&[u8]> = shown(args.as_args()).collect();
        String::from_utf8(words.join(&b' ')).expect("text")
    }

    #[test]
    fn passwords_are_hidden() {
        assert_eq!(shows("AUTH a"), "AUTH (redacted)");
        assert_eq!(shows("auth a b"), "auth (redacted) (redacted)");
        assert_eq!(
            shows("hello 2 AUTH a b SETNAME c"),
            "hello 2 AUTH (redacted) (redacted) SETNAME c"
        );
        assert_eq!(shows("hello 2 auth a"), "hello 2 auth (redacted)");
        assert_eq!(
            shows("config set requirepass a maxmemory 1 masterauth b"),
            "config set requirepass (redacted) maxmemory 1 masterauth (redacted)"
        );
        assert_eq!(shows("config get requirepass"), "config get requirepass");
        assert_eq!(
            shows("acl setuser a b"),
            "acl setuser (redacted) (redacted)"
        );
        assert_eq!(
            shows("migrate h 1 k 0 5 AUTH2 u p KEYS x"),
            "migrate h 1 k 0 5 AUTH2 (redacted) (redacted) KEYS x"
        );
        assert_eq!(shows("set auth x"), "set auth x");
    }
}

//! The file of users (`aclfile`): a line `user name rule ..` for each. It is taken over as a whole or not at all.

use std::collections::HashSet;
use std::path::Path;

use engine::command::error::printed;

use super::rule::{RuleError, has_blanks, rules};
use super::user::User;
use super::users::{NewChannels, Users};
use crate::config::rewrite;
use crate::config::topic::general::os_text;

/// What ends the list of all that is wrong with a file.
const UNCHANGED: &str =
    "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

/// The users of a file.
///
/// # Errors
/// All that is wrong with it, in Redis's words.
pub fn load(path: &Path, channels: NewChannels) -> Result<Users, String> {
    let text = std::fs::read(path).map_err(|error| {
        let path = path.display();
        format!(
            "Error loading ACLs, opening file '{path}': {}",
            os_text(&error)
        )
    })?;
    parse(&text, &path.display().to_string(), channels)
}

/// Writes a file in one step: it is the old one or the new one at any time.
///
/// # Errors
/// The file is as it was.
pub fn save(path: &Path, users: &Users) -> std::io::Result<()> {
    let mut text = Vec::new();
    for user in users.iter() {
        text.extend(user.line());
        text.push(b'\n');
    }
    rewrite::replace(path, &text)
}

fn parse(text: &[u8], name: &str, channels: NewChannels) -> Result<Users, String> {
    let mut users = Users::new(None);
    let mut seen = HashSet::new();
    let mut errors = String::new();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        match user(line, channels) {
            Ok(user) if seen.insert(user.name().to_vec()) => users.put(user),
            Ok(user) => errors.push_str(&format!(
                "WARNING: Duplicate user '{}' found on line {number}. ",
                printed(user.name())
            )),
            Err(fault) => errors.push_str(&fault.told(name, number)),
        }
    }
    if errors.is_empty() {
        return Ok(users);
    }
    Err(errors + UNCHANGED)
}

/// What is wrong with a line.
enum Fault {
    NoUser,
    Unmatched,
    Rules(Vec<(Vec<u8>, RuleError)>),
}

impl Fault {
    fn told(&self, name: &str, number: usize) -> String {
        match self {
            Fault::NoUser => {
                format!("{name}:{number} should start with user keyword followed by the username. ")
            }
            Fault::Unmatched => {
                format!("{name}:{number}: Unmatched parenthesis in selector definition. ")
            }
            Fault::Rules(faults) => {
                // Names of commands are no secrets. Of the rest, the first tells what the others only follow from.
                let mut is_first = true;
                let mut told = String::new();
                for (rule, why) in faults {
                    if *why == RuleError::Unknown {
                        let rule = printed(rule);
                        told.push_str(&format!(
                            "{name}:{number}: Error in applying operation '{rule}': {why}. "
                        ));
                    } else if std::mem::take(&mut is_first) {
                        told.push_str(&format!("{name}:{number}: {why}. "));
                    }
                }
                told
            }
        }
    }
}

fn user(line: &[u8], channels: NewChannels) -> Result<User, Fault> {
    let mut words = line
        .split(|byte| *byte == b' ')
        .map(<[u8]>::trim_ascii)
        .filter(|word| !word.is_empty());
    let (Some(b"user"), Some(name)) = (words.next(), words.next()) else {
        return Err(Fault::NoUser);
    };
    if has_blanks(name) {
        return Err(Fault::NoUser);
    }
    let words: Vec<&[u8]> = words.collect();
    let rules = rules(&words).map_err(|_| Fault::Unmatched)?;
    let mut user = User::new(name, 0, channels);
    let mut faults = Vec::new();
    for rule in rules {
        if let Err(why) = user.apply(&rule, channels) {
            faults.push((rule, why));
        }
    }
    if faults.is_empty() {
        Ok(user)
    } else {
        Err(Fault::Rules(faults))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        crate::commands::register();
        let users = parse(text.as_bytes(), "users.acl", NewChannels::None)?;
        let lines = users.iter().map(|user| user.line());
        Ok(lines
            .map(|line| String::from_utf8(line).expect("text"))
            .collect())
    }

    #[test]
    fn lines_become_users() {
        assert_eq!(
            read("\n user  b on  nopass\t\r\nuser a (+get\t~a ) +set\n\n"),
            Ok(vec![
                "user a off sanitize-payload resetchannels -@all +set (~a resetchannels -@all +get)".into(),
                "user b on nopass sanitize-payload resetchannels -@all".into(),
                "user default on nopass sanitize-payload ~* &* +@all".into(),
            ])
        );
        let default = "user default off sanitize-payload resetchannels -@all";
        assert_eq!(read("user default"), Ok(vec![default.into()]));
    }

    #[test]
    fn everything_that_is_wrong_is_told_as_redis_tells_it() {
        for (text, told) in [
            (
                "user",
                "users.acl:1 should start with user keyword followed by the username. ",
            ),
            (
                "\nuse a on",
                "users.acl:2 should start with user keyword followed by the username. ",
            ),
            (
                "user a on\nuser a off",
                "WARNING: Duplicate user 'a' found on line 2. ",
            ),
            ("user a foo on", "users.acl:1: Syntax error. "),
            ("user a (on)", "users.acl:1: Syntax error. "),
            (
                "user a (+get",
                "users.acl:1: Unmatched parenthesis in selector definition. ",
            ),
            (
                "user b +no <a foo +na",
                "users.acl:1: Error in applying operation '+no': Unknown command or category name in ACL. users.acl:1: The \
                 password you are trying to remove from the user does not exist. users.acl:1: Error in applying operation \
                 '+na': Unknown command or category name in ACL. ",
            ),
        ] {
            assert_eq!(read(text), Err(format!("{told}{UNCHANGED}")), "{text}");
        }
    }

    #[test]
    fn what_is_saved_is_loaded() {
        crate::commands::register();
        let name = format!("darter-acl-{}.acl", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut users = Users::new(Some(b"secret"));
        users
            .set(
                b"a",
                &[b"on", b">p", b"~x", b"(+get", b"&c)"],
                NewChannels::None,
            )
            .expect("fine");
        save(&path, &users).expect("writable");
        let again = load(&path, NewChannels::All).expect("its own text");
        std::fs::remove_file(&path).expect("there");
        let lines = |users: &Users| users.iter().map(|user| user.line()).collect::<Vec<_>>();
        assert_eq!(lines(&again), lines(&users));
        let fault = load(&path, NewChannels::All).expect_err("gone");
        assert!(fault.ends_with("': No such file or directory"), "{fault}");
    }
}

//! What `--version` and `--help` print.

use super::catalogue;
use super::parameter::{Effect, Marks, Parameter};
use super::settings::Settings;
use super::value::Kind;

/// One line: name, version and what it is compatible with.
pub fn version() -> String {
    format!(
        "Darter v={} (Redis 7.2 compatible) bits={}",
        env!("CARGO_PKG_VERSION"),
        usize::BITS
    )
}

/// How to start the server, and every parameter.
pub fn help() -> String {
    let mut text = String::from(
        "Usage: darter [FILE] [--NAME VALUE ..].. [-]

  FILE   a redis.conf, or the same parameters in TOML
  -      more of it from standard input

Later ones win: FILE, standard input, flags. Every parameter is a flag.

  darter                                        port 6379, one shard per available core
  darter --port 7000 --save \"\"                  no snapshots
  darter /etc/redis/redis.conf --appendonly yes
  darter darter.toml
  darter --version | -v, darter --help | -h

Parameters, with their defaults:
",
    );
    let default = Settings::default();
    for row in catalogue::rows().filter(|row| !row.marks.has(Marks::HIDDEN)) {
        text.push_str(&entry(row, &default));
    }
    text
}

fn entry(row: &Parameter, default: &Settings) -> String {
    let name = match row.alias {
        Some(alias) => format!("--{} (--{alias})", row.name),
        None => format!("--{}", row.name),
    };
    let value = match row.name {
        "dir" => "where it is started".to_owned(),
        _ => String::from_utf8_lossy(&row.show(default)).into_owned(),
    };
    let effect = match row.effect {
        Effect::Acts => String::new(),
        Effect::Ignored(why) => format!(" Accepted without effect: {why}."),
    };
    format!(
        "\n  {name} {} [{value}]\n      {}{effect}\n",
        form(&row.kind),
        row.about.trim()
    )
}

fn form(kind: &Kind) -> String {
    match kind {
        Kind::Switch => "yes|no".to_owned(),
        Kind::OffOnly(_) => "no".to_owned(),
        Kind::Integer(..) => "NUMBER".to_owned(),
        Kind::Memory(..) => "SIZE".to_owned(),
        Kind::MemoryOrPercent => "SIZE|PERCENT%".to_owned(),
        Kind::FileMode => "MODE".to_owned(),
        Kind::Choice(words) => words.join("|"),
        Kind::Text | Kind::Checked(_) => "TEXT".to_owned(),
        Kind::Special(form) => format!("'{form}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_one_line() {
        assert!(version().starts_with("Darter v=0."));
        assert_eq!(version().lines().count(), 1);
    }

    #[test]
    fn help_has_every_parameter_but_hidden_ones() {
        let text = help();
        for row in catalogue::rows() {
            let listed = text.contains(&format!("\n  --{} ", row.name));
            assert_eq!(listed, !row.marks.has(Marks::HIDDEN), "{}", row.name);
        }
    }
}

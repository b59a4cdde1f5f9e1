//! CONFIG REWRITE of a TOML file: comments, order and spelling stay; a value is touched only where it differs.
//!
//! Parameters that the file does not have are added behind the keys in front of its first table, under the same header
//! as in a `redis.conf`.

use super::catalogue;
use super::parameter::{Marks, Parameter};
use super::rewrite::{Extras, HEADER};
use super::settings::Settings;
use super::toml_file;
use super::value::{Kind, Reason};
use super::words;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

/// The new text.
///
/// # Errors
/// The old text is no TOML, or a value is no UTF-8 and so cannot be in TOML.
pub fn text(old: &[u8], settings: &Settings, extras: &Extras) -> Result<String, Reason> {
    let old = std::str::from_utf8(old).map_err(|_| "TOML has to be UTF-8")?;
    let document: DocumentMut = old
        .parse()
        .map_err(|error: toml_edit::TomlError| Reason::from(error.message().to_owned()))?;
    let mut page = Page {
        document,
        has_header: old.lines().any(|line| line.trim() == HEADER),
    };
    let default = Settings::default();
    for row in catalogue::rows() {
        page.put_parameter(row, settings, &default, extras.everything)?;
    }
    if let Some(users) = &extras.users {
        let users = if settings.security.aclfile.is_empty() {
            users.as_slice()
        } else {
            &[]
        };
        page.put(
            "user",
            (!users.is_empty()).then(|| array(users)).transpose()?,
        );
    }
    Ok(page.document.to_string())
}

struct Page {
    document: DocumentMut,
    has_header: bool,
}

impl Page {
    fn put_parameter(
        &mut self,
        row: &Parameter,
        settings: &Settings,
        default: &Settings,
        everything: bool,
    ) -> Result<(), Reason> {
        let lines = row.lines(settings, default);
        let places = self.places(row.name);
        if let [place] = places.as_slice()
            && self.says(place, row, settings)
        {
            return Ok(());
        }
        // The default of `dir` is wherever the process is, so the place it is in now has to be said.
        let needed = row.name == "dir" || !row.same(settings, default) || everything;
        if places.is_empty() && !needed {
            return Ok(());
        }
        let value = if lines.is_empty() {
            None
        } else {
            Some(value(row, settings, default)?)
        };
        self.put(row.name, value);
        Ok(())
    }

    /// Whether what the file has at this place means the value in force.
    fn says(&mut self, place: &[String], row: &Parameter, settings: &Settings) -> bool {
        let Some((table, key)) = table_of(self.document.as_table_mut(), place) else {
            return false;
        };
        let Some(item) = table.get(key) else {
            return false;
        };
        let mut words = Vec::new();
        if item.is_table_like() || toml_file::append(item, row.name, &mut words).is_err() {
            return false;
        }
        if words.is_empty() {
            words.push(Vec::new());
        }
        let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let mut told = settings.clone();
        row.assign(&mut told, &slices).is_ok() && row.same(&told, settings)
    }

    /// Makes this the only value of the name; none removes it.
    fn put(&mut self, name: &str, value: Option<Value>) {
        let mut places = self.places(name).into_iter();
        let mut value = value;
        for place in &mut places {
            let Some((table, key)) = table_of(self.document.as_table_mut(), &place) else {
                continue;
            };
            match (table.get_mut(key), value.take()) {
                (Some(Item::Value(old)), Some(mut new)) if !old.is_inline_table() => {
                    *new.decor_mut() = old.decor().clone();
                    *old = new;
                }
                (_, kept) => {
                    table.remove(key);
                    value = kept;
                }
            }
        }
        if let Some(value) = value {
            self.append(name, value);
        }
    }

    fn append(&mut self, name: &str, value: Value) {
        let table = self.document.as_table_mut();
        table.insert(name, Item::Value(value));
        if let (false, Some(mut key)) = (self.has_header, table.key_mut(name)) {
            key.leaf_decor_mut().set_prefix(format!("\n{HEADER}\n"));
            self.has_header = true;
        }
    }

    /// The paths of all keys that mean this name, in the order of the file.
    fn places(&self, name: &str) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        find(self.document.as_table(), &mut Vec::new(), name, &mut found);
        found
    }
}

fn find(table: &dyn TableLike, path: &mut Vec<String>, wanted: &str, found: &mut Vec<Vec<String>>) {
    for (key, item) in table.iter() {
        let name = toml_file::resolve(path.last().map_or("", String::as_str), key);
        let primary = catalogue::find(name.as_bytes()).map_or(name.as_str(), |row| row.name);
        path.push(key.to_owned());
        if primary == wanted {
            found.push(path.clone());
        } else if let Some(entries) = item.as_table_like()
            && !toml_file::takes_entries(&name)
        {
            find(entries, path, wanted, found);
        }
        path.pop();
    }
}

fn table_of<'a, 'b>(
    root: &'a mut Table,
    path: &'b [String],
) -> Option<(&'a mut dyn TableLike, &'b str)> {
    let (key, tables) = path.split_last()?;
    let mut table: &mut dyn TableLike = root;
    for name in tables {
        table = table.get_mut(name)?.as_table_like_mut()?;
    }
    Some((table, key))
}

fn value(row: &Parameter, settings: &Settings, default: &Settings) -> Result<Value, Reason> {
    let shown = row.show(settings);
    if row.marks.has(Marks::MULTI) {
        let lines: Vec<Vec<u8>> = row
            .lines(settings, default)
            .into_iter()
            .map(|line| line.text)
            .collect();
        return match lines.as_slice() {
            [line] => {
                let split =
                    words::split(line).map_err(|_| "Unbalanced quotes in configuration line")?;
                array(if split == [b""] { &[] } else { &split })
            }
            lines => array(lines),
        };
    }
    let text = std::str::from_utf8(&shown)
        .map_err(|_| format!("the value of {} is not UTF-8", row.name))?;
    Ok(match row.kind {
        Kind::Switch | Kind::OffOnly(_) => Value::from(text == "yes"),
        Kind::Integer(..) => scalar(text),
        Kind::Memory(..) | Kind::MemoryOrPercent => {
            let line = row
                .lines(settings, default)
                .into_iter()
                .next()
                .map(|line| line.text)
                .unwrap_or(shown);
            scalar(&String::from_utf8_lossy(&line))
        }
        _ => Value::from(text),
    })
}

/// A number where the text is one.
fn scalar(text: &str) -> Value {
    text.parse::<i64>()
        .map_or_else(|_| Value::from(text), Value::from)
}

fn array(words: &[Vec<u8>]) -> Result<Value, Reason> {
    let mut array = Array::new();
    for word in words {
        let text = std::str::from_utf8(word).map_err(|_| "a value is not UTF-8")?;
        array.push(scalar(text));
    }
    Ok(Value::Array(array))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::change::{self, Access};
    use crate::config::command_line::Sources;
    use crate::config::load;
    use proptest::prelude::*;

    fn read(text: &str) -> Settings {
        let sources = Sources {
            stdin: true,
            ..Sources::default()
        };
        load::load(&sources, &mut text.as_bytes())
            .unwrap_or_else(|fault| panic!("{fault}"))
            .settings
    }

    fn changed(settings: &Settings, arguments: &[&str]) -> Settings {
        let arguments: Vec<&[u8]> = arguments.iter().map(|word| word.as_bytes()).collect();
        change::set(
            settings,
            &arguments,
            Access {
                protected: true,
                loading: false,
            },
        )
        .expect("fine")
        .settings
    }

    fn rewritten(old: &str, settings: &Settings) -> String {
        text(old.as_bytes(), settings, &Extras::default()).expect("TOML")
    }

    const OLD: &str = "# my server\nport = 7000 # the usual\nmaxmemory = \"1024kb\"\nrequirepass = \"x\"\n\n\
        [snapshots]\n# often\nsave = [[900, 1], [300, 10]]\n\n[cluster]\nnode_timeout = 5\n\n\
        [client-output-buffer-limit]\npubsub = \"1mb 0 0\"\n\n[rename-command]\nFLUSHALL = \"\"\n";

    #[test]
    fn what_has_not_changed_is_not_touched() {
        let settings = read(OLD);
        let new = rewritten(OLD, &settings);
        assert!(new.starts_with("# my server\nport = 7000 # the usual\nmaxmemory = \"1024kb\"\nrequirepass = \"x\"\n"), "{new}");
        assert!(
            new.contains("\n# often\nsave = [[900, 1], [300, 10]]\n"),
            "{new}"
        );
        assert!(new.contains("[rename-command]\nFLUSHALL = \"\"\n"), "{new}");
        assert_eq!(read(&new), settings);
        assert_eq!(rewritten(&new, &settings), new);
    }

    #[test]
    fn changes_are_made_in_place_and_news_appended() {
        let settings = changed(
            &read(OLD),
            &[
                "port",
                "7001",
                "save",
                "5 6",
                "cluster-node-timeout",
                "7",
                "requirepass",
                "",
                "timeout",
                "9",
                "appendonly",
                "yes",
            ],
        );
        let new = rewritten(OLD, &settings);
        assert!(new.contains("port = 7001 # the usual\n"), "{new}");
        assert!(new.contains("# often\nsave = [5, 6]\n"), "{new}");
        assert!(new.contains("node_timeout = 7\n"), "{new}");
        assert!(!new.contains("requirepass"), "{new}");
        let (header, table) = (
            new.find(HEADER).expect("header"),
            new.find("[snapshots]").expect("table"),
        );
        for added in ["timeout = 9\n", "appendonly = true\n"] {
            let place = new.find(&format!("\n{added}")).expect(added);
            assert!(header < place && place < table, "{new}");
        }
        assert_eq!(read(&new), settings);
        assert_eq!(rewritten(&new, &settings), new);
    }

    #[test]
    fn users_and_doubles_are_gathered() {
        let extras = Extras {
            users: Some(vec![b"default on nopass".to_vec()]),
            everything: false,
        };
        let old =
            "user = [\"a on\"]\nhash-max-ziplist-entries = 1\n[x]\nhash-max-listpack-entries = 2\n";
        let settings = read(old);
        let new = text(old.as_bytes(), &settings, &extras).expect("TOML");
        assert!(
            new.starts_with("user = [\"default on nopass\"]\nhash-max-ziplist-entries = 2\n"),
            "{new}"
        );
        assert!(!new.contains("listpack"), "{new}");
        assert_eq!(read(&new), settings);
    }

    #[test]
    fn everything_can_be_read_back() {
        let all = Extras {
            everything: true,
            ..Extras::default()
        };
        let new = text(b"", &Settings::default(), &all).expect("TOML");
        assert_eq!(read(&new), Settings::default());
        assert!(new.lines().count() > 150, "{new}");
    }

    proptest! {
        /// Whatever a parameter takes survives a rewrite, from an empty file as well as from a full one.
        #[test]
        fn values_survive(row in 0..catalogue::rows().count(), value in "[a-zA-Z0-9 .%$*:\"\\\\-]{0,12}", full: bool) {
            let row = catalogue::rows().nth(row).expect("counted");
            let old = if full { OLD } else { "" };
            let mut settings = if full { read(OLD) } else { Settings::default() };
            let words: Vec<&[u8]> = value.split(' ').map(str::as_bytes).collect();
            if row.name != "logfile" && row.assign(&mut settings, &words).is_ok() {
                let new = rewritten(old, &settings);
                prop_assert_eq!(rewritten(&new, &settings), new.clone());
                settings.settle();
                if settings.cluster.enabled { settings.general.databases = 1; }
                prop_assert_eq!(read(&new), settings, "{}", new);
            }
        }
    }
}

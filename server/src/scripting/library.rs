//! Libraries of functions: their names, what is in them, and their sources. The process has one set of them.
//!
//! Invariant: no two functions have one name, whatever their libraries and the case of its letters.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use engine::command::error::{CommandError, printed};

use super::script::{Declaration, ScriptFlags};

/// A function as it was registered.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Vec<u8>,
    /// What its author says about it.
    pub description: Option<Vec<u8>>,
    /// What it declares.
    pub flags: ScriptFlags,
}

/// A library.
#[derive(Debug)]
pub struct Library {
    /// Its name.
    pub name: Vec<u8>,
    /// The whole source.
    pub source: Box<[u8]>,
    /// Where the code begins in it.
    code: usize,
    /// What it registered.
    pub functions: Vec<Function>,
}

/// What the first line of a library says.
pub struct Named<'a> {
    /// The library's name.
    pub name: &'a [u8],
    /// Where its code begins.
    code: usize,
}

impl<'a> Named<'a> {
    /// Reads the first line. Errors: Redis's.
    pub fn of(source: &'a [u8]) -> Result<Self, CommandError> {
        let missing = CommandError::new("ERR Missing library metadata");
        let declaration = Declaration::of(source)
            .map_err(|_| CommandError::new("ERR Invalid library metadata"))?
            .ok_or(missing)?;
        let mut name = None;
        for (option, value) in declaration.options() {
            let (b"name", Some(value)) = (option, value) else {
                let mut given = printed(option).into_owned();
                if let Some(value) = value {
                    given = format!("{given}={}", printed(value));
                }
                let line = format!("ERR Invalid metadata value given: {given}");
                return Err(CommandError::with(line));
            };
            if name.replace(unquoted(value)).is_some() {
                return Err(CommandError::new(
                    "ERR Invalid metadata value, name argument was given multiple times",
                ));
            }
        }
        let name = name.ok_or(CommandError::new("ERR Library name was not given"))?;
        if !is_name(name) {
            return Err(CommandError::new(BAD_NAME));
        }
        if !declaration.engine.eq_ignore_ascii_case(b"lua") {
            let engine = printed(declaration.engine);
            return Err(CommandError::with(format!(
                "ERR Engine '{engine}' not found"
            )));
        }
        Ok(Named {
            name,
            code: declaration.len,
        })
    }

    /// What Lua compiles of `source`.
    pub fn code<'s>(&self, source: &'s [u8]) -> &'s [u8] {
        &source[self.code..]
    }
}

/// What names that have other letters hear.
pub const BAD_NAME: &str = "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

/// Whether libraries and functions may be named so.
pub fn is_name(name: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    !name.is_empty() && name.iter().all(is_letter)
}

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        other => other,
    }
}

impl Library {
    /// The library of `source`, which registered `functions`.
    pub fn new(named: &Named<'_>, source: &[u8], functions: Vec<Function>) -> Arc<Library> {
        Arc::new(Library {
            name: named.name.to_vec(),
            source: source.into(),
            code: named.code,
            functions,
        })
    }

    /// What Lua compiles.
    pub fn code(&self) -> &[u8] {
        &self.source[self.code..]
    }
}

/// What becomes of libraries that are there when others are restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore {
    /// All of them go.
    Flush,
    /// They stay; one of the same name is an error.
    Append,
    /// Those of the same name go.
    Replace,
}

/// See the top of the file.
#[derive(Default)]
pub struct Libraries {
    all: Mutex<Vec<Arc<Library>>>,
    generation: AtomicU64,
}

impl Libraries {
    fn all(&self) -> MutexGuard<'_, Vec<Arc<Library>>> {
        self.all.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// Changes whenever a library comes or goes.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// All of them, by name.
    pub fn list(&self) -> Vec<Arc<Library>> {
        self.all().clone()
    }

    /// All their sources.
    pub fn sources(&self) -> Vec<Vec<u8>> {
        self.all()
            .iter()
            .map(|library| library.source.to_vec())
            .collect()
    }

    /// The function of this name in any case, and its library.
    pub fn find(&self, name: &[u8]) -> Option<(Arc<Library>, Function)> {
        let all = self.all();
        all.iter().find_map(|library| {
            let mut functions = library.functions.iter();
            let function = functions.find(|function| function.name.eq_ignore_ascii_case(name))?;
            Some((library.clone(), function.clone()))
        })
    }

    /// Adds a library, in place of one of its name if it `replaces`.
    pub fn add(&self, library: Arc<Library>, replaces: bool) -> Result<(), CommandError> {
        let policy = if replaces {
            Restore::Replace
        } else {
            Restore::Append
        };
        self.add_all(vec![library], policy, |name| {
            CommandError::with(format!("ERR Library '{name}' already exists"))
        })
    }

    /// Adds libraries, all of them or none.
    pub fn restore(
        &self,
        libraries: Vec<Arc<Library>>,
        policy: Restore,
    ) -> Result<(), CommandError> {
        self.add_all(libraries, policy, |name| {
            CommandError::with(format!("ERR Library {name} already exists"))
        })
    }

    fn add_all(
        &self,
        libraries: Vec<Arc<Library>>,
        policy: Restore,
        exists: fn(&str) -> CommandError,
    ) -> Result<(), CommandError> {
        let mut all = self.all();
        let mut next = match policy {
            Restore::Flush => Vec::new(),
            Restore::Append | Restore::Replace => all.clone(),
        };
        for library in libraries {
            let same = |other: &Arc<Library>| other.name == library.name;
            match policy {
                Restore::Replace => next.retain(|other| !same(other)),
                _ if next.iter().any(same) => return Err(exists(&printed(&library.name))),
                _ => {}
            }
            if let Some(name) = collision(&next, &library) {
                let name = printed(name);
                return Err(CommandError::with(format!(
                    "ERR Function {name} already exists"
                )));
            }
            next.push(library);
        }
        *all = next;
        self.generation.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Deletes a library. Returns whether it was there.
    pub fn delete(&self, name: &[u8]) -> bool {
        let mut all = self.all();
        let before = all.len();
        all.retain(|library| library.name != name);
        self.generation.fetch_add(1, Ordering::Release);
        all.len() < before
    }

    /// Deletes all of them.
    pub fn flush(&self) {
        self.all().clear();
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// How many libraries and functions there are.
    pub fn size(&self) -> (usize, usize) {
        let all = self.all();
        (
            all.len(),
            all.iter().map(|library| library.functions.len()).sum(),
        )
    }
}

fn collision<'l>(all: &[Arc<Library>], library: &'l Library) -> Option<&'l [u8]> {
    let taken = |name: &[u8]| {
        let mut functions = all.iter().flat_map(|other| &other.functions);
        functions.any(|other| other.name.eq_ignore_ascii_case(name))
    };
    let mut names = library.functions.iter().map(|function| &function.name[..]);
    names.find(|name| taken(name))
}

//! Libraries on one machine: loaded when the first of their functions is called there, and again after any of them has changed.

use std::collections::HashMap;
use std::ffi::CStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::command::args::Args;

use super::desk::Registered;
use super::library::{Function, Library};
use super::machine::{Kept, Machine, finish, push_words, text_of};
use super::stack::{Kind, Stack};

/// As errors name libraries.
const FUNCTION: &CStr = c"@user_function";
/// For how long a library may take to load.
const PATIENCE: Duration = Duration::from_millis(500);

/// The functions that a machine has loaded, by their lower-case names.
#[derive(Default)]
pub(super) struct Loaded {
    functions: HashMap<Vec<u8>, Kept>,
    generation: u64,
}

impl Machine {
    /// Runs the code of a library. Errors: what Lua says of it. What it registers stays kept.
    pub(super) fn load_library(&mut self, code: &[u8]) -> Result<Vec<Registered>, String> {
        let mut seat = self.desk();
        seat.registered = Some(Vec::new());
        seat.ends = None;
        seat.patience = Some(PATIENCE);
        seat.turn_began = Instant::now();
        let mut fault = Some(String::from("not enough memory"));
        let (handler, begin) = (self.handler(), self.loading());
        self.protected(&mut |stack| {
            if !stack.load(code, FUNCTION) {
                fault = Some(format!("Error compiling function: {}", text_of(stack)));
                return;
            }
            stack.push_kept(handler.0);
            stack.push_kept(begin.0);
            stack.push_boolean(true);
            stack.call(1, 0, 0);
            stack.push_copy(1);
            let fine = stack.call(0, 0, 2);
            fault = (!fine).then(|| format!("Error registering functions: {}", fault_of(stack)));
        });
        self.end_loading(begin);
        let mut seat = self.desk();
        let registered = seat.registered.take().unwrap_or_default();
        match fault {
            None => Ok(registered),
            Some(fault) => {
                self.forget(registered.iter().map(|registered| registered.callback));
                Err(fault)
            }
        }
    }

    fn end_loading(&mut self, begin: Kept) {
        self.protected(&mut |stack| {
            stack.push_kept(begin.0);
            stack.push_boolean(false);
            stack.call(1, 0, 0);
        });
        self.reset();
    }

    /// Loads a library only to see what it registers.
    pub(super) fn try_library(&mut self, code: &[u8]) -> Result<Vec<Function>, String> {
        let registered = self.load_library(code)?;
        self.forget(registered.iter().map(|registered| registered.callback));
        Ok(registered
            .into_iter()
            .map(|registered| registered.function)
            .collect())
    }

    /// A function of `library` as it was in this generation.
    pub(super) fn function(
        &mut self,
        library: &Arc<Library>,
        generation: u64,
        name: &[u8],
    ) -> Result<Kept, String> {
        if self.loaded.generation != generation {
            let former = std::mem::take(&mut self.loaded);
            self.forget(former.functions.into_values());
            self.loaded.generation = generation;
        }
        let name = name.to_ascii_lowercase();
        if !self.loaded.functions.contains_key(&name) {
            for Registered { function, callback } in self.load_library(library.code())? {
                let name = function.name.to_ascii_lowercase();
                self.loaded.functions.insert(name, callback);
            }
        }
        let found = self.loaded.functions.get(&name).copied();
        found.ok_or_else(|| String::from("Function not found"))
    }

    /// Runs a function that it has loaded. Its reply is left at the desk.
    pub(super) fn run_function(
        &mut self,
        function: Kept,
        name: &[u8],
        words: Args<'_>,
        keys: usize,
    ) {
        let (handler, mut desk) = (self.handler(), self.desk());
        let fine = self.protected(&mut |stack| {
            stack.push_kept(handler.0);
            stack.push_kept(function.0);
            push_words(stack, words, 0, keys);
            push_words(stack, words, keys, words.len());
            finish(stack, &mut desk, stack.call(2, 1, 1), name);
        });
        self.end_run(fine);
    }
}

/// The error at the top in one line.
fn fault_of(stack: &Stack) -> String {
    if stack.kind(-1) == Kind::Table {
        stack.push_field(-1, "err");
    }
    let text = text_of(stack);
    text.strip_prefix("ERR ")
        .map_or(text.clone(), str::to_owned)
}

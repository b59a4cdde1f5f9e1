//! One Lua machine: what it has compiled, its memory limit, and how it runs a script to its end on the stack that it is called on.
//!
//! Invariant: everything that may fail for want of memory happens in protected mode, below [`Machine::protected`].

use std::collections::HashMap;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;

use engine::command::args::{Args, OwnedArgs};
use engine::resp::reply::{Protocol, ReplyWriter};
use engine::shard::DbIndex;
use mlua::{Lua, LuaOptions, StdLib, ffi};

use super::api;
use super::desk::{Desk, Origin};
use super::libraries;
use super::loading::Loaded;
use super::script::{Script, ScriptFlags, Sha};
use super::seat::Seat;
use super::stack::{Kind, Stack};
use super::to_reply::Answering;

/// Bytes that scripts of one machine may use.
const MEMORY_LIMIT: usize = 1 << 30;
/// Instructions between two looks at the time.
const INSTRUCTIONS: c_int = 100_000;
/// As errors name scripts.
const SCRIPT: &CStr = c"@user_script";

/// The number under which Lua keeps a value.
#[derive(Clone, Copy)]
pub(super) struct Kept(pub c_int);

/// See the top of the file.
pub(super) struct Machine {
    lua: Lua,
    state: *mut ffi::lua_State,
    desk: NonNull<Desk>,
    /// The table of global variables behind what scripts see of it.
    globals: Kept,
    handler: Kept,
    /// What tells the sandbox that a library is loaded, or is no longer.
    loading: Kept,
    pub(super) loaded: Loaded,
    compiled: HashMap<Sha, (Kept, Arc<Script>)>,
    /// Of the cache, when `compiled` was begun.
    generation: u64,
    runs: u32,
}

/// What a machine is asked to do in protected mode.
struct Errand<'a> {
    stack: Stack,
    work: &'a mut dyn FnMut(&Stack),
}

impl Machine {
    /// A machine that has run nothing. None when there is no memory for it.
    pub(super) fn new() -> Option<Machine> {
        let libraries = StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::DEBUG;
        // SAFETY: scripts see none of what is unsafe in these libraries: the sandbox hands them a chosen part.
        let lua =
            unsafe { Lua::unsafe_new_with(libraries, LuaOptions::new().catch_rust_panics(false)) };
        lua.set_memory_limit(MEMORY_LIMIT).ok()?;
        let desk = Box::new(Desk::new());
        let desk = NonNull::from(Box::leak(desk));
        let mut state = std::ptr::null_mut();
        let mut kept = [Kept(0); 3];
        // SAFETY: the state lives as long as `lua`; what is done with it is in protected mode.
        let made: mlua::Result<()> = unsafe {
            lua.exec_raw((), |raw| {
                state = raw;
                let stack = Stack::new(raw);
                kept = open(&stack, desk);
                stack.truncate(0);
            })
        };
        let machine = Machine {
            lua,
            state,
            desk,
            globals: kept[0],
            handler: kept[1],
            loading: kept[2],
            loaded: Loaded::default(),
            compiled: HashMap::new(),
            generation: 0,
            runs: 0,
        };
        made.inspect_err(|why| tracing::warn!("Can't prepare a Lua machine: {why}"))
            .ok()?;
        machine
            .stack()
            .set_hook(super::running::look_at_time, INSTRUCTIONS);
        Some(machine)
    }

    fn stack(&self) -> Stack {
        // SAFETY: the state lives as long as the machine; whoever uses it in earnest does so in protected mode.
        unsafe { Stack::new(self.state) }
    }

    /// What the machine and its natives have in common.
    pub(super) fn desk(&mut self) -> Seat {
        // SAFETY: the desk lives as long as the machine.
        unsafe { Seat::new(self.desk) }
    }

    /// Bytes that Lua uses.
    pub(super) fn used_memory(&self) -> usize {
        self.lua.used_memory()
    }

    /// Does `work` in protected mode. Returns false, with the error at the top of the stack, if Lua raised one.
    pub(super) fn protected(&mut self, work: &mut dyn FnMut(&Stack)) -> bool {
        unsafe extern "C-unwind" fn enter(state: *mut ffi::lua_State) -> c_int {
            // SAFETY: `protected` pushed the pointer, and waits.
            let errand = unsafe { &mut *Stack::new(state).pointer(-1).cast::<Errand<'_>>() };
            errand.stack.pop(1);
            (errand.work)(&errand.stack);
            errand.stack.len()
        }
        let mut errand = Errand {
            stack: self.stack(),
            work,
        };
        let pointer: *mut c_void = (&raw mut errand).cast();
        // SAFETY: a call without results needs no memory of Lua's but that which a fresh stack has.
        unsafe { ffi::lua_cpcall(self.state, enter, pointer) == ffi::LUA_OK }
    }

    /// Forgets what it has compiled in another generation of the cache.
    pub(super) fn follow(&mut self, generation: u64) {
        if self.generation == generation {
            return;
        }
        self.generation = generation;
        for (_, (kept, _)) in std::mem::take(&mut self.compiled) {
            self.stack().forget(kept.0);
        }
    }

    /// What it has compiled under this name.
    pub(super) fn compiled(&self, sha: Sha) -> Option<(Kept, Arc<Script>)> {
        let (kept, script) = self.compiled.get(&sha)?;
        Some((*kept, script.clone()))
    }

    /// Compiles a script. Errors: what Lua says of it.
    pub(super) fn compile(&mut self, sha: Sha, script: Arc<Script>) -> Result<Kept, String> {
        let mut result = Err(String::from("not enough memory"));
        let code = script.code();
        self.protected(&mut |stack| {
            result = match stack.load(code, SCRIPT) {
                true => Ok(Kept(stack.keep())),
                false => Err(text_of(stack)),
            };
        });
        self.stack().truncate(0);
        let kept = result?;
        self.compiled.insert(sha, (kept, script));
        Ok(kept)
    }

    /// Runs a script that it has compiled. Its reply is left at the desk.
    pub(super) fn run_script(&mut self, script: Kept, name: Sha, words: Args<'_>, keys: usize) {
        let (globals, handler, mut desk) = (self.globals, self.handler, self.desk());
        let fine = self.protected(&mut |stack| {
            stack.push_kept(globals.0);
            push_words(stack, words, 0, keys);
            stack.set_field("KEYS");
            push_words(stack, words, keys, words.len());
            stack.set_field("ARGV");
            stack.truncate(0);
            stack.push_kept(handler.0);
            stack.push_kept(script.0);
            finish(stack, &mut desk, stack.call(0, 1, 1), name.as_bytes());
        });
        self.end_run(fine);
    }

    pub(super) fn end_run(&mut self, fine: bool) {
        let mut desk = self.desk();
        if !fine {
            desk.reply.clear();
            let protocol = desk.client_protocol;
            ReplyWriter::new(&mut desk.reply, protocol).error("ERR not enough memory");
        }
        self.reset();
        self.runs += 1;
        // A little garbage at a time, so that none piles up while scripts are short.
        if self.runs.is_multiple_of(50) {
            self.protected(&mut |stack| stack.collect_some(50));
        }
    }
}

impl Machine {
    /// What makes tables of errors.
    pub(super) fn handler(&self) -> Kept {
        self.handler
    }

    /// What tells the sandbox that a library is loaded.
    pub(super) fn loading(&self) -> Kept {
        self.loading
    }

    /// Ready for the next run, however the last one ended.
    pub(super) fn reset(&mut self) {
        self.stack().truncate(0);
        self.stack()
            .set_hook(super::running::look_at_time, INSTRUCTIONS);
    }

    /// Forgets values that were kept.
    pub(super) fn forget(&self, kept: impl Iterator<Item = Kept>) {
        kept.for_each(|kept| self.stack().forget(kept.0));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // SAFETY: it was leaked by `new`, and nothing runs that could use it.
        drop(unsafe { Box::from_raw(self.desk.as_ptr()) });
    }
}

/// Prepares a fresh machine.
fn open(stack: &Stack, desk: NonNull<Desk>) -> [Kept; 3] {
    Seat::keep(stack, desk);
    if !stack.load(include_bytes!("sandbox.lua"), c"@sandbox") {
        raise_text(stack);
    }
    stack.push_table(0, 4);
    api::push(stack, desk);
    libraries::push(stack, desk);
    stack.push_field(ffi::LUA_GLOBALSINDEX, "debug");
    stack.push_field(-1, "getinfo");
    let getinfo = stack.absolute(-1);
    stack.push_copy(getinfo - 3);
    stack.push_copy(getinfo - 2);
    stack.push_copy(getinfo);
    if !stack.call(2, 4, 0) {
        raise_text(stack);
    }
    let loading = Kept(stack.keep());
    let handler = Kept(stack.keep());
    let globals = Kept(stack.keep());
    stack.set_globals();
    [globals, handler, loading]
}

fn raise_text(stack: &Stack) -> ! {
    panic!("the sandbox is sound: {}", text_of(stack))
}

pub(super) fn text_of(stack: &Stack) -> String {
    let text = stack.bytes(-1).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Pushes a table of the words from `first` to before `end`.
pub(super) fn push_words(stack: &Stack, words: Args<'_>, first: usize, end: usize) {
    stack.push_table(end - first, 0);
    for (number, word) in words.iter().take(end).skip(first).enumerate() {
        stack.push_bytes(word);
        stack.set_element(-2, number + 1);
    }
}

/// Makes the reply of what a script returned or raised, which is at the top.
pub(super) fn finish(stack: &Stack, desk: &mut Seat, fine: bool, name: &[u8]) {
    let (client, protocol) = (desk.client_protocol, desk.protocol);
    let bytes = &mut desk.reply;
    bytes.clear();
    if fine {
        let mut answering = Answering {
            stack,
            reply: &mut ReplyWriter::new(bytes, client),
            protocol,
        };
        answering.write_top(0);
    } else {
        write_error(stack, name, bytes);
    }
}

/// Writes the error at the top as a client hears it.
fn write_error(stack: &Stack, name: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'-');
    if stack.kind(-1) != Kind::Table {
        out.extend_from_slice(b"ERR ");
        out.extend_from_slice(stack.bytes(-1).unwrap_or(b"unknown error"));
    } else {
        let table = stack.absolute(-1);
        stack.push_field(table, "err");
        stack.push_field(table, "source");
        stack.push_field(table, "line");
        let is_line = matches!(stack.kind(-3), Kind::String | Kind::Number);
        let line = stack.bytes(-3).filter(|_| is_line);
        out.extend_from_slice(line.unwrap_or(b"ERR unknown error"));
        out.extend_from_slice(b" script: ");
        out.extend_from_slice(name);
        if let (Some(source), Some(number)) = (stack.bytes(-2), stack.bytes(-1)) {
            for part in [b", on ", source, b":", number, b"."] {
                out.extend_from_slice(part);
            }
        }
    }
    let breaks = out[start..]
        .iter_mut()
        .filter(|byte| matches!(byte, b'\r' | b'\n'));
    breaks.for_each(|byte| *byte = b' ');
    out.extend_from_slice(b"\r\n");
}

impl Desk {
    fn new() -> Desk {
        Desk {
            ground: std::ptr::null_mut(),
            yielder: std::ptr::null(),
            words: OwnedArgs::new(),
            reply: Vec::new(),
            text: Vec::new(),
            db: DbIndex(0),
            protocol: Protocol::Resp2,
            client_protocol: Protocol::Resp2,
            caller: Default::default(),
            flags: ScriptFlags::SILENT,
            json: Default::default(),
            origin: Origin::Script,
            command: None,
            is_read_only: false,
            is_out_of_memory: false,
            has_written: false,
            registered: None,
            ends: None,
            began: Instant::now(),
            patience: None,
            turn_began: Instant::now(),
            calls: Vec::new(),
        }
    }
}

//! The machines of one core, and how commands become scripts on them.
//!
//! The engine runs what has its keys on this shard through [`Programs`]; the core itself runs what needs more, see
//! `crate::core::roaming`. Both use the same pool: a machine is in it unless a script runs or pauses on it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use corosensei::stack::DefaultStack;
use engine::command::args::{Args, OwnedArgs};
use engine::command::error::CommandError;
use engine::command::table::{CommandId, table};
use engine::order::program::{Ground, Programs, Ran, Start};
use engine::resp::reply::{Protocol, ReplyWriter};
use engine::shard::DbIndex;

use super::busy::RunningFunction;
use super::desk::{Origin, Pause};
use super::library::{Library, Named};
use super::machine::{Kept, Machine};
use super::running::{Running, Turn, new_stack};
use super::script::{Script, ScriptFlags, Sha};
use crate::core::process::Process;

/// Machines kept for later.
const KEPT: usize = 4;

/// What a script hears that runs again elsewhere.
const UNDONE: &str = "ERR this run is undone";
/// What a script hears that a client ended.
const KILLED: &str = "ERR Script killed by user with SCRIPT KILL.";

/// See the top of the file.
pub struct Pool {
    process: Arc<Process>,
    core: u16,
    idle: Vec<(Machine, DefaultStack)>,
    /// The script that pauses on this core's shard.
    paused: Option<(Running, Sha)>,
    /// Scripts that are known to need more than one shard, in the present generation of the cache.
    roaming: HashSet<Sha>,
    generation: u64,
    /// `busy-reply-threshold`.
    patience: Option<Duration>,
    /// Commands that scripts have called since somebody asked.
    calls: Vec<CommandId>,
}

/// A script that a command asks for.
struct Wanted {
    /// Its name; of a function a stand-in for that.
    sha: Sha,
    /// A function's name.
    function: Option<Vec<u8>>,
    words: OwnedArgs,
    keys: usize,
    is_read_only: bool,
}

/// What came of a script's turn.
pub enum Step {
    /// Its reply.
    Ended(Vec<u8>),
    /// It waits for a command to run elsewhere, or has run for long.
    Waits(Waits),
}

/// A script that waits.
pub struct Waits {
    running: Running,
    sha: Sha,
    /// For what.
    pub pause: Pause,
}

impl Pool {
    /// For the core of this number.
    pub fn new(process: Arc<Process>, core: u16) -> Pool {
        Pool {
            process,
            core,
            idle: Vec::new(),
            paused: None,
            roaming: HashSet::new(),
            generation: 0,
            patience: None,
            calls: Vec::new(),
        }
    }

    /// Sets for how many milliseconds a script may keep its core to itself; 0 for as long as it likes.
    pub fn set_patience(&mut self, milliseconds: i64) {
        let milliseconds = u64::try_from(milliseconds).unwrap_or_default();
        self.patience = (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
    }

    /// Bytes that Lua uses on this core.
    pub fn used_memory(&self) -> usize {
        self.idle
            .iter()
            .map(|(machine, _)| machine.used_memory())
            .sum()
    }

    /// Takes the commands that scripts have called.
    pub fn take_calls(&mut self) -> Vec<CommandId> {
        std::mem::take(&mut self.calls)
    }

    /// Whether scripts have called commands.
    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Begins a script on `ground`.
    pub fn begin(&mut self, start: Start<'_>, ground: &mut Ground<'_>) -> Step {
        match self.try_begin(start, ground) {
            Ok((turn, sha)) => self.step(turn, sha),
            Err(error) => Step::Ended(error_reply(&error)),
        }
    }

    /// Goes on with one that waited. Its command's reply is `reply`.
    pub fn go_on(
        &mut self,
        mut waits: Waits,
        reply: Option<&[u8]>,
        ground: &mut Ground<'_>,
    ) -> Step {
        if let Some(reply) = reply {
            let mut desk = waits.running.desk();
            desk.reply.clear();
            desk.reply.extend_from_slice(reply);
        }
        if self.process.busy.is_to_end(self.core) && !waits.running.desk().has_written {
            let (machine, stack) = waits.running.end(KILLED);
            return self.end(machine, stack);
        }
        let turn = waits.running.go_on(ground);
        self.step(turn, waits.sha)
    }

    fn step(&mut self, turn: Turn, sha: Sha) -> Step {
        match turn {
            Turn::Ended(machine, stack) => self.end(machine, stack),
            Turn::Paused(mut running, pause) => {
                if pause == Pause::Long {
                    let (origin, has_written) = (running.desk().origin, running.desk().has_written);
                    self.process.busy.show(self.core, origin, has_written);
                    if let Some(running) = running.desk().command.take() {
                        self.process.busy.set_running(Some(running));
                    }
                }
                Step::Waits(Waits {
                    running,
                    sha,
                    pause,
                })
            }
        }
    }

    fn end(&mut self, mut machine: Machine, stack: DefaultStack) -> Step {
        self.process.busy.clear(self.core);
        let reply = std::mem::take(&mut machine.desk().reply);
        self.calls.append(&mut machine.desk().calls);
        self.keep(machine, stack);
        Step::Ended(reply)
    }

    fn keep(&mut self, machine: Machine, stack: DefaultStack) {
        if self.idle.len() < KEPT {
            self.idle.push((machine, stack));
        }
    }

    /// Ends a script whose ground is gone.
    pub fn abandon(&mut self, waits: Waits) -> Step {
        let (machine, stack) = waits.running.end(UNDONE);
        self.end(machine, stack)
    }

    /// Ends a script whose run does not count.
    fn give_up(&mut self, waits: Waits) {
        self.process.busy.clear(self.core);
        let (mut machine, stack) = waits.running.end(UNDONE);
        machine.desk().calls.clear();
        self.keep(machine, stack);
    }

    fn try_begin(
        &mut self,
        start: Start<'_>,
        ground: &mut Ground<'_>,
    ) -> Result<(Turn, Sha), CommandError> {
        let wanted = Wanted::of(start)?;
        let generation = self.process.scripts.generation();
        let (mut machine, stack) = self.machine()?;
        machine.follow(generation);
        let found = self.find(&mut machine, &wanted, start);
        let (kept, flags) = match found {
            Ok(found) => found,
            Err(error) => {
                self.keep(machine, stack);
                return Err(error);
            }
        };
        let is_out_of_memory = ground.shard().is_over_limit();
        if let Err(error) = check(flags, &wanted, is_out_of_memory) {
            self.keep(machine, stack);
            return Err(error);
        }
        let mut desk = machine.desk();
        desk.db = start.db;
        desk.protocol = Protocol::Resp2;
        desk.client_protocol = start.caller.protocol;
        desk.caller = start.caller;
        desk.flags = flags;
        desk.json = Default::default();
        desk.origin = wanted.origin();
        desk.command = wanted.shown(start.args);
        desk.is_read_only = wanted.is_read_only || flags.contains(ScriptFlags::NO_WRITES);
        desk.is_out_of_memory = is_out_of_memory;
        desk.has_written = false;
        desk.ends = None;
        desk.began = Instant::now();
        desk.turn_began = desk.began;
        desk.patience = self.patience;
        let Wanted {
            sha,
            function,
            words,
            keys,
            ..
        } = wanted;
        let turn = Running::begin(machine, stack, ground, move |machine| match function {
            Some(name) => machine.run_function(kept, &name, words.as_args(), keys),
            None => machine.run_script(kept, sha, words.as_args(), keys),
        });
        Ok((turn, sha))
    }

    fn machine(&mut self) -> Result<(Machine, DefaultStack), CommandError> {
        const NO_MEMORY: CommandError = CommandError::new("ERR not enough memory");
        match self.idle.pop() {
            Some(idle) => Ok(idle),
            None => Machine::new().zip(new_stack()).ok_or(NO_MEMORY),
        }
    }

    /// The compiled script of a command.
    fn find(
        &self,
        machine: &mut Machine,
        wanted: &Wanted,
        start: Start<'_>,
    ) -> Result<(Kept, ScriptFlags), CommandError> {
        if let Some(name) = &wanted.function {
            let libraries = &self.process.libraries;
            let generation = libraries.generation();
            let (library, function) = libraries.find(name).ok_or(NO_FUNCTION)?;
            let kept = machine.function(&library, generation, name);
            let kept = kept.map_err(|why| CommandError::with(format!("ERR {why}")))?;
            return Ok((kept, function.flags));
        }
        if let Some((kept, script)) = machine.compiled(wanted.sha) {
            return Ok((kept, script.flags));
        }
        let cached = self.process.scripts.get(wanted.sha);
        let script = match (cached, names_script(start.command)) {
            (Some(script), _) => script,
            (None, true) => {
                return Err(CommandError::new(
                    "NOSCRIPT No matching script. Please use EVAL.",
                ));
            }
            (None, false) => Script::new(start.args.at(1))?,
        };
        let kept = compile(machine, wanted.sha, &script)?;
        self.process.scripts.add(wanted.sha, script.clone());
        Ok((kept, script.flags))
    }

    /// The library of `source`, which is not added yet.
    pub fn library(&mut self, source: &[u8]) -> Result<Arc<Library>, CommandError> {
        let (mut machine, stack) = self.machine()?;
        let library = library_on(&mut machine, source);
        self.keep(machine, stack);
        library
    }

    /// Compiles a script and keeps it for whoever names it (SCRIPT LOAD).
    pub fn load(&mut self, text: &[u8]) -> Result<Sha, CommandError> {
        let sha = Sha::of(text);
        let script = Script::new(text)?;
        let (mut machine, stack) = self.machine()?;
        machine.follow(self.process.scripts.generation());
        let compiled = match machine.compiled(sha) {
            Some(_) => Ok(()),
            None => compile(&mut machine, sha, &script).map(drop),
        };
        self.keep(machine, stack);
        compiled?;
        self.process.scripts.add(sha, script);
        Ok(sha)
    }

    fn is_known_to_roam(&mut self, sha: Sha) -> bool {
        let generation = self.process.scripts.generation();
        if self.generation != generation {
            self.generation = generation;
            self.roaming.clear();
        }
        self.roaming.contains(&sha)
    }
}

fn compile(machine: &mut Machine, sha: Sha, script: &Arc<Script>) -> Result<Kept, CommandError> {
    machine.compile(sha, script.clone()).map_err(|why| {
        CommandError::with(format!("ERR Error compiling script (new function): {why}"))
    })
}

/// The library of `source`, as a machine of its own sees it: for files that are loaded beside all cores.
pub fn read_library(source: &[u8]) -> Result<Arc<Library>, CommandError> {
    let mut machine = Machine::new().ok_or(CommandError::new("ERR not enough memory"))?;
    library_on(&mut machine, source)
}

fn library_on(machine: &mut Machine, source: &[u8]) -> Result<Arc<Library>, CommandError> {
    let named = Named::of(source)?;
    let functions = machine.try_library(named.code(source));
    let functions = functions.map_err(|why| CommandError::with(format!("ERR {why}")))?;
    if functions.is_empty() {
        return Err(CommandError::new("ERR No functions registered"));
    }
    Ok(Library::new(&named, source, functions))
}

/// What a script must not begin with.
fn check(flags: ScriptFlags, wanted: &Wanted, is_out_of_memory: bool) -> Result<(), CommandError> {
    if flags.contains(ScriptFlags::SILENT) {
        return Ok(());
    }
    if wanted.is_read_only && !flags.contains(ScriptFlags::NO_WRITES) {
        return Err(CommandError::new(
            "ERR Can not execute a script with write flag using *_ro command.",
        ));
    }
    let may_run_full = ScriptFlags::ALLOW_OOM | ScriptFlags::NO_WRITES;
    if is_out_of_memory && !flags.intersects(may_run_full) {
        return Err(CommandError::new(
            "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'",
        ));
    }
    Ok(())
}

/// Whether a command names a script that is known instead of bringing it.
fn names_script(command: CommandId) -> bool {
    table().row(command).name.starts_with("evalsha")
}

/// Whether a command names a function.
fn names_function(command: CommandId) -> bool {
    table().row(command).name.starts_with("fcall")
}

const NO_FUNCTION: CommandError = CommandError::new("ERR Function not found");

impl Wanted {
    fn origin(&self) -> Origin {
        match self.function {
            Some(_) => Origin::Function,
            None => Origin::Script,
        }
    }

    /// What FUNCTION STATS tells of it, should it run for long.
    fn shown(&self, args: Args<'_>) -> Option<RunningFunction> {
        let name = self.function.clone()?;
        Some(RunningFunction {
            name,
            words: OwnedArgs::copy(&args),
            began: Instant::now(),
        })
    }

    fn of(start: Start<'_>) -> Result<Wanted, CommandError> {
        let args = start.args;
        let function = names_function(start.command).then(|| args.at(1).to_vec());
        let keys = number_of_keys(&args).map_err(|why| match (&function, why) {
            (Some(_), why) if why == CommandError::NOT_AN_INTEGER => {
                CommandError::new("ERR Bad number of keys provided")
            }
            (_, why) => why,
        })?;
        let sha = match names_script(start.command) {
            false => Sha::of(args.at(1)),
            true => Sha::parse(args.at(1)).ok_or(CommandError::new(
                "NOSCRIPT No matching script. Please use EVAL.",
            ))?,
        };
        Ok(Wanted {
            sha,
            function,
            words: OwnedArgs::copy(&args.skip(3)),
            keys,
            is_read_only: table().row(start.command).name.ends_with("_ro"),
        })
    }
}

/// How many of the words behind the number are keys.
fn number_of_keys(args: &Args<'_>) -> Result<usize, CommandError> {
    let keys = engine::command::number::integer(args.at(2))?;
    let behind = args.len() - 3;
    match usize::try_from(keys) {
        Err(_) => Err(CommandError::new("ERR Number of keys can't be negative")),
        Ok(keys) if keys > behind => Err(CommandError::new(
            "ERR Number of keys can't be greater than number of args",
        )),
        Ok(keys) => Ok(keys),
    }
}

fn error_reply(error: &CommandError) -> Vec<u8> {
    let mut reply = Vec::new();
    ReplyWriter::new(&mut reply, Protocol::Resp2).error(error.line());
    reply
}

/// The pool as the engine knows it.
pub struct Shared(pub Rc<RefCell<Pool>>);

impl Programs for Shared {
    fn roams(&mut self, command: CommandId, args: &Args<'_>) -> bool {
        let mut pool = self.0.borrow_mut();
        if pool.roaming.is_empty() {
            return false;
        }
        let sha = match names_script(command) {
            true => Sha::parse(args.at(1)),
            false => Some(Sha::of(args.at(1))),
        };
        sha.is_some_and(|sha| pool.is_known_to_roam(sha))
    }

    fn run(&mut self, start: Start<'_>, ground: &mut Ground<'_>, out: &mut Vec<u8>) -> Ran {
        let mut pool = self.0.borrow_mut();
        let step = pool.begin(start, ground);
        pool.settle(step, out)
    }

    fn go_on(&mut self, ground: &mut Ground<'_>, out: &mut Vec<u8>) -> Ran {
        let mut pool = self.0.borrow_mut();
        let Some((running, sha)) = pool.paused.take() else {
            return Ran::Ended;
        };
        let waits = Waits {
            running,
            sha,
            pause: Pause::Long,
        };
        let step = pool.go_on(waits, None, ground);
        pool.settle(step, out)
    }
}

impl Pool {
    /// What the engine makes of a step on the ground of one shard.
    fn settle(&mut self, step: Step, out: &mut Vec<u8>) -> Ran {
        match step {
            Step::Ended(reply) => {
                out.extend_from_slice(&reply);
                Ran::Ended
            }
            Step::Waits(waits) if waits.pause == Pause::Long => {
                self.paused = Some((waits.running, waits.sha));
                Ran::Pauses
            }
            Step::Waits(waits) => {
                self.roaming.insert(waits.sha);
                self.give_up(waits);
                Ran::Roams
            }
        }
    }
}

/// A command that a script calls.
pub struct Called {
    /// Which.
    pub command: CommandId,
    /// Its words.
    pub args: OwnedArgs,
    /// In this database.
    pub db: DbIndex,
    /// Its reply is to be in this one.
    pub protocol: Protocol,
}

impl Waits {
    /// The call that it waits for.
    pub fn call(&mut self, command: CommandId) -> Called {
        let mut desk = self.running.desk();
        Called {
            command,
            args: std::mem::take(&mut desk.words),
            db: desk.db,
            protocol: desk.protocol,
        }
    }
}

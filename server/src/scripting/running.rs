//! A script under way, on a stack of its own.
//!
//! Invariant: one that has begun is never dropped before it has ended: its frames are Lua's, and nobody can unwind those. Whoever wants
//! to be rid of it lets it go on with the order to end.

use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::time::Duration;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use engine::order::program::Ground;
use mlua::ffi;

use super::desk::{Desk, GoOn, Pause};
use super::machine::Machine;
use super::seat::Seat;
use super::stack::Stack;

/// Bytes of address space of a script's stack; only what is used takes memory. Lua nests some 200 calls of C functions, the
/// greediest of which take 10 KiB.
const STACK: usize = 8 << 20;
/// For how long a script that pauses runs before it lets others have their turn again.
const TURN: Duration = Duration::from_millis(2);

/// How a script goes on.
type Script = Coroutine<GoOn, Pause, Machine, DefaultStack>;

/// A stack for a script, if there is memory for one.
pub(super) fn new_stack() -> Option<DefaultStack> {
    DefaultStack::new(STACK)
        .inspect_err(|why| tracing::warn!("No stack for a script: {why}"))
        .ok()
}

/// What has come of a turn.
pub(super) enum Turn {
    /// It has ended; its reply is at the desk.
    Ended(Machine, DefaultStack),
    /// It waits for a command, whose words are at the desk, or lets others have their turn.
    Paused(Running, Pause),
}

/// See the top of the file.
pub(super) struct Running {
    script: ManuallyDrop<Script>,
    desk: std::ptr::NonNull<Desk>,
}

impl Running {
    /// Begins a script on `ground`: `work` runs it to its end.
    pub(super) fn begin(
        mut machine: Machine,
        stack: DefaultStack,
        ground: &mut Ground<'_>,
        work: impl FnOnce(&mut Machine) + 'static,
    ) -> Turn {
        let desk = machine.desk().as_pointer();
        let script = Coroutine::with_stack(stack, move |yielder: &Yielder<GoOn, Pause>, go_on| {
            let mut machine = machine;
            let mut desk = machine.desk();
            desk.yielder = yielder;
            desk.go_on(go_on);
            work(&mut machine);
            desk.yielder = std::ptr::null();
            machine
        });
        let script = ManuallyDrop::new(script);
        Running { script, desk }.turn(on(ground))
    }

    /// The desk of its machine.
    pub(super) fn desk(&mut self) -> Seat {
        // SAFETY: the machine lives in the script.
        unsafe { Seat::new(self.desk) }
    }

    /// Goes on, with the reply of the command it waits for at the desk.
    pub(super) fn go_on(mut self, ground: &mut Ground<'_>) -> Turn {
        self.desk().patience = Some(TURN);
        self.desk().turn_began = std::time::Instant::now();
        self.turn(on(ground))
    }

    /// Lets it end: it hears `why` wherever it is.
    pub(super) fn end(mut self, why: &'static str) -> (Machine, DefaultStack) {
        loop {
            match self.turn(GoOn::End(why)) {
                Turn::Ended(machine, stack) => return (machine, stack),
                Turn::Paused(running, _) => self = running,
            }
        }
    }

    fn turn(mut self, go_on: GoOn) -> Turn {
        match self.script.resume(go_on) {
            CoroutineResult::Yield(pause) => Turn::Paused(self, pause),
            CoroutineResult::Return(mut machine) => {
                machine.desk().ground = std::ptr::null_mut();
                Turn::Ended(machine, ManuallyDrop::into_inner(self.script).into_stack())
            }
        }
    }
}

fn on(ground: &mut Ground<'_>) -> GoOn {
    // The script uses it only before it switches back, while the ground is borrowed by its caller.
    GoOn::On(std::ptr::from_mut(ground).cast())
}

impl Desk {
    /// Lets go of the core until somebody says how to go on.
    pub(super) fn pause(seat: &mut Seat, pause: Pause) {
        // SAFETY: a script runs, so the yielder is that of the stack it runs on.
        let yielder = unsafe { &*seat.yielder };
        let go_on = yielder.suspend(pause);
        seat.go_on(go_on);
    }

    fn go_on(&mut self, go_on: GoOn) {
        match go_on {
            GoOn::On(ground) => self.ground = ground,
            GoOn::End(why) => {
                self.ground = std::ptr::null_mut();
                self.ends = Some(why);
            }
        }
    }
}

/// What Lua calls every so many instructions.
pub(super) unsafe extern "C-unwind" fn look_at_time(
    state: *mut ffi::lua_State,
    _: *mut ffi::lua_Debug,
) {
    // SAFETY: Lua calls this with a state that lives; `machine` keeps the desk of it where `of_state` looks.
    let (stack, seat) = unsafe { (Stack::new(state), Seat::of_state(state)) };
    let Some(mut seat) = seat else { return };
    if seat.ends.is_none() && seat.is_impatient() && !seat.yielder.is_null() {
        Desk::pause(&mut seat, Pause::Long);
    }
    if seat.registered.is_some() && seat.is_impatient() {
        seat.ends = Some("FUNCTION LOAD timeout");
    }
    let Some(why) = seat.ends else { return };
    // Whatever the script catches, it hears again at its next instruction.
    const EACH: c_int = 1;
    stack.set_hook(look_at_time, EACH);
    stack.push_bytes(why.as_bytes());
    // SAFETY: nothing here has to be dropped.
    unsafe { stack.raise() }
}

impl Desk {
    fn is_impatient(&self) -> bool {
        let patience = self.patience;
        patience.is_some_and(|patience| self.turn_began.elapsed() >= patience)
    }
}

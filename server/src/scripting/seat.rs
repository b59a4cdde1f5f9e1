//! How natives reach their machine's desk, and how Lua reaches natives.
//!
//! Invariant: no reference into the desk lives while Lua or the core runs; whoever needs it takes a new one.

use std::ffi::{c_int, c_void};
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

use mlua::ffi;

use super::desk::Desk;
use super::stack::{Raised, Stack};

/// A function written here that scripts call: takes its arguments from the stack, leaves its results there and returns how many,
/// or what to raise.
pub(super) type Native = fn(&Stack, &mut Seat) -> Result<c_int, Raised>;

/// Values bound to every native: the desk and the function.
const BOUND: c_int = 2;

/// Its address names the desk among what a machine keeps.
static KEY: [u8; 1] = [0];

/// See the top of the file.
pub(super) struct Seat(NonNull<Desk>);

impl Seat {
    /// # Safety
    /// The desk outlives the seat, and the invariant of the file holds.
    pub(super) unsafe fn new(desk: NonNull<Desk>) -> Seat {
        Seat(desk)
    }

    /// Keeps where the desk is for [`Seat::of_state`].
    pub(super) fn keep(stack: &Stack, desk: NonNull<Desk>) {
        stack.push_pointer(KEY.as_ptr().cast_mut().cast());
        stack.push_pointer(desk.as_ptr().cast());
        stack.set_pair(ffi::LUA_REGISTRYINDEX);
    }

    /// The seat at the desk that was kept for the machine of `state`.
    ///
    /// # Safety
    /// The state is alive, and has room for a value.
    pub(super) unsafe fn of_state(state: *mut ffi::lua_State) -> Option<Seat> {
        // SAFETY: the caller's promise.
        let stack = unsafe { Stack::new(state) };
        stack.push_pointer(KEY.as_ptr().cast_mut().cast());
        stack.replace_by_raw(ffi::LUA_REGISTRYINDEX);
        let desk = NonNull::new(stack.pointer(-1).cast());
        stack.pop(1);
        desk.map(Seat)
    }

    pub(super) fn as_pointer(&self) -> NonNull<Desk> {
        self.0
    }

    /// Raises what Lua's own libraries raise for an argument that does not suit.
    pub(super) fn bad_argument(&mut self, number: c_int, function: &str, why: &str) -> Raised {
        use std::io::Write;
        self.text.clear();
        // Writing to memory does not fail.
        let _ = write!(self.text, "bad argument #{number} to '{function}' ({why})");
        Raised::Text
    }
}

impl Deref for Seat {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        // SAFETY: see the invariant of the file.
        unsafe { self.0.as_ref() }
    }
}

impl DerefMut for Seat {
    fn deref_mut(&mut self) -> &mut Desk {
        // SAFETY: see the invariant of the file.
        unsafe { self.0.as_mut() }
    }
}

/// Pushes a function for scripts that runs `native`.
pub(super) fn push(stack: &Stack, desk: NonNull<Desk>, native: Native) {
    stack.push_pointer(desk.as_ptr().cast());
    stack.push_pointer(native as *mut c_void);
    stack.push_native::<BOUND>(enter);
}

/// What Lua calls. Nothing here needs to be dropped when it is left by raising.
unsafe extern "C-unwind" fn enter(state: *mut ffi::lua_State) -> c_int {
    // SAFETY: Lua calls this with a state that lives, in protected mode as all that scripts do; the bound values are those of `push`.
    unsafe {
        let stack = Stack::new(state);
        let desk = stack.pointer(ffi::lua_upvalueindex(1));
        let native = stack.pointer(ffi::lua_upvalueindex(2));
        let native = std::mem::transmute::<*mut c_void, Native>(native);
        let mut seat = Seat::new(NonNull::new_unchecked(desk.cast()));
        match native(&stack, &mut seat) {
            Ok(results) => results,
            Err(raised) => {
                push_raised(&stack, &seat, raised);
                stack.raise()
            }
        }
    }
}

fn push_raised(stack: &Stack, seat: &Seat, raised: Raised) {
    match raised {
        Raised::Top => {}
        Raised::Reply(line) => {
            stack.push_table(0, 1);
            stack.push_bytes(line.as_bytes());
            stack.set_field("err");
        }
        Raised::Message(message) => {
            stack.push_place(1);
            stack.push_bytes(message.as_bytes());
            stack.join(2);
        }
        Raised::Text => {
            stack.push_place(1);
            stack.push_bytes(&seat.text);
            stack.join(2);
        }
    }
}

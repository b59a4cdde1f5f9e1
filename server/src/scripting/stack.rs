//! A Lua stack as a function that Lua calls sees it: values in, values out, without anything being copied that need not be.
//!
//! Invariant, on which all functions of this room stand: Lua leaves a function by a long jump when it runs out of memory or is
//! told to raise. So while anything here runs that may allocate, no frame above it may own what has to be dropped: whoever
//! makes bytes for Lua makes them in the [`Desk`](super::desk::Desk), which the machine owns.

use std::ffi::{c_char, c_int, c_void};

use mlua::ffi;

/// What a native raises instead of returning.
pub(super) enum Raised {
    /// A table whose `err` is this line, as the commands' errors are.
    Reply(&'static str),
    /// A message behind the place of the script that called, as the libraries' errors are.
    Message(&'static str),
    /// The value at the top of the stack.
    Top,
    /// The text in the desk's `text`, behind the place of the script that called.
    Text,
}

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Beyond the last argument.
    None,
    /// `nil`
    Nil,
    /// A truth.
    Boolean,
    /// A pointer.
    LightUserdata,
    /// A number.
    Number,
    /// Bytes.
    String,
    /// A table.
    Table,
    /// A function.
    Function,
    /// Anything else.
    Other,
}

impl Kind {
    /// As Lua's messages name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::None => "no value",
            Kind::Nil => "nil",
            Kind::Boolean => "boolean",
            Kind::LightUserdata | Kind::Other => "userdata",
            Kind::Number => "number",
            Kind::String => "string",
            Kind::Table => "table",
            Kind::Function => "function",
        }
    }
}

/// See the top of the file.
pub(super) struct Stack(*mut ffi::lua_State);

// SAFETY, for every block below: `self.0` is a state that Lua handed to the function which holds this stack; indices are those of
// values that are there, or that Lua defines to be none; `reserve` comes before pushes that are not few.
impl Stack {
    /// # Safety
    /// `state` is alive for as long as the stack is used, and runs what uses it in protected mode.
    pub(super) unsafe fn new(state: *mut ffi::lua_State) -> Stack {
        Stack(state)
    }

    /// How many values there are.
    pub(super) fn len(&self) -> c_int {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_gettop(self.0) }
    }

    /// Leaves `len` values.
    pub(super) fn truncate(&self, len: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_settop(self.0, len) }
    }

    /// Drops `count` values from the top.
    pub(super) fn pop(&self, count: c_int) {
        self.truncate(-count - 1);
    }

    /// Room for `count` more values. Returns false if there can't be so many.
    pub(super) fn reserve(&self, count: c_int) -> bool {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_checkstack(self.0, count) != 0 }
    }

    /// What is at `index`.
    pub(super) fn kind(&self, index: c_int) -> Kind {
        // SAFETY: see the top of the impl.
        match unsafe { ffi::lua_type(self.0, index) } {
            ffi::LUA_TNONE => Kind::None,
            ffi::LUA_TNIL => Kind::Nil,
            ffi::LUA_TBOOLEAN => Kind::Boolean,
            ffi::LUA_TLIGHTUSERDATA => Kind::LightUserdata,
            ffi::LUA_TNUMBER => Kind::Number,
            ffi::LUA_TSTRING => Kind::String,
            ffi::LUA_TTABLE => Kind::Table,
            ffi::LUA_TFUNCTION => Kind::Function,
            _ => Kind::Other,
        }
    }

    /// The number at `index`; strings count as the numbers they hold, other values as 0.
    pub(super) fn number(&self, index: c_int) -> f64 {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_tonumber(self.0, index) }
    }

    /// Whether the value at `index` is a number or a string that holds one.
    pub(super) fn is_number(&self, index: c_int) -> bool {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_isnumber(self.0, index) != 0 }
    }

    /// The truth of the value at `index`.
    pub(super) fn boolean(&self, index: c_int) -> bool {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_toboolean(self.0, index) != 0 }
    }

    /// The bytes of the string at `index`; a number there becomes a string. They live as long as the value is on the stack.
    pub(super) fn bytes(&self, index: c_int) -> Option<&[u8]> {
        let mut len = 0;
        // SAFETY: see the top of the impl; Lua tells how many bytes there are, and keeps them while the value is reachable.
        unsafe {
            let start = ffi::lua_tolstring(self.0, index, &mut len);
            (!start.is_null()).then(|| std::slice::from_raw_parts(start.cast(), len))
        }
    }

    /// The pointer at `index`.
    pub(super) fn pointer(&self, index: c_int) -> *mut c_void {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_touserdata(self.0, index) }
    }

    /// Pushes nil.
    pub(super) fn push_nil(&self) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_pushnil(self.0) }
    }

    /// Pushes a truth.
    pub(super) fn push_boolean(&self, value: bool) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_pushboolean(self.0, value.into()) }
    }

    /// Pushes a number.
    pub(super) fn push_number(&self, value: f64) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_pushnumber(self.0, value) }
    }

    /// Pushes a string.
    pub(super) fn push_bytes(&self, bytes: &[u8]) {
        // SAFETY: see the top of the impl; Lua copies the bytes.
        unsafe { ffi::lua_pushlstring_(self.0, bytes.as_ptr().cast(), bytes.len()) }
    }

    /// Pushes a pointer.
    pub(super) fn push_pointer(&self, pointer: *mut c_void) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_pushlightuserdata(self.0, pointer) }
    }

    /// Pushes a table with room for so many elements and fields.
    pub(super) fn push_table(&self, elements: usize, fields: usize) {
        let most = |count: usize| count.min(1 << 20) as c_int;
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_createtable(self.0, most(elements), most(fields)) }
    }

    /// Pushes the value at `index` again.
    pub(super) fn push_copy(&self, index: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_pushvalue(self.0, index) }
    }

    /// Pushes the element `number` of the table at `index`, no metatable asked.
    pub(super) fn push_element(&self, index: c_int, number: usize) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_rawgeti_(self.0, index, number as c_int) }
    }

    /// Pushes the field `name` of the table at `index`, no metatable asked.
    pub(super) fn push_field(&self, index: c_int, name: &str) {
        self.push_bytes(name.as_bytes());
        let is_from_top = index < 0 && index > ffi::LUA_REGISTRYINDEX;
        let index = if is_from_top { index - 1 } else { index };
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_rawget_(self.0, index) }
    }

    /// Replaces the key at the top by its value in the table at `index`, no metatable asked.
    pub(super) fn replace_by_raw(&self, index: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_rawget_(self.0, index) }
    }

    /// Makes the value at the top the element `number` of the table at `index`, and drops it.
    pub(super) fn set_element(&self, index: c_int, number: usize) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_rawseti_(self.0, index, number as c_int) }
    }

    /// Sets what is below the top to what is at the top in the table at `index`, and drops both.
    pub(super) fn set_pair(&self, index: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_rawset(self.0, index) }
    }

    /// Puts the value at the top in place of the one at `index`, and drops it.
    pub(super) fn replace(&self, index: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_replace(self.0, index) }
    }

    /// Makes the value at the top the field `name` of the table right below it, and drops it.
    pub(super) fn set_field(&self, name: &str) {
        self.push_bytes(name.as_bytes());
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_insert(self.0, -2) };
        self.set_pair(-3);
    }

    /// Replaces the key at the top by the next key of the table at `index` and its value. Returns false, without the key, when there
    /// is none.
    pub(super) fn next_pair(&self, index: c_int) -> bool {
        // SAFETY: see the top of the impl; keys come from this walk.
        unsafe { ffi::lua_next(self.0, index) != 0 }
    }

    /// The absolute index of what is `index` from the top.
    pub(super) fn absolute(&self, index: c_int) -> c_int {
        self.len() + index + 1
    }

    /// Pushes a native with the top `bound` values bound to it, and drops those.
    pub(super) fn push_native<const BOUND: c_int>(&self, native: ffi::lua_CFunction) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_pushcclosure(self.0, native, BOUND) }
    }

    /// Compiles `source`. Returns false with the message at the top when that fails. What is compiled already is refused.
    pub(super) fn load(&self, source: &[u8], name: &std::ffi::CStr) -> bool {
        if source.first() == ffi::LUA_SIGNATURE.first() {
            self.push_bytes(b"precompiled code is not accepted");
            return false;
        }
        let start: *const c_char = source.as_ptr().cast();
        // SAFETY: see the top of the impl.
        unsafe { ffi::luaL_loadbuffer(self.0, start, source.len(), name.as_ptr()) == ffi::LUA_OK }
    }

    /// Calls the function below its `arguments` arguments in protected mode. Errors go through the function at `handler`.
    /// Returns false with the error at the top if there was one.
    pub(super) fn call(&self, arguments: c_int, results: c_int, handler: c_int) -> bool {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_pcall(self.0, arguments, results, handler) == ffi::LUA_OK }
    }

    /// Keeps the value at the top under the number that is returned, and drops it.
    pub(super) fn keep(&self) -> c_int {
        // SAFETY: see the top of the impl.
        unsafe { ffi::luaL_ref(self.0, ffi::LUA_REGISTRYINDEX) }
    }

    /// Pushes a value that is kept.
    pub(super) fn push_kept(&self, number: c_int) {
        self.push_element(ffi::LUA_REGISTRYINDEX, number as usize);
    }

    /// Forgets a value that is kept.
    pub(super) fn forget(&self, number: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::luaL_unref(self.0, ffi::LUA_REGISTRYINDEX, number) }
    }

    /// Makes the table at the top the globals of whatever is compiled from now on, and drops it.
    pub(super) fn set_globals(&self) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_replace(self.0, ffi::LUA_GLOBALSINDEX) }
    }

    /// Pushes the place of the function `level` calls up, as messages begin with it.
    pub(super) fn push_place(&self, level: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::luaL_where(self.0, level) }
    }

    /// Joins the top `count` strings.
    pub(super) fn join(&self, count: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_concat(self.0, count) }
    }

    /// Lets `hook` run every `instructions` instructions.
    pub(super) fn set_hook(&self, hook: ffi::lua_Hook, instructions: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_sethook(self.0, Some(hook), ffi::LUA_MASKCOUNT, instructions) };
    }

    /// Collects garbage: a step of this size.
    pub(super) fn collect_some(&self, size: c_int) {
        // SAFETY: see the top of the impl.
        unsafe { ffi::lua_gc(self.0, ffi::LUA_GCSTEP, size) };
    }

    /// Raises the value at the top. Nothing that must be dropped may be alive in any frame above.
    ///
    /// # Safety
    /// As said, and Lua called the function that runs.
    pub(super) unsafe fn raise(&self) -> ! {
        // SAFETY: the caller's promise.
        unsafe { ffi::lua_error(self.0) }
    }
}

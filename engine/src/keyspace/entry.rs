//! One key with its value, packed into one allocation. The home of unsafe of the keyspace.
//!
//! ```text
//! +--------+---------------+------------+-----+-----------------------------------+---------+
//! | header | expiry        | key length | key | value                             | padding |
//! | 4      | 8, if flagged | 1 or 5     | ..  | Int: 8   inline: 1 or 5, bytes    |         |
//! |        |               |            |     | boxed: 8, address of a Box        |         |
//! +--------+---------------+------------+-----+-----------------------------------+---------+
//!
//! header, low to high: kind 4 | has expiry 1 | wheel mark 2 | epoch 1 | access clock 24
//! lengths: one byte below 255; else 255 and four bytes. All numbers little-endian.
//! ```
//!
//! Invariant: the allocation is a `Box<[u8]>` of `size_class(contents)` bytes, all of them initialized, so that its
//! layout follows from its contents and no capacity is stored.
//! Invariant: an entry has one owner, either an [`EntryBox`] or one [`Cell`] of a table.

use super::key::HashSeed;
use crate::table::cell::Cell;
use crate::table::hash::hash;
use crate::table::item::Item;
use crate::table::size_class::size_class;
use crate::time::UnixMillis;
use crate::value::string::{StringRef, StringValue};
use crate::value::{NewValue, Value, ValueMut, ValueRef};
use std::marker::PhantomData;
use std::mem;
use std::ptr::{self, NonNull};
use std::slice;

/// Longer strings are not stored inline: editing them in place shall not move the key.
const INLINE_MAX: usize = 1024;
const HEADER: usize = 4;
const LONG: u8 = u8::MAX;
/// What an entry's place in the table costs on average.
const TABLE_SHARE: usize = 9;

/// How the value is stored. Kinds from `HeapRaw` on hold the address of a box: a `Box<Vec<u8>>`, or that of the
/// collection's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Kind {
    Int = 0,
    Embedded = 1,
    InlineRaw = 2,
    HeapRaw = 3,
    List = 4,
    Hash = 5,
    Set = 6,
    SortedSet = 7,
    Stream = 8,
}

impl Kind {
    #[inline]
    fn is_boxed(self) -> bool {
        self >= Kind::HeapRaw
    }

    #[inline]
    fn is_inline(self) -> bool {
        matches!(self, Kind::Embedded | Kind::InlineRaw)
    }
}

/// What the expiry wheel knows of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum WheelMark {
    /// Nothing that counts: a position that is still there is stale.
    Absent = 0,
    /// A position at some time before the entry's expiry.
    Early = 1,
    /// A position at the entry's expiry; any other one is stale.
    Exact = 2,
}

#[derive(Clone, Copy)]
struct Header(u32);

impl Header {
    const HAS_EXPIRY: u32 = 1 << 4;
    const EPOCH: u32 = 1 << 7;

    fn new(access: u32, mark: WheelMark, epoch: bool) -> Header {
        Header((access << 8) | (u32::from(epoch) << 7) | ((mark as u32) << 5))
    }

    #[inline]
    fn kind(self) -> Kind {
        match self.0 & 15 {
            0 => Kind::Int,
            1 => Kind::Embedded,
            2 => Kind::InlineRaw,
            3 => Kind::HeapRaw,
            4 => Kind::List,
            5 => Kind::Hash,
            6 => Kind::Set,
            7 => Kind::SortedSet,
            8 => Kind::Stream,
            kind => unreachable!("no entry is stored with kind {kind}"),
        }
    }

    fn mark(self) -> WheelMark {
        match (self.0 >> 5) & 3 {
            0 => WheelMark::Absent,
            1 => WheelMark::Early,
            _ => WheelMark::Exact,
        }
    }

    fn has_expiry(self) -> bool {
        self.0 & Header::HAS_EXPIRY != 0
    }

    fn with_shape(self, kind: Kind, has_expiry: bool) -> Header {
        let flag = if has_expiry { Header::HAS_EXPIRY } else { 0 };
        Header((self.0 & !(15 | Header::HAS_EXPIRY)) | kind as u32 | flag)
    }
}

/// A value in the form it has inside an entry.
#[derive(Clone, Copy)]
enum Body<'a> {
    Word(Kind, [u8; 8]),
    Inline(Kind, &'a [u8]),
}

impl<'a> Body<'a> {
    /// Takes what it needs out of `value`; after that only the entry may own the box behind a heap kind.
    #[inline]
    fn take(value: &'a mut NewValue<'_>) -> Body<'a> {
        let is_collection =
            matches!(value, NewValue::Owned(owned) if !matches!(owned, Value::String(_)));
        if is_collection && let NewValue::Owned(owned) = mem::replace(value, NewValue::Int(0)) {
            return Body::collection(owned);
        }
        match value {
            NewValue::Int(number) => Body::int(*number),
            NewValue::Embedded(bytes) => Body::Inline(Kind::Embedded, bytes),
            NewValue::Raw(bytes) if bytes.len() <= INLINE_MAX => {
                Body::Inline(Kind::InlineRaw, bytes)
            }
            NewValue::Raw(bytes) => Body::heap(bytes.to_vec()),
            NewValue::Owned(Value::String(string)) => match string {
                StringValue::Int(number) => Body::int(*number),
                StringValue::Embedded(bytes) => Body::Inline(Kind::Embedded, bytes),
                StringValue::Raw(bytes) if bytes.len() > INLINE_MAX => Body::heap(mem::take(bytes)),
                StringValue::Raw(bytes) => Body::Inline(Kind::InlineRaw, bytes),
            },
            NewValue::Owned(_) => unreachable!("collections were taken above"),
        }
    }

    fn collection(value: Value) -> Body<'a> {
        match value {
            Value::String(_) => unreachable!("strings are stored in their own ways"),
            Value::List(list) => Body::boxed(Kind::List, list),
            Value::Hash(hash) => Body::boxed(Kind::Hash, hash),
            Value::Set(set) => Body::boxed(Kind::Set, set),
            Value::SortedSet(sorted_set) => Body::boxed(Kind::SortedSet, sorted_set),
            Value::Stream(stream) => Body::boxed(Kind::Stream, stream),
        }
    }

    fn int(number: i64) -> Body<'a> {
        Body::Word(Kind::Int, number.to_le_bytes())
    }

    fn heap(bytes: Vec<u8>) -> Body<'a> {
        Body::boxed(Kind::HeapRaw, Box::new(bytes))
    }

    fn boxed<T>(kind: Kind, value: Box<T>) -> Body<'a> {
        let address = Box::into_raw(value).expose_provenance() as u64;
        Body::Word(kind, address.to_le_bytes())
    }

    fn kind(self) -> Kind {
        match self {
            Body::Word(kind, _) | Body::Inline(kind, _) => kind,
        }
    }

    fn stored_len(self) -> usize {
        match self {
            Body::Word(..) => 8,
            Body::Inline(_, bytes) => length_len(bytes.len()) + bytes.len(),
        }
    }

    fn push_to(self, contents: &mut Vec<u8>) {
        match self {
            Body::Word(_, word) => contents.extend_from_slice(&word),
            Body::Inline(_, bytes) => push_with_length(contents, bytes),
        }
    }
}

#[inline]
fn length_len(length: usize) -> usize {
    if length < LONG as usize { 1 } else { 5 }
}

#[inline]
fn push_with_length(contents: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.len() < LONG as usize {
        contents.push(bytes.len() as u8);
    } else {
        let length =
            u32::try_from(bytes.len()).expect("keys and inline strings are shorter than 4 GiB");
        contents.push(LONG);
        contents.extend_from_slice(&length.to_le_bytes());
    }
    contents.extend_from_slice(bytes);
}

/// An entry that no table holds. Dropping it frees the entry and its value.
pub(super) struct EntryBox(NonNull<u8>);

impl EntryBox {
    /// Packs a new entry.
    pub(super) fn new(
        key: &[u8],
        mut value: NewValue<'_>,
        expiry: Option<UnixMillis>,
        access: u32,
        mark: WheelMark,
        epoch: bool,
    ) -> EntryBox {
        let header = Header::new(access, mark, epoch);
        EntryBox::pack(header, expiry, key, Body::take(&mut value))
    }

    fn pack(header: Header, expiry: Option<UnixMillis>, key: &[u8], body: Body<'_>) -> EntryBox {
        let expiry_len = if expiry.is_some() { 8 } else { 0 };
        let length = HEADER + expiry_len + length_len(key.len()) + key.len() + body.stored_len();
        let size = size_class(length);
        let mut contents = Vec::with_capacity(size);
        let header = header.with_shape(body.kind(), expiry.is_some());
        contents.extend_from_slice(&header.0.to_le_bytes());
        if let Some(expiry) = expiry {
            contents.extend_from_slice(&expiry.0.to_le_bytes());
        }
        push_with_length(&mut contents, key);
        body.push_to(&mut contents);
        contents.resize(size, 0);
        let memory = Box::into_raw(contents.into_boxed_slice()).cast::<u8>();
        // SAFETY: the address of a box is not null.
        EntryBox(unsafe { NonNull::new_unchecked(memory) })
    }

    /// A view of the entry.
    #[inline]
    pub(super) fn entry(&self) -> Entry<'_> {
        Entry(self.0, PhantomData)
    }

    /// The value and the rest that survives the entry.
    pub(super) fn detach(self) -> Detached {
        let entry = self.entry();
        let (expiry, access) = (entry.expiry(), entry.access());
        let value = match entry.header().kind() {
            kind if kind.is_boxed() => {
                // SAFETY: the entry owns the box and ends here without freeing it.
                let value = unsafe { entry.take_boxed() };
                self.free_shell();
                value
            }
            _ => entry.value().to_owned(),
        };
        Detached {
            value,
            expiry,
            access,
        }
    }

    /// Frees the allocation, not what a heap kind points to.
    fn free_shell(self) {
        let shell = mem::ManuallyDrop::new(self);
        let size = shell.entry().shell_size();
        let memory = ptr::slice_from_raw_parts_mut(shell.0.as_ptr(), size);
        // SAFETY: by the module's invariant this is the box that `pack` made, with its length.
        drop(unsafe { Box::from_raw(memory) });
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let size = self.entry().shell_size();
        // SAFETY: the allocation has this size, is initialized, and `self` owns it.
        unsafe { slice::from_raw_parts_mut(self.0.as_ptr(), size) }
    }
}

impl Drop for EntryBox {
    fn drop(&mut self) {
        let entry = self.entry();
        if entry.header().kind().is_boxed() {
            // SAFETY: the entry owns the box and ends here.
            drop(unsafe { entry.take_boxed() });
        }
        EntryBox(self.0).free_shell();
    }
}

// SAFETY: an entry owns plain bytes and vectors, and nothing refers to the thread that made them.
unsafe impl Send for EntryBox {}

// SAFETY: a cell has the address of the allocation, which stays until the cell becomes an `EntryBox` again; no edit
// changes a key.
unsafe impl Item for EntryBox {
    type Ref<'a> = Entry<'a>;
    type Mut<'a> = EntryMut<'a>;

    #[inline]
    fn into_cell(self) -> Cell {
        Cell::of(mem::ManuallyDrop::new(self).0)
    }

    #[inline]
    unsafe fn from_cell(cell: Cell) -> EntryBox {
        // SAFETY: `into_cell` made the cell.
        EntryBox(unsafe { cell.memory() })
    }

    #[inline]
    unsafe fn view<'a>(cell: Cell) -> Entry<'a> {
        // SAFETY: `into_cell` made the cell.
        Entry(unsafe { cell.memory() }, PhantomData)
    }

    #[inline]
    unsafe fn view_mut<'a>(cell: &'a mut Cell) -> EntryMut<'a> {
        EntryMut { cell }
    }

    #[inline]
    fn key<'k>(entry: &'k Entry<'_>) -> &'k [u8] {
        entry.key()
    }

    fn allocated(entry: &Entry<'_>) -> usize {
        entry.allocated() - TABLE_SHARE
    }
}

/// A key and its value, as the keyspace holds them.
#[derive(Clone, Copy)]
pub struct Entry<'a>(NonNull<u8>, PhantomData<&'a [u8]>);

impl<'a> Entry<'a> {
    /// The key.
    #[inline]
    pub fn key(&self) -> &'a [u8] {
        let (start, length) = self.run_at(self.key_at());
        self.bytes_at(start, length)
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> ValueRef<'a> {
        let at = self.value_at();
        // SAFETY: the kind tells the type of the box, which the entry owns for as long as it lives unchanged, for 'a.
        unsafe {
            match self.header().kind() {
                Kind::Int => ValueRef::String(StringRef::Int(self.read_u64(at) as i64)),
                Kind::Embedded => ValueRef::String(StringRef::Embedded(self.inline_at(at))),
                Kind::InlineRaw => ValueRef::String(StringRef::Raw(self.inline_at(at))),
                Kind::HeapRaw => ValueRef::String(StringRef::Raw(self.boxed_at::<Vec<u8>>(at))),
                Kind::List => ValueRef::List(self.boxed_at(at)),
                Kind::Hash => ValueRef::Hash(self.boxed_at(at)),
                Kind::Set => ValueRef::Set(self.boxed_at(at)),
                Kind::SortedSet => ValueRef::SortedSet(self.boxed_at(at)),
                Kind::Stream => ValueRef::Stream(self.boxed_at(at)),
            }
        }
    }

    /// When the key expires, if it does.
    #[inline]
    pub fn expiry(&self) -> Option<UnixMillis> {
        let expires = self.header().has_expiry();
        expires.then(|| UnixMillis(self.read_u64(HEADER) as i64))
    }

    /// The access clock: 24 bits of LRU time or LFU counter.
    #[inline]
    pub fn access(&self) -> u32 {
        self.header().0 >> 8
    }

    /// The snapshot epoch the entry was last written in.
    #[inline]
    pub fn epoch(&self) -> bool {
        self.header().0 & Header::EPOCH != 0
    }

    /// Whether it is a hash with fields that are due at `now`.
    #[inline]
    pub fn has_due_fields(&self, now: UnixMillis) -> bool {
        self.header().kind() == Kind::Hash
            && matches!(self.value(), ValueRef::Hash(hash) if hash.has_due(now))
    }

    /// Bytes of memory the key takes, with its value and its share of the table.
    pub fn allocated(&self) -> usize {
        let heap = if self.header().kind() == Kind::HeapRaw {
            // SAFETY: the entry owns a box of this type and lives unchanged.
            let bytes: &Vec<u8> = unsafe { self.boxed_at(self.value_at()) };
            size_of::<Vec<u8>>() + size_class(bytes.capacity())
        } else {
            self.value().collection_bytes()
        };
        self.shell_size() + heap + TABLE_SHARE
    }

    #[inline]
    pub(super) fn mark(&self) -> WheelMark {
        self.header().mark()
    }

    #[inline]
    pub(super) fn hash(&self, seed: HashSeed) -> u64 {
        hash(self.key(), seed)
    }

    #[inline]
    fn header(&self) -> Header {
        let bytes = self.bytes_at(0, HEADER);
        Header(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    #[inline]
    fn key_at(&self) -> usize {
        if self.header().has_expiry() {
            HEADER + 8
        } else {
            HEADER
        }
    }

    #[inline]
    fn value_at(&self) -> usize {
        let (start, length) = self.run_at(self.key_at());
        start + length
    }

    fn shell_size(&self) -> usize {
        let at = self.value_at();
        size_class(if self.header().kind().is_inline() {
            let (start, length) = self.run_at(at);
            start + length
        } else {
            at + 8
        })
    }

    /// Start and length of the bytes whose length is stored at `at`.
    #[inline]
    fn run_at(&self, at: usize) -> (usize, usize) {
        match self.bytes_at(at, 1)[0] {
            LONG => {
                let length = self.bytes_at(at + 1, 4).try_into().expect("four bytes");
                (at + 5, u32::from_le_bytes(length) as usize)
            }
            length => (at + 1, length as usize),
        }
    }

    #[inline]
    fn inline_at(&self, at: usize) -> &'a [u8] {
        let (start, length) = self.run_at(at);
        self.bytes_at(start, length)
    }

    /// # Safety
    /// The entry's kind is boxed, its box is of type `T`, and nobody changes it during `'a`.
    #[inline]
    unsafe fn boxed_at<T>(&self, at: usize) -> &'a T {
        let address = self.read_u64(at) as usize;
        // SAFETY: `Body::boxed` exposed the address; the rest is the caller's promise.
        unsafe { &*ptr::with_exposed_provenance::<T>(address) }
    }

    /// The value of a boxed kind.
    ///
    /// # Safety
    /// The caller owns the entry and lets it end without freeing the box again.
    unsafe fn take_boxed(&self) -> Value {
        let address = self.read_u64(self.value_at()) as usize;
        // SAFETY: `Body::boxed` exposed the address of a box of the kind's type, which only this entry owns.
        unsafe {
            match self.header().kind() {
                Kind::HeapRaw => Value::String(StringValue::Raw(*reboxed::<Vec<u8>>(address))),
                Kind::List => Value::List(reboxed(address)),
                Kind::Hash => Value::Hash(reboxed(address)),
                Kind::Set => Value::Set(reboxed(address)),
                Kind::SortedSet => Value::SortedSet(reboxed(address)),
                Kind::Stream => Value::Stream(reboxed(address)),
                kind => unreachable!("{kind:?} has no box"),
            }
        }
    }

    #[inline]
    fn read_u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes_at(at, 8).try_into().expect("eight bytes"))
    }

    /// Callers stay within what the header and the lengths in the entry describe.
    #[inline]
    fn bytes_at(&self, at: usize, length: usize) -> &'a [u8] {
        // SAFETY: `pack` initialized all bytes that header and lengths describe; they stay unchanged during 'a.
        unsafe { slice::from_raw_parts(self.0.as_ptr().add(at), length) }
    }
}

/// # Safety
/// The address is that of a box of `T`, exposed when it was given up, and nobody else makes a box of it.
unsafe fn reboxed<T>(address: usize) -> Box<T> {
    // SAFETY: the caller's promise.
    unsafe { Box::from_raw(ptr::with_exposed_provenance_mut(address)) }
}

/// An entry that may be changed. Changes that need another allocation move the entry and update the table.
pub struct EntryMut<'a> {
    cell: &'a mut Cell,
}

/// Where the table keeps an entry, for guards that come back to it.
#[derive(Clone, Copy, Debug)]
pub struct Place(NonNull<Cell>);

impl Place {
    /// The entry kept here.
    ///
    /// # Safety
    /// No key has come or gone since the place was taken, and nobody changes the table for 'a.
    #[inline]
    pub unsafe fn entry<'a>(self) -> Entry<'a> {
        // SAFETY: the table has not moved its cells; each owns a live entry, which stays as it is for 'a.
        unsafe { EntryBox::view(*self.0.as_ref()) }
    }

    /// The entry kept here, for changes.
    ///
    /// # Safety
    /// No key has come or gone since the place was taken, and nobody else looks at the table for 'a.
    #[inline]
    pub unsafe fn entry_mut<'a>(mut self) -> EntryMut<'a> {
        // SAFETY: the table has not moved its cells, and the caller keeps it borrowed exclusively.
        let cell = unsafe { self.0.as_mut() };
        EntryMut { cell }
    }
}

impl<'a> EntryMut<'a> {
    /// Where the entry is kept.
    #[inline]
    pub fn place(self) -> Place {
        Place(NonNull::from(self.cell))
    }

    /// The entry for reading.
    #[inline]
    pub fn entry(&self) -> Entry<'_> {
        // SAFETY: the cell owns a live entry, which is not changed while `self` is borrowed.
        unsafe { EntryBox::view(*self.cell) }
    }

    /// The entry for reading, for as long as the table is borrowed.
    #[inline]
    pub fn into_entry(self) -> Entry<'a> {
        let cell: &'a Cell = self.cell;
        // SAFETY: the cell owns a live entry, which nobody can change while the table is borrowed, which is for 'a.
        unsafe { EntryBox::view(*cell) }
    }

    /// The key.
    pub fn key(&self) -> &[u8] {
        self.entry().key()
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> ValueRef<'_> {
        self.entry().value()
    }

    /// When the key expires, if it does.
    pub fn expiry(&self) -> Option<UnixMillis> {
        self.entry().expiry()
    }

    /// The access clock, 24 bits.
    pub fn access(&self) -> u32 {
        self.entry().access()
    }

    /// The snapshot epoch the entry was last written in.
    pub fn epoch(&self) -> bool {
        self.entry().epoch()
    }

    /// Bytes of memory, as [`Entry::allocated`].
    pub fn allocated(&self) -> usize {
        self.entry().allocated()
    }

    /// Sets the access clock; its upper 8 bits are dropped.
    #[inline]
    pub fn set_access(&mut self, access: u32) {
        let header = self.entry().header();
        self.write_header(Header((header.0 & 255) | (access << 8)));
    }

    /// Sets the snapshot epoch.
    pub fn set_epoch(&mut self, epoch: bool) {
        let header = self.entry().header();
        let bit = if epoch { Header::EPOCH } else { 0 };
        self.write_header(Header((header.0 & !Header::EPOCH) | bit));
    }

    /// Makes the value an integer, in place if it is one already.
    pub fn set_int(&mut self, number: i64) {
        if self.entry().header().kind() == Kind::Int {
            let at = self.entry().value_at();
            self.own(|shell| shell.bytes_mut()[at..at + 8].copy_from_slice(&number.to_le_bytes()));
        } else {
            self.set_value(NewValue::Int(number));
        }
    }

    /// The string's bytes for editing, after which it is a "raw" string. Long strings are edited where they are.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        EntryMut { cell: self.cell }.into_bytes_mut()
    }

    /// As [`EntryMut::bytes_mut`], for as long as the table is borrowed.
    pub fn into_bytes_mut(mut self) -> &'a mut Vec<u8> {
        if self.entry().header().kind() != Kind::HeapRaw {
            let ValueRef::String(string) = self.value() else {
                unreachable!("only the bytes of strings are asked for")
            };
            let body = Body::heap(string.to_vec());
            self.set_body(self.entry().expiry(), body);
        }
        // SAFETY: the entry is of kind HeapRaw by now.
        unsafe { self.into_boxed_mut() }
    }

    /// The collection, for changes in place and for as long as the table is borrowed; `None` for a string.
    #[inline]
    pub fn into_value_mut(self) -> Option<ValueMut<'a>> {
        // SAFETY: the kind tells the type of the box.
        unsafe {
            Some(match self.entry().header().kind() {
                Kind::Int | Kind::Embedded | Kind::InlineRaw | Kind::HeapRaw => return None,
                Kind::List => ValueMut::List(self.into_boxed_mut()),
                Kind::Hash => ValueMut::Hash(self.into_boxed_mut()),
                Kind::Set => ValueMut::Set(self.into_boxed_mut()),
                Kind::SortedSet => ValueMut::SortedSet(self.into_boxed_mut()),
                Kind::Stream => ValueMut::Stream(self.into_boxed_mut()),
            })
        }
    }

    /// # Safety
    /// The entry's kind is boxed and its box is of type `T`.
    #[inline]
    unsafe fn into_boxed_mut<T>(self) -> &'a mut T {
        let entry = self.entry();
        let address = entry.read_u64(entry.value_at()) as usize;
        // SAFETY: the entry owns the box with this exposed address, and `self` borrows the entry exclusively for 'a.
        unsafe { &mut *ptr::with_exposed_provenance_mut::<T>(address) }
    }

    /// Takes the value out and leaves the number 0 in its place.
    pub(super) fn take_value(&mut self) -> Value {
        let old = self.entry();
        let zero = EntryBox::pack(old.header(), old.expiry(), old.key(), Body::int(0));
        self.exchange(zero).detach().value
    }

    /// Replaces the value and keeps the rest.
    pub fn set_value(&mut self, mut value: NewValue<'_>) {
        let expiry = self.expiry();
        self.set_body(expiry, Body::take(&mut value));
    }

    /// Replaces value, expiry and access clock at once.
    #[inline]
    pub(super) fn replace(
        &mut self,
        mut value: NewValue<'_>,
        expiry: Option<UnixMillis>,
        access: u32,
    ) {
        self.set_access(access);
        self.set_body(expiry, Body::take(&mut value));
    }

    pub(super) fn mark(&self) -> WheelMark {
        self.entry().mark()
    }

    pub(super) fn set_mark(&mut self, mark: WheelMark) {
        let header = self.entry().header();
        self.write_header(Header((header.0 & !(3 << 5)) | ((mark as u32) << 5)));
    }

    pub(super) fn set_expiry(&mut self, expiry: Option<UnixMillis>) {
        let entry = self.entry();
        match (entry.header().has_expiry(), expiry) {
            (false, None) => {}
            (true, Some(expiry)) => self.own(|shell| {
                shell.bytes_mut()[HEADER..HEADER + 8].copy_from_slice(&expiry.0.to_le_bytes());
            }),
            _ => {
                let at = entry.value_at();
                let body = match entry.header().kind() {
                    kind if kind.is_inline() => Body::Inline(kind, entry.inline_at(at)),
                    kind => Body::Word(kind, entry.read_u64(at).to_le_bytes()),
                };
                let moved = EntryBox::pack(entry.header(), expiry, entry.key(), body);
                self.exchange(moved).free_shell();
            }
        }
    }

    fn write_header(&mut self, header: Header) {
        self.own(|shell| {
            // SAFETY: the allocation starts with the header, and the cell's exclusive borrow makes this the only access.
            unsafe { shell.0.cast::<[u8; HEADER]>().write(header.0.to_le_bytes()) }
        });
    }

    /// Drops the old value and writes the new one, into the same allocation if that has the right size.
    fn set_body(&mut self, expiry: Option<UnixMillis>, body: Body<'_>) {
        let entry = self.entry();
        let header = entry.header();
        let at = entry.value_at();
        let fits = header.has_expiry() == expiry.is_some()
            && !header.kind().is_boxed()
            && size_class(at + body.stored_len()) == entry.shell_size();
        if !fits {
            let moved = EntryBox::pack(header, expiry, entry.key(), body);
            drop(self.exchange(moved));
            return;
        }
        self.own(|shell| {
            let memory = shell.bytes_mut();
            memory[..HEADER].copy_from_slice(
                &header
                    .with_shape(body.kind(), expiry.is_some())
                    .0
                    .to_le_bytes(),
            );
            if let Some(expiry) = expiry {
                memory[HEADER..HEADER + 8].copy_from_slice(&expiry.0.to_le_bytes());
            }
            write_body(&mut memory[at..], body);
        });
    }

    /// Lends the entry out as if the cell did not own it.
    #[inline]
    fn own<R>(&mut self, edit: impl FnOnce(&mut EntryBox) -> R) -> R {
        // SAFETY: the cell owns a live entry and is exclusively borrowed; ManuallyDrop leaves it its owner.
        let mut shell = mem::ManuallyDrop::new(unsafe { EntryBox::from_cell(*self.cell) });
        edit(&mut shell)
    }

    fn exchange(&mut self, entry: EntryBox) -> EntryBox {
        let old = mem::replace(self.cell, entry.into_cell());
        // SAFETY: the old cell owned a live entry and has just been overwritten.
        unsafe { EntryBox::from_cell(old) }
    }
}

fn write_body(memory: &mut [u8], body: Body<'_>) {
    match body {
        Body::Word(_, word) => memory[..8].copy_from_slice(&word),
        Body::Inline(_, bytes) => {
            let start = length_len(bytes.len());
            if start == 1 {
                memory[0] = bytes.len() as u8;
            } else {
                memory[0] = LONG;
                memory[1..5].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
            }
            memory[start..start + bytes.len()].copy_from_slice(bytes);
        }
    }
}

/// What is left of a key that was removed.
#[derive(Debug, Clone)]
pub struct Detached {
    /// The value.
    pub value: Value,
    /// When the key would have expired.
    pub expiry: Option<UnixMillis>,
    /// The access clock, 24 bits.
    pub access: u32,
}

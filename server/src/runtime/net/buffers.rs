//! The memory sockets receive into, handed to the kernel as a ring of provided buffers.
//!
//! ```text
//! entries (page aligned, one mapping):  | 0: addr len bid tail | 1: addr len bid - | .. | most-1 |     16 bytes each
//! memory (another mapping):             | buffer 0 | buffer 1 | ..                | buffer most-1 |
//! ```
//!
//! The tail is a counter modulo 2^16 that lives in the padding of entry 0 (see io_uring_register_buf_ring(3)).
//!
//! The kernel takes buffers in ring order, so each buffer in the ring is touched sooner or later. To keep an idle core
//! small only some are put into the ring at first; running out of them doubles their number, up to `most`.
//!
//! Invariant: a buffer is either in the ring (the kernel may write to it) or out (we may read it), never both.

use super::ring::Ring;
use io_uring::types::BufRingEntry;
use rustix::mm::{Advice, MapFlags, ProtFlags};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, Ordering};

/// The only group of provided buffers on our ring.
pub(super) const GROUP: u16 = 0;

pub(super) struct Buffers {
    entries: Mapping,
    memory: Mapping,
    /// Bytes of one buffer.
    size: usize,
    /// Entries of the ring, a power of two.
    most: u16,
    /// Buffers that have ever been put into the ring: ids below this.
    known: u16,
    tail: u16,
}

impl Buffers {
    /// # Errors
    /// No memory, or the kernel refuses the registration.
    pub(super) fn new(ring: &Ring, size: usize, first: u16, most: u16) -> std::io::Result<Self> {
        let most = most.clamp(1, 1 << 14).next_power_of_two();
        let entries = Mapping::new(usize::from(most) * size_of::<BufRingEntry>())?;
        let memory = Mapping::new(usize::from(most) * size)?;
        // SAFETY: page-aligned zeroed memory for `most` entries; `Net` keeps it mapped until the ring is gone.
        unsafe {
            ring.submitter().register_buf_ring_with_flags(
                entries.start.as_ptr().expose_provenance() as u64,
                most,
                GROUP,
                0,
            )?;
        }
        let mut buffers = Buffers {
            entries,
            memory,
            size,
            most,
            known: 0,
            tail: 0,
        };
        buffers.add(first);
        buffers.publish();
        Ok(buffers)
    }

    /// The first `len` bytes of buffer `id`, which the kernel has just filled and handed out.
    pub(super) fn bytes(&self, id: u16, len: usize) -> &[u8] {
        if id >= self.known {
            return &[];
        }
        // SAFETY: inside the mapping, zeroed at first and since then written by the kernel only; the buffer is out of the
        // ring until `give_back`, which needs `&mut self` and so ends this borrow.
        unsafe {
            let start = self.memory.start.as_ptr().add(usize::from(id) * self.size);
            std::slice::from_raw_parts(start, len.min(self.size))
        }
    }

    /// Puts a buffer back into the ring; the kernel sees it after [`Buffers::publish`].
    pub(super) fn give_back(&mut self, id: u16) {
        if id < self.known {
            self.place(id);
        }
    }

    /// Doubles the number of buffers, if there may be more.
    pub(super) fn grow(&mut self) {
        self.add(self.known.max(1));
    }

    /// Lets the kernel see what was given back.
    pub(super) fn publish(&mut self) {
        // SAFETY: the tail of entry 0 is in the mapping, aligned to 2, and touched through atomics only; we are its only
        // writer.
        let tail = unsafe {
            let tail = BufRingEntry::tail(self.entries.start.as_ptr().cast::<BufRingEntry>());
            AtomicU16::from_ptr(tail.cast_mut())
        };
        tail.store(self.tail, Ordering::Release);
    }

    fn add(&mut self, count: u16) {
        for _ in 0..count.min(self.most - self.known) {
            let id = self.known;
            self.known += 1;
            self.place(id);
        }
    }

    fn place(&mut self, id: u16) {
        let index = usize::from(self.tail & (self.most - 1));
        // SAFETY: both addresses are inside their mappings. At most `most` buffers exist and none is in the ring twice, so
        // the entry at the tail is not one the kernel still has to read. Its tail field is not touched here.
        unsafe {
            let start = self.memory.start.as_ptr().add(usize::from(id) * self.size);
            let entry = &mut *self
                .entries
                .start
                .as_ptr()
                .cast::<BufRingEntry>()
                .add(index);
            entry.set_addr(start.expose_provenance() as u64);
            entry.set_len(self.size as u32);
            entry.set_bid(id);
        }
        self.tail = self.tail.wrapping_add(1);
    }

    /// Never unmaps: for a ring that did not give everything back.
    pub(super) fn leak(&mut self) {
        self.entries.len = 0;
        self.memory.len = 0;
    }
}

/// Private zeroed pages, there on first touch.
struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

impl Mapping {
    fn new(len: usize) -> std::io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping at an address the kernel chooses overlaps nothing.
        let start =
            unsafe { rustix::mm::mmap_anonymous(std::ptr::null_mut(), len, access, flags)? };
        let start = NonNull::new(start.cast::<u8>()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        let mapping = Mapping { start, len };
        // A huge page would make the first byte cost 2 MiB. Kernels without huge pages refuse the advice, which is as good.
        // SAFETY: advice about our own mapping that does not change its contents.
        let _ = unsafe {
            rustix::mm::madvise(
                start.as_ptr().cast::<c_void>(),
                len,
                Advice::LinuxNoHugepage,
            )
        };
        Ok(mapping)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: the whole mapping, to which no reference is left: borrows of `Buffers` have ended, and the kernel's
            // use ended with the ring.
            let _ = unsafe { rustix::mm::munmap(self.start.as_ptr().cast::<c_void>(), self.len) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_grow_to_their_limit_and_no_further() {
        let ring = Ring::new(8).unwrap();
        let mut buffers = Buffers::new(&ring, 4096, 4, 16).unwrap();
        assert_eq!((buffers.known, buffers.tail), (4, 4));
        buffers.grow();
        buffers.grow();
        buffers.grow();
        assert_eq!((buffers.known, buffers.tail), (16, 16));
        assert_eq!(buffers.bytes(15, 9999).len(), 4096);
        assert!(buffers.bytes(16, 1).is_empty());
        buffers.give_back(99);
        assert_eq!(buffers.tail, 16);
    }
}

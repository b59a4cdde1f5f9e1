//! The global allocator: jemalloc with size classes of 8 bytes up to 64, and what it tells about memory.
//!
//! The classes come from LG_QUANTUM=3, set in `.cargo/config.toml` when jemalloc is built. With that quantum a plain
//! allocation is aligned to 8 bytes only, so every greater alignment is asked for explicitly.
//!
//! Each core allocates from an arena of its own ([`use_own_arena`]); all other threads share the one automatic arena.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{c_char, c_int, c_void};
use tikv_jemalloc_ctl::thread::ThreadLocal;
use tikv_jemalloc_ctl::{epoch, raw, stats, thread};
use tikv_jemalloc_sys as jemalloc;

/// What jemalloc guarantees without being asked: 1 << LG_QUANTUM.
const PLAIN_ALIGN: usize = 8;

/// Defaults of jemalloc, read by it before main; `_RJEM_MALLOC_CONF` in the environment overrides them. One automatic arena,
/// no threads behind our back, unused pages returned after about a second.
// SAFETY: the name and type jemalloc declares for its options: a pointer to a C string.
#[unsafe(export_name = "_rjem_malloc_conf")]
static OPTIONS: &c_char = {
    const TEXT: &std::ffi::CStr =
        c"narenas:1,background_thread:false,dirty_decay_ms:1000,muzzy_decay_ms:0,abort_conf:false";
    // SAFETY: points to the first byte of a static string.
    unsafe { &*TEXT.as_ptr() }
};

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// jemalloc as Rust's allocator.
struct Jemalloc;

fn flags(layout: Layout) -> c_int {
    if layout.align() <= PLAIN_ALIGN {
        0
    } else {
        layout.align().trailing_zeros() as c_int
    }
}

// SAFETY: jemalloc returns blocks of at least the size asked for. Their alignment is at least 8, or what the flags ask for;
// the same flags go with the block until it is freed. Nothing here unwinds.
unsafe impl GlobalAlloc for Jemalloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = match flags(layout) {
            // SAFETY: the caller passes a size above 0.
            0 => unsafe { jemalloc::malloc(layout.size()) },
            // SAFETY: as above.
            flags => unsafe { jemalloc::mallocx(layout.size(), flags) },
        };
        block.cast()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = match flags(layout) {
            // SAFETY: the caller passes a size above 0.
            0 => unsafe { jemalloc::calloc(1, layout.size()) },
            // SAFETY: as above.
            flags => unsafe { jemalloc::mallocx(layout.size(), flags | jemalloc::MALLOCX_ZERO) },
        };
        block.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller passes a block of this allocator with the layout it was made for.
        unsafe { jemalloc::sdallocx(block.cast::<c_void>(), layout.size(), flags(layout)) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller passes a block of this allocator and a size above 0.
        unsafe { jemalloc::rallocx(block.cast::<c_void>(), size, flags(layout)).cast() }
    }
}

thread_local! {
    static COUNTERS: Option<(ThreadLocal<u64>, ThreadLocal<u64>)> =
        thread::allocatedp::read().ok().zip(thread::deallocatedp::read().ok());
}

/// Bytes this thread has allocated less those it has freed, whoever allocated them. Exact and as cheap as two loads; below 0
/// on a thread that frees what others allocated.
pub fn thread_allocated() -> i64 {
    COUNTERS.with(|counters| {
        counters.map_or(0, |(allocated, freed)| {
            allocated.get().wrapping_sub(freed.get()) as i64
        })
    })
}

/// Bytes the block for a request of `size` bytes really has. `size` is above 0.
pub fn block_size(size: usize) -> usize {
    // SAFETY: no requirement but a size above 0.
    unsafe { jemalloc::nallocx(size.max(1), 0) }
}

/// What the allocator holds, in bytes, at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// In blocks the program has.
    pub allocated: usize,
    /// In pages with at least one such block.
    pub active: usize,
    /// In pages the kernel backs with memory for the allocator.
    pub resident: usize,
}

/// All figures of one moment. Takes the allocator's locks: for reports, not in a command.
pub fn figures() -> Figures {
    if epoch::advance().is_err() {
        return Figures::default();
    }
    Figures {
        allocated: stats::allocated::read().unwrap_or(0),
        active: stats::active::read().unwrap_or(0),
        resident: stats::resident::read().unwrap_or(0),
    }
}

/// Resident bytes of the whole process, from /proc; 0 without it.
pub fn rss() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split(' ')
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * rustix::param::page_size()
}

/// The allocator's own report about itself, for people.
pub fn report() -> Vec<u8> {
    let mut text = Vec::new();
    // The writer is a vector and cannot fail.
    let _ = tikv_jemalloc_ctl::stats_print::stats_print(&mut text, Default::default());
    text
}

/// The allocator and its version, as INFO names it.
pub fn name() -> String {
    let version = tikv_jemalloc_ctl::version::read().unwrap_or_default();
    format!("jemalloc-{}", version.split('-').next().unwrap_or_default())
}

/// Returns all unused pages to the kernel now.
pub fn purge() {
    // SAFETY: a command without arguments; 4096 stands for all arenas.
    unsafe {
        jemalloc::mallctl(
            c"arena.4096.purge".as_ptr(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
        );
    }
}

/// Makes this thread allocate from an arena nobody else uses. Without one, if there is no memory for it.
pub(super) fn use_own_arena() {
    // SAFETY: `arenas.create` returns and `thread.arena` takes an `unsigned`.
    unsafe {
        if let Ok(arena) = raw::read::<u32>(b"arenas.create\0") {
            let _ = raw::write(b"thread.arena\0", arena);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_classes_are_eight_bytes_apart() {
        let classes = [(1, 8), (17, 24), (33, 40), (49, 56), (56, 56), (57, 64)];
        for (size, class) in classes {
            assert_eq!(
                block_size(size),
                class,
                "is JEMALLOC_SYS_WITH_LG_QUANTUM=3 in force?"
            );
        }
    }

    #[test]
    fn options_are_in_force() {
        assert!(!tikv_jemalloc_ctl::opt::background_thread::read().unwrap());
        // SAFETY: the types of these options in jemalloc's manual.
        let (arenas, decay) = unsafe {
            (
                raw::read::<u32>(b"opt.narenas\0").unwrap(),
                raw::read::<isize>(b"opt.dirty_decay_ms\0").unwrap(),
            )
        };
        assert_eq!((arenas, decay), (1, 1000));
    }

    #[test]
    fn great_alignments_are_kept() {
        for align in [1, 8, 16, 64, 4096] {
            for size in [1, 24, 40, 56, 100, 5000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: a layout of more than 0 bytes; each block is resized and freed with the layout it has.
                unsafe {
                    let block = ALLOCATOR.alloc_zeroed(layout);
                    assert!(!block.is_null() && block.addr().is_multiple_of(align));
                    assert_eq!(*block, 0);
                    *block = 7;
                    let block = ALLOCATOR.realloc(block, layout, size * 3);
                    assert!(!block.is_null() && block.addr().is_multiple_of(align));
                    assert_eq!(*block, 7);
                    let layout = Layout::from_size_align(size * 3, align).unwrap();
                    ALLOCATOR.dealloc(block, layout);
                }
            }
        }
    }

    #[test]
    fn a_thread_counts_its_blocks() {
        std::thread::spawn(|| {
            use_own_arena();
            let before = thread_allocated();
            let block = vec![1u8; 100_000];
            let grown = thread_allocated() - before;
            assert_eq!(grown, block_size(100_000) as i64);
            drop(block);
            assert_eq!(thread_allocated(), before);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn figures_are_plausible() {
        let block = vec![1u8; 32 << 20];
        let figures = figures();
        assert!(figures.allocated >= block.len());
        assert!(figures.active >= figures.allocated && figures.resident >= figures.active);
        assert!(rss() >= block.len());
        drop(block);
        purge();
        assert!(super::figures().allocated < figures.allocated);
    }
}

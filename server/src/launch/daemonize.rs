//! Leaves the terminal and goes on in the background.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsRawFd;

/// Goes on in a child process with a session of its own and without a terminal; the parent ends with status 0.
///
/// Standard input, output and error are `/dev/null` afterwards. To be called while there is one thread only.
///
/// # Errors
/// The process cannot be forked; nothing has changed.
pub fn daemonize() -> io::Result<()> {
    // SAFETY: the process has one thread (see the room's invariant), so the child gets all locks in a usable state.
    match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {}
        // SAFETY: ends the parent without running handlers, which belong to the child now.
        _ => unsafe { libc::_exit(0) },
    }
    // SAFETY: takes no arguments; it cannot fail in a fresh child, which leads no group.
    unsafe { libc::setsid() };
    detach_streams();
    Ok(())
}

/// A machine without `/dev/null` keeps its streams.
fn detach_streams() {
    let Ok(null) = OpenOptions::new().read(true).write(true).open("/dev/null") else {
        return;
    };
    for stream in [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: `null` is open for the whole loop, and the standard streams are owned by nobody who could be surprised.
        unsafe { libc::dup2(null.as_raw_fd(), stream) };
    }
}

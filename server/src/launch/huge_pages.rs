//! Transparent huge pages: memory in units of 2 MiB makes copying on write and returning of memory slow.

/// Turns them off for this process. Kernels without them have nothing to turn off.
pub fn turn_off() {
    // SAFETY: PR_SET_THP_DISABLE reads its second argument only and touches no memory of ours.
    let result = unsafe { libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0) };
    if result != 0 {
        tracing::debug!(
            "Transparent huge pages stay on: {}",
            std::io::Error::last_os_error()
        );
    }
}

//! The C library's allocator, shared with libvirt.

/// Has all threads allocate in one place. Otherwise glibc keeps a heap for each thread, and what one thread asks for
/// and another frees (a definition, a snapshot) leaves holes in all of them: a third of what the program holds.
pub(super) fn one_heap() {
    // SAFETY: sets a number in the allocator, under its own lock; heaps that are already in use stay valid.
    #[cfg(target_env = "gnu")]
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

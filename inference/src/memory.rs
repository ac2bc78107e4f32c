//! Snapshots of a guest's memory, mapped copy-on-write into instances.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

/// Granularity of the sparse form, in bytes.
pub(crate) const PAGE: usize = 4096;

/// Memory as it was after loading, in a file without a name. Zero pages are
/// holes; an instance shares the others until it writes to them.
#[derive(Debug)]
pub(crate) struct Snapshot {
    file: File,
    len: usize,
}

impl Snapshot {
    /// An empty snapshot of `len` zero bytes, a multiple of [`PAGE`].
    pub(crate) fn new(len: usize) -> io::Result<Snapshot> {
        let file = anonymous_file()?;
        file.set_len(len as u64)?;
        Ok(Snapshot { file, len })
    }

    /// The first `len` bytes of a file that nobody writes to, a multiple of [`PAGE`].
    pub(crate) fn from_file(file: File, len: usize) -> Snapshot {
        Snapshot { file, len }
    }

    /// Copies the pages that hold anything.
    pub(crate) fn of(memory: &[u8]) -> io::Result<Snapshot> {
        let snapshot = Snapshot::new(memory.len())?;
        for (index, page) in memory.chunks(PAGE).enumerate() {
            if page.iter().any(|byte| *byte != 0) {
                snapshot.write_page(index, page)?;
            }
        }
        Ok(snapshot)
    }

    /// Length of the memory, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn write_page(&self, index: usize, page: &[u8]) -> io::Result<()> {
        self.file.write_all_at(page, (index * PAGE) as u64)
    }

    pub(crate) fn read_page(&self, index: usize, page: &mut [u8; PAGE]) -> io::Result<()> {
        self.file.read_exact_at(page, (index * PAGE) as u64)
    }

    /// Replaces the memory at `base` by a private view of this snapshot.
    ///
    /// # Safety
    /// `base` must be the page-aligned start of an anonymous mapping of at least
    /// [`Snapshot::len`] accessible bytes that nothing borrows, and whoever unmaps
    /// it must unmap this range with it.
    pub(crate) unsafe fn map_over(&self, base: *mut u8) -> io::Result<()> {
        // SAFETY: the caller gives the range; a fixed private mapping replaces
        // its pages and nothing else.
        let mapped = unsafe {
            libc::mmap(
                base.cast(),
                self.len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_FIXED,
                self.file.as_raw_fd(),
                0,
            )
        };
        if mapped == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl Snapshot {
    /// Takes back what was written to a view made by [`Snapshot::map_over`]; false
    /// where the system cannot.
    ///
    /// # Safety
    /// `base` must be that of the view, which nothing borrows.
    pub(crate) unsafe fn rewind(&self, base: *mut u8) -> bool {
        // On Linux a private page that is given up is read from the file again.
        // SAFETY: the range is a private mapping of the caller's.
        cfg!(target_os = "linux") && unsafe { libc::madvise(base.cast(), self.len, libc::MADV_DONTNEED) } == 0
    }
}

#[cfg(target_os = "linux")]
fn anonymous_file() -> io::Result<File> {
    use std::os::fd::FromRawFd;
    // SAFETY: the name is a C string; the call takes nothing else.
    let fd = unsafe { libc::memfd_create(c"inference-image".as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave this descriptor to us alone.
    Ok(unsafe { File::from_raw_fd(fd) })
}

#[cfg(not(target_os = "linux"))]
fn anonymous_file() -> io::Result<File> {
    tempfile::tempfile()
}

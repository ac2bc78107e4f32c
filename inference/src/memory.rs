//! Snapshots of a guest's memory, mapped copy-on-write into instances.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::LazyLock;

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
        // Copying a page back takes a fraction of the fault on the next write to it.
        if let Some(written) = written_pages(base, self.len / PAGE).filter(|written| written.len() <= KEPT_PAGES) {
            return written.chunk_by(|one, next| one + 1 == *next).all(|run| {
                let (at, length) = (run[0] * PAGE, run.len() * PAGE);
                // SAFETY: the pages lie in the view, which nothing borrows.
                let pages = unsafe { std::slice::from_raw_parts_mut(base.add(at), length) };
                self.file.read_exact_at(pages, at as u64).is_ok()
            });
        }
        // On Linux a private page that is given up is read from the file again.
        // SAFETY: the range is a private mapping of the caller's.
        cfg!(target_os = "linux") && unsafe { libc::madvise(base.cast(), self.len, libc::MADV_DONTNEED) } == 0
    }
}

/// Most pages of an idle instance that stay its own: 16 MiB.
const KEPT_PAGES: usize = 4096;

/// Which of the `pages` from `base` on, a private mapping of a file, were ever written to:
/// those that are no longer the file's. `None` where the system does not tell.
fn written_pages(base: *mut u8, pages: usize) -> Option<Vec<usize>> {
    // Bits of an entry of /proc/self/pagemap (Linux, Documentation/admin-guide/mm/pagemap.rst).
    const PRESENT_OR_SWAPPED: u64 = 0b11 << 62;
    const OF_FILE: u64 = 1 << 61;
    static PAGEMAP: LazyLock<Option<File>> = LazyLock::new(|| {
        // SAFETY: the call takes and returns a number.
        let same_size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } == PAGE as libc::c_long;
        File::open("/proc/self/pagemap").ok().filter(|_| same_size)
    });
    let mut entries = vec![0; pages * 8];
    PAGEMAP.as_ref()?.read_exact_at(&mut entries, (base.addr() / PAGE * 8) as u64).ok()?;
    let (entries, _) = entries.as_chunks();
    let written = |entry: &[u8; 8]| {
        let entry = u64::from_ne_bytes(*entry);
        entry & PRESENT_OR_SWAPPED != 0 && entry & OF_FILE == 0
    };
    Some(entries.iter().enumerate().filter(|(_, entry)| written(entry)).map(|(index, _)| index).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// An anonymous mapping, unmapped when it goes.
    struct Mapping(*mut u8, usize);

    impl Drop for Mapping {
        fn drop(&mut self) {
            // SAFETY: nobody else has the range.
            unsafe { libc::munmap(self.0.cast(), self.1) };
        }
    }

    impl Mapping {
        fn new(len: usize) -> Mapping {
            let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            // SAFETY: the kernel chooses the place.
            let base = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
            assert_ne!(base, libc::MAP_FAILED);
            Mapping(base.cast(), len)
        }

        fn bytes(&mut self) -> &mut [u8] {
            // SAFETY: the mapping is this one's, and accessible.
            unsafe { std::slice::from_raw_parts_mut(self.0, self.1) }
        }
    }

    #[test]
    fn what_was_written_is_taken_back_however_much_it_is() {
        let pages = KEPT_PAGES + 100;
        // Every third page holds something.
        let original: Vec<u8> =
            (0..pages * PAGE).map(|at| if (at / PAGE).is_multiple_of(3) { (at % 251) as u8 } else { 0 }).collect();
        let snapshot = Snapshot::of(&original).unwrap();
        let mut mapping = Mapping::new(original.len());
        // SAFETY: the mapping is new, and nothing borrows it.
        unsafe { snapshot.map_over(mapping.0) }.unwrap();
        for turn in 0..3 {
            for written in [vec![0], vec![1, 2, 3, 70, 71, pages - 1], (0..pages).collect()] {
                for page in &written {
                    mapping.bytes()[page * PAGE + 7 * turn] ^= 0xff;
                }
                if cfg!(target_os = "linux") {
                    let seen = written_pages(mapping.0, pages).unwrap();
                    assert!(written.iter().all(|page| seen.contains(page)), "turn {turn}");
                }
                // SAFETY: the view is that of the snapshot, and nothing borrows it.
                assert!(unsafe { snapshot.rewind(mapping.0) });
                assert!(mapping.bytes() == original, "turn {turn}");
            }
        }
    }
}

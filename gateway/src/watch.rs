//! Whether a file is still the one that was read.
//!
//! By asking now and then, and not by waiting for the system's word: that comes neither from network file systems nor
//! for the symbolic links by which Kubernetes changes mounted files.

use std::path::Path;
use std::time::SystemTime;

/// Tells one content of a file from another, by what can be known without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    inode: u64,
}

impl Stamp {
    /// Returns the stamp of what stands at a path; `None` when nothing does.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let file = std::fs::metadata(path).ok()?;
        Some(Self { modified: file.modified().ok(), length: file.len(), inode: inode(&file) })
    }
}

#[cfg(unix)]
fn inode(file: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(file)
}

#[cfg(not(unix))]
fn inode(_file: &std::fs::Metadata) -> u64 {
    0
}

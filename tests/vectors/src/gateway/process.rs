//! What Linux tells of a process: memory, descriptors, children.

use std::fs;

/// Returns the memory of a process in KiB: `VmRSS`, what it holds, or `VmHWM`, the most it held.
pub(crate) fn memory(process: u32, which: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(':'))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Lets the most that a process held begin anew from what it holds.
pub(crate) fn forget_peak(process: u32) {
    // Refused for a process that is not dumpable unless we are root; then the peak is that of its whole life.
    let _ = fs::write(format!("/proc/{process}/clear_refs"), "5");
}

/// Returns how many descriptors a process has open.
pub(crate) fn descriptors(process: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{process}/fd")).ok()?.count())
}

/// Returns how many threads a process has.
pub(crate) fn threads(process: u32) -> Option<usize> {
    Some(fs::read_dir(format!("/proc/{process}/task")).ok()?.count())
}

/// Returns how many processes a process has started that still run.
pub(crate) fn children(process: u32) -> usize {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let children = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    tasks.map(|task| children(task).split_whitespace().count()).sum()
}

/// Sends a signal.
pub(crate) fn signal(process: u32, signal: rustix::process::Signal) {
    let process = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(process) = process {
        // It may have ended already, which is what a signal would have been for.
        let _ = rustix::process::kill_process(process, signal);
    }
}

//! What every target holds its work to: the time that it takes.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// No input may keep a thread for longer than a second. What libFuzzer counts at every branch makes the same work take two and
/// a half times as long (a schema that spends its whole budget: 0.33 s, and 0.85 s here), so it is three here.
const MAX_TIME: Duration = Duration::from_secs(3);

/// Works, and objects when that took what would be more than a second of this thread's own time. A clock on the wall, which is what
/// libFuzzer's `-timeout` looks at, would measure who else is at work on this machine.
///
/// # Panics
///
/// When it took longer.
pub fn within_a_second<T>(work: impl FnOnce() -> T) -> T {
    let begun = time_of_this_thread();
    let outcome = work();
    let took = time_of_this_thread().saturating_sub(begun);
    assert!(took <= MAX_TIME, "one input took {took:?}");
    outcome
}

fn time_of_this_thread() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime)
        .try_into()
        .expect("cannot fail because no thread worked before it began")
}

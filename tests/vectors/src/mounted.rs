//! `lobe-gateway` with plugins of the runner's own in its process: they behave badly, or tell what they were handed.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lobe_plugin_gateway::command_line;
use lobe_plugin_sdk::{Call, Context, Operation, Plugin, Progress, Reply, lobe_plugin};

/// What the runner's own program is told by, before the arguments of `lobe-gateway`.
pub(crate) const WORD: &str = "mounted";
/// The plugin whose functions wait, panic and begin tasks.
pub(crate) const WAITS: &str = "waits";
/// The plugin whose functions never wait, and which has threads of its own for them.
pub(crate) const KEEPS: &str = "keeps";
/// Two plugins that tell what they were handed.
pub(crate) const TELLS: [&str; 2] = ["plugin-a", "plugin-b"];

/// Longer than any vector looks at.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// How many tasks are left of calls.
static TASKS: AtomicUsize = AtomicUsize::new(0);

/// Runs the program.
pub(crate) fn run(arguments: Vec<OsString>) -> ExitCode {
    let waits = Plugin::new(WAITS)
        .with::<never>()
        .with::<panics>()
        .with::<tells_and_waits>()
        .with::<begins_a_task>()
        .with::<tasks_left>();
    let keeps = Plugin::new(KEEPS).with::<spins>().with::<blocks>().on_own_threads(2);
    command_line::run_with([waits, keeps].into_iter().chain(TELLS.map(telling)), arguments)
}

fn telling(identifier: &'static str) -> Plugin {
    let tell =
        async |call: Call| Ok(Reply::text(format!("{:?} {:?}", call.settings().expose(), call.headers())));
    Plugin::new(identifier).operation(Operation::new("tell", tell))
}

/// Never finishes.
#[lobe_plugin]
async fn never() -> String {
    std::future::pending().await
}

/// Panics.
#[lobe_plugin]
async fn panics() -> String {
    panic!("a plugin of the runner's panics in src/mounted.rs")
}

/// Tells how far it is, and never finishes.
#[lobe_plugin]
async fn tells_and_waits(Context(context): Context) -> String {
    context.progress(&Progress::of(1.0, 2.0));
    std::future::pending().await
}

/// Begins a task that lasts until it hears that nobody waits for the call, which never finishes.
#[lobe_plugin]
async fn begins_a_task(Context(context): Context) -> String {
    TASKS.fetch_add(1, Ordering::SeqCst);
    tokio::spawn(async move {
        context.cancelled().await;
        TASKS.fetch_sub(1, Ordering::SeqCst);
    });
    std::future::pending().await
}

/// Tells how many tasks are left.
#[lobe_plugin]
async fn tasks_left() -> usize {
    TASKS.load(Ordering::SeqCst)
}

/// Computes for ever.
#[lobe_plugin]
async fn spins() -> String {
    loop {
        std::hint::spin_loop();
    }
}

/// Waits for the operating system for ever.
#[lobe_plugin]
async fn blocks() -> String {
    loop {
        std::thread::sleep(FOR_EVER);
    }
}

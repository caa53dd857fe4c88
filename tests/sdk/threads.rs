//! Plugins with threads of their own: their functions may compute or block for as long as they like.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use lobe_plugin_sdk::{Call, Plugin, State, lobe_plugin};
use serde_json::json;

/// Ends the functions of a test, so that no thread is left behind.
#[derive(Clone)]
struct End(&'static AtomicBool);

/// Compute until the test is over.
#[lobe_plugin]
async fn spin(State(End(over)): State<End>) -> &'static str {
    while !over.load(Ordering::Relaxed) {
        std::hint::spin_loop();
    }
    "over"
}

/// Ends a function when the test drops the other end.
#[derive(Clone)]
struct Hold(&'static Mutex<Receiver<()>>);

/// Block until the test is over.
#[lobe_plugin]
fn block(State(Hold(hold)): State<Hold>) -> &'static str {
    let _ = hold.lock().unwrap().recv();
    "over"
}

/// Say on which thread it runs.
#[lobe_plugin]
async fn thread() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// Panic.
#[lobe_plugin]
async fn fail() -> String {
    panic!("on purpose")
}

fn plugin() -> (Plugin, &'static AtomicBool, Sender<()>) {
    let over: &'static AtomicBool = Box::leak(Box::new(AtomicBool::new(false)));
    let (end, hold) = channel();
    let plugin = Plugin::new("slow")
        .with_state(End(over))
        .with_state(Hold(Box::leak(Box::new(Mutex::new(hold)))))
        .with::<spin>()
        .with::<block>()
        .with::<thread>()
        .with::<fail>()
        .on_own_threads(3);
    (plugin, over, end)
}

#[tokio::test]
async fn who_never_awaits_is_answered_for_in_time() {
    let (plugin, over, end) = plugin();
    // The runtime of this test has one thread: if a function ran on it, nothing here would go on.
    for operation in ["spin", "block"] {
        let call = Call::new(operation, json!({})).within(Duration::from_millis(20));
        let error = plugin.call(call).await.unwrap_err();
        assert_eq!(error.status(), 504, "{operation}");
    }
    assert_eq!(plugin.ask("thread", json!({})).await.unwrap().as_text(), "slow", "one thread is left");
    over.store(true, Ordering::Relaxed);
    drop(end);
}

#[tokio::test]
async fn panics_are_survived_there_as_well() {
    let (plugin, ..) = plugin();
    let error = plugin.ask("fail", json!({})).await.unwrap_err();
    assert_eq!((error.status(), error.to_string().contains("on purpose")), (500, false));
    assert_eq!(plugin.ask("thread", json!({})).await.unwrap().as_text(), "slow");
}

#[tokio::test]
async fn without_them_functions_run_where_they_are_called() {
    let plugin = Plugin::new("quick").with::<thread>();
    let here = std::thread::current().name().unwrap_or_default().to_owned();
    assert_eq!(plugin.ask("thread", json!({})).await.unwrap().as_text(), here);
}

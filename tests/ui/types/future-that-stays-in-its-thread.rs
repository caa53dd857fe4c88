use std::rc::Rc;

use lobe_plugin_sdk::lobe_plugin;

/// Waits.
#[lobe_plugin]
async fn wait() -> u8 {
    let number = Rc::new(7);
    std::future::ready(()).await;
    *number
}

fn main() {}

use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin(name = "hello" title = "Hello")]
fn say_hello() {}

fn main() {}

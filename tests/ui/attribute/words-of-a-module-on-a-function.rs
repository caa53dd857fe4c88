use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin(identifier = "greeter", avatar = "👋")]
fn say_hello() {}

fn main() {}

use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin(name = hello)]
fn say_hello() {}

/// Says hello.
#[lobe_plugin(name = 7)]
fn say_hello_again() {}

fn main() {}

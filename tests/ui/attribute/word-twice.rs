use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin(name = "hello", name = "hi")]
fn say_hello() -> String {
    String::new()
}

fn main() {}

use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin(nmae = "hello", titel = "Hello")]
fn say_hello() -> String {
    String::new()
}

fn main() {}

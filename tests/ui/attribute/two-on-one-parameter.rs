use lobe_plugin_sdk::lobe_plugin;

/// Says hello.
#[lobe_plugin]
fn say_hello(#[lobe(default)] #[lobe(rename = "who")] name: String) -> String {
    name
}

fn main() {}

use lobe_plugin_sdk::lobe_plugin;

struct Greeter;

/// Greets.
#[lobe_plugin(identifier = "greeter")]
impl Greeter {
    fn say_hello() {}
}

fn main() {}

use lobe_plugin_sdk::lobe_plugin;

struct Greeter;

#[lobe_plugin]
impl Greeter {
    fn say_hello() {}
}

fn main() {}

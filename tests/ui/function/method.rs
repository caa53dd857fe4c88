use lobe_plugin_sdk::lobe_plugin;

struct Greeter;

impl Greeter {
    /// Says hello.
    #[lobe_plugin]
    fn say_hello(&self) -> String {
        String::new()
    }
}

fn main() {}

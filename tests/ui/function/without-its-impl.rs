use lobe_plugin_sdk::lobe_plugin;

struct Greeter;

impl Greeter {
    /// Makes one.
    #[lobe_plugin]
    fn made() -> Option<Self> {
        None
    }
}

fn main() {}

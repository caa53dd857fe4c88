use lobe_plugin_sdk::lobe_plugin;

struct Counter(u8);

/// Counts.
#[lobe_plugin(identifier = "counter")]
impl Counter {
    /// Show the number.
    #[lobe_plugin]
    fn show(self: Box<Self>) -> u8 {
        self.0
    }
}

fn main() {}

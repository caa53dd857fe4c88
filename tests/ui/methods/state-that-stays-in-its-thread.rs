use std::cell::RefCell;

use lobe_plugin_sdk::lobe_plugin;

struct Counter(RefCell<u8>);

/// Counts.
#[lobe_plugin(identifier = "counter")]
impl Counter {
    /// Count one.
    #[lobe_plugin]
    fn count(&self) -> u8 {
        *self.0.borrow()
    }
}

fn main() {}

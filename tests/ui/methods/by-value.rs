use std::sync::Mutex;

use lobe_plugin_sdk::lobe_plugin;

struct Counter(Mutex<u8>);

/// Counts.
#[lobe_plugin(identifier = "counter")]
impl Counter {
    /// Take all.
    #[lobe_plugin]
    fn take(self) -> u8 {
        *self.0.lock().unwrap()
    }

    /// Count one.
    #[lobe_plugin]
    fn count(&mut self) {
        *self.0.get_mut().unwrap() += 1;
    }

    /// Count two.
    #[lobe_plugin]
    fn count_two(self: &mut Self) {
        *self.0.get_mut().unwrap() += 2;
    }
}

fn main() {
    let _ = Counter(Mutex::new(7)).into_plugin();
}

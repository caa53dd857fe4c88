use lobe_plugin_sdk::lobe_plugin;

struct Store<T>(T);

/// Keeps.
#[lobe_plugin(identifier = "store")]
impl<T: Send> Store<T> {
    /// Count.
    #[lobe_plugin]
    fn count(&self) -> u8 {
        7
    }
}

fn main() {}

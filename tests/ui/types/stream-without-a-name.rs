use futures_util::stream::{self, Iter};
use lobe_plugin_sdk::lobe_plugin;

/// Counts.
#[lobe_plugin]
async fn count() -> Iter<std::array::IntoIter<&'static str, 2>> {
    stream::iter(["1", "2"])
}

fn main() {}

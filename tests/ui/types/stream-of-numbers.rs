use futures_util::stream;
use lobe_plugin_sdk::{TextStream, lobe_plugin};

/// Counts.
#[lobe_plugin]
async fn count() -> TextStream {
    TextStream::new(stream::iter([1, 2, 3]))
}

fn main() {}

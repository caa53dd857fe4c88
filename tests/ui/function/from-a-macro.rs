use lobe_plugin_sdk::lobe_plugin;

macro_rules! operation {
    ($name:ident, $ty:ty, $bound:expr) => {
        /// Says.
        #[lobe_plugin]
        fn $name(#[lobe(range(min = $bound))] text: $ty) -> usize {
            text.len()
        }
    };
}

operation!(borrowed, &str, 3);
operation!(text, String, 3);

fn main() {}

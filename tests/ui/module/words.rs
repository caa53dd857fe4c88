use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(identifier = "a talker", type = "html", rename_all = "SHOUTING", ui(width = 3), avatr = "x")]
mod talker {
    use super::lobe_plugin;

    /// Says.
    #[lobe_plugin]
    pub fn say() {}
}

fn main() {}

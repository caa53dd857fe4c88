use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(identifier = "talker")]
mod talker {
    pub fn plugin() {}
}

fn main() {}

use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(identifier = "talker")]
mod talker {
    use super::lobe_plugin;

    /// Says.
    #[lobe_plugin(name = "say")]
    pub fn first() {}

    /// Says.
    #[lobe_plugin]
    pub fn say() {}

    /// Looks.
    #[lobe_plugin(name = "look-up")]
    pub fn second() {}

    /// Looks.
    #[lobe_plugin]
    pub fn look_up() {}
}

fn main() {}

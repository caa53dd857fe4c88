use lobe_plugin_sdk::Plugin;

fn forgotten() {}

fn main() {
    let _ = Plugin::new("plugin").with::<forgotten>();
}

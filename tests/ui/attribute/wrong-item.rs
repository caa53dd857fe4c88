use lobe_plugin_sdk::lobe_plugin;

#[lobe_plugin]
struct Weather {
    city: String,
}

fn main() {}

use lobe_plugin_sdk::lobe_plugin;

/// Stops.
#[lobe_plugin]
fn stop() -> ! {
    std::process::exit(1)
}

fn main() {}

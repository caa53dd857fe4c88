//! Writes the plugin's documents, to be found in `target/lobe/greeter/` as well.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    lobe_plugin_sdk::build::write(&greeter::greeter::plugin(), &greeter::site()?)?;
    Ok(())
}

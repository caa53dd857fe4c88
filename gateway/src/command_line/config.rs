//! `lobe-gateway config`: how the configuration is understood, and what one may hold.
#![expect(clippy::print_stdout, reason = "a command line speaks")]

use std::error::Error;

use super::arguments::{ServeOptions, Show};
use crate::config::{schema, written};

/// Shows it. A configuration that is wrong is not shown.
pub(super) fn run(options: &ServeOptions, show: Show) -> Result<(), Box<dyn Error>> {
    match show {
        Show::Schema => println!("{}", serde_json::to_string_pretty(&schema())?),
        Show::Values => {
            let layers = options.layers()?;
            layers.config()?;
            print!("{}", written(&layers.words()?));
        }
    }
    Ok(())
}

//! `lobe-gateway config`: how the configuration is understood, and what one may hold.

use std::error::Error;

use super::arguments::{ServeOptions, Show};
use super::print;
use crate::config::{schema, written};

/// Shows it. A configuration that is wrong is not shown.
pub(super) fn run(options: &ServeOptions, show: Show) -> Result<(), Box<dyn Error>> {
    let text = match show {
        Show::Schema => format!("{:#}\n", schema()),
        Show::Values => {
            let layers = options.layers()?;
            layers.config()?;
            written(&layers.words()?)
        }
    };
    print(text.as_bytes())
}

//! Serves the plugin `search`, and a gateway in front of it.

use std::process::ExitCode;

use search::{DEFAULT_URL, InvalidUrl, Upstream};

fn main() -> ExitCode {
    let url = std::env::var("SEARCH_URL").unwrap_or_else(|_| DEFAULT_URL.to_owned());
    match Upstream::at(&url) {
        Ok(upstream) => lobe_plugin_gateway::run(search::search::plugin().with_state(upstream)),
        Err(error) => refuse(&error),
    }
}

#[expect(clippy::print_stderr, reason = "a program that cannot start says why")]
fn refuse(error: &InvalidUrl) -> ExitCode {
    eprintln!("error: SEARCH_URL: {error}");
    ExitCode::FAILURE
}

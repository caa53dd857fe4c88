//! The log: lines on stderr. What may stand in one is decided where it is written.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Chooses what is logged: a level, or one for each part of the program.
pub(super) type Filter = Targets;

/// Says what a line of the log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    Human,
    /// One JSON object.
    Json,
}

/// Opens the log.
pub(super) fn open(filter: Filter, format: Format) {
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    match format {
        Format::Human => registry.with(layer.with_ansi(colours())).init(),
        Format::Json => registry.with(layer.json().flatten_event(true).with_span_list(false)).init(),
    }
}

/// Returns whether stderr shows colours, and whoever looks at it has not turned them off (<https://no-color.org>).
fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !unwanted
}

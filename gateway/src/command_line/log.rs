//! The log: lines on stderr. What may stand in one is decided where it is written.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::telemetry::Traces;

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
    open_with(filter, format, None);
}

/// Opens the log, and the export of spans beside it, which no filter of lines concerns.
pub(super) fn open_with(filter: Filter, format: Format, traces: Option<&Traces>) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
    let lines = match format {
        Format::Human => lines.with_ansi(colours()).boxed(),
        Format::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    let spans = traces.map(Traces::layer);
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(spans).init();
}

/// Returns whether stderr shows colours, and whoever looks at it has not turned them off (<https://no-color.org>).
fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !unwanted
}

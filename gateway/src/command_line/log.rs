//! The log: lines on stderr. What may stand in one is decided where it is written.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Chooses what is logged: a level, or one for each part of the program.
pub(super) type Filter = Targets;

/// Opens the log.
pub(super) fn open(filter: Filter) {
    let format =
        tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(colours()).with_target(false);
    tracing_subscriber::registry().with(format).with(filter).init();
}

/// Returns whether stderr shows colours, and whoever looks at it has not turned them off (<https://no-color.org>).
fn colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !unwanted
}

//! The program `lobe-gateway`: `lobe-gateway serve --config lobe-gateway.toml`.

use std::process::ExitCode;

/// Threads that take memory and give it back at once wait for each other in the C library's allocator (a tenth of what a
/// call costs with glibc, far more with musl), and it keeps what ten thousand connections once needed.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lobe_plugin_gateway::command_line::run()
}

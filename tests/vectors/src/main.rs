//! `cargo run -p lobe-vectors`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    lobe_vectors::main(std::env::args_os())
}

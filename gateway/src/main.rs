//! The program `lobe-gateway`.

fn main() {}

use std::fmt::Display;

use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(allow(missing_descriptions))]
fn say(
    pointer: *const u8,
    function: fn(u8) -> u8,
    any: Box<dyn Display>,
    maybe: Option<&str>,
    list: Vec<&[u8]>,
    slice: Box<[u8]>,
    never: !,
    inferred: _,
    pair: (u8, &u8),
) {
}

fn main() {}

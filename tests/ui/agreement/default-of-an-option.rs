#![allow(unused_variables)]

use lobe_plugin_sdk::lobe_plugin;

/// Says.
#[lobe_plugin(allow(missing_descriptions))]
fn say(#[lobe(default)] times: Option<u8>, #[lobe(default = Some(3))] more: Option<u8>) {}

fn main() {}

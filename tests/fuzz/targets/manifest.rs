//! A caller's manifest: its shape, and the plugin elsewhere that is made of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::{__fuzzing as gateway, shape};
use serde_json::Value;

fuzz_target!(|text: &str| within_a_second(|| read(text)));

fn read(text: &str) {
    let read = gateway::read_manifest(text);
    let Ok(document) = lobe_plugin_sdk::json::parse(text.as_bytes()) else {
        assert!(read.is_none(), "what is not JSON is taken for a manifest");
        return;
    };
    let is_well_formed = document.is_object() && shape::manifest(&document).is_ok();
    assert_eq!(read.is_some(), is_well_formed, "the shape and the plugin disagree");
    // Neither room may stumble over what it does not expect; what they find goes into an answer as JSON.
    let judgements = [shape::market_index(&document), shape::market_entry(&document)];
    for issues in judgements.into_iter().filter_map(Result::err) {
        serde_json::to_string(&issues).expect("issues are JSON");
    }
    if let Some((identifier, operations)) = read {
        assert_eq!(Some(&*identifier), document["identifier"].as_str());
        assert!(operations <= document["api"].as_array().map_or(0, Vec::<Value>::len));
    }
}

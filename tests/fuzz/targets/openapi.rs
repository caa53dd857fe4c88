//! A stranger's OpenAPI document, in JSON or YAML: its operations, and what a model and a settings form are shown of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::__fuzzing as gateway;

fuzz_target!(|document: &[u8]| {
    let Some(names) = within_a_second(|| gateway::read_openapi(document)) else { return };
    for (place, name) in names.iter().enumerate() {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        assert!(
            !name.is_empty() && name.len() <= 64 && name.bytes().all(legal),
            "{name} is no name of a tool"
        );
        assert!(!names[..place].contains(name), "two operations are called {name}");
    }
});

//! An OpenAPI document on the first line, arguments on the second, settings on the third: the requests of its operations.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::__fuzzing as gateway;
use serde_json::{Map, Value};

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(3, '\n');
    let document = lines.next().unwrap_or_default();
    let [arguments, settings] = [lines.next(), lines.next()].map(object);
    let built = within_a_second(|| gateway::build_requests(document.as_bytes(), &arguments, &settings));
    for request in built {
        // Neither a path nor an argument leads to another machine.
        assert_eq!(origin(&request.url), origin(&request.server), "{request:?}");
    }
});

fn object(line: Option<&str>) -> Map<String, Value> {
    line.and_then(|line| serde_json::from_str(line).ok()).unwrap_or_default()
}

fn origin(url: &str) -> &str {
    let (_, behind) = url.split_once("://").expect("a URL has a scheme");
    let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
    &url[..url.len() - behind.len() + end]
}

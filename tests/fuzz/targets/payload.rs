//! The payload, read in one pass over borrowed text, against the same read by way of a whole document.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::{__fuzzing as gateway, shape};
use serde_json::{Map, Value};

/// What is looked at; all else is stepped over, whatever it is.
const MEMBERS: [&str; 5] = ["apiName", "arguments", "identifier", "indexUrl", "manifest"];

fuzz_target!(|body: &[u8]| within_a_second(|| compare(body)));

fn compare(body: &[u8]) {
    let read = gateway::read_payload(body);
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    if let Ok(document) = lobe_plugin_sdk::json::parse(text)
        && shape::payload(&document).is_ok()
        && has_short_names(&document)
    {
        assert_eq!(read, Some(looked_at(&document)), "a good request is refused or read differently");
    }
    // A reader that is not strict, and takes the last of two members, must not see another request.
    if let Some(read) = read
        && let Ok(document) = serde_json::from_slice::<Value>(text)
    {
        assert_eq!(read, looked_at(&document), "two readers see two requests");
        assert!(shape::payload(&document).is_ok(), "a request of the wrong shape is taken");
    }
}

fn looked_at(document: &Value) -> Value {
    let members = MEMBERS.iter().filter_map(|name| Some(((*name).to_owned(), document.get(name)?.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

fn has_short_names(document: &Value) -> bool {
    ["apiName", "identifier"].iter().all(|name| {
        let name = document[name].as_str().unwrap_or_default();
        name.len() <= 512 && !name.contains('\0')
    })
}

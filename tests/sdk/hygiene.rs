//! What `tests/hygiene` compiles in edition 2021 is compiled here in edition 2024, and called.
#![allow(unreachable_pub, clippy::redundant_pub_crate, reason = "there it is reachable")]

#[path = "../hygiene/src/forms.rs"]
mod forms;
#[path = "../hygiene/src/whole.rs"]
mod whole;

use lobe_plugin_sdk::{Plugin, Reply};
use serde_json::{Value, json};

async fn ask(plugin: &Plugin, operation: &str, arguments: Value) -> String {
    plugin.ask(operation, arguments).await.map(Reply::into_text).unwrap()
}

#[tokio::test]
async fn every_form_works_where_nothing_is_as_usual() {
    let functions = Plugin::new("functions").with::<forms::measure>().with::<forms::echo>();
    assert_eq!(ask(&functions, "measure", json!({ "text": "four", "more": 1 })).await, "9");
    assert_eq!(ask(&functions, "echo", json!({})).await, "7");
    assert_eq!((forms::measure("a".into(), 3, None), forms::echo(1)), (3, 1));

    let module = forms::measures::plugin();
    assert_eq!(ask(&module, "weigh", json!({ "size": 3 })).await, "3");
    assert_eq!(ask(&module, "measure_here", json!({ "text": "four" })).await, "4");

    let methods = forms::Number(40).into_plugin();
    assert_eq!(ask(&methods, "addNumber", json!({ "other": 2 })).await, "42");
    assert_eq!(ask(&methods, "taken", json!({})).await, "null");
    assert_eq!(ask(&forms::inside(), "nothing", json!({})).await, "null");
}

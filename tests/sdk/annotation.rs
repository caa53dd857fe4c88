//! What the annotation makes of functions and modules, in every shape that is allowed.
//!
//! Warnings are errors here: nothing that the annotation writes may warn, whatever a user's lints are.
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, clippy::pedantic)]

use std::io;

use lobe_plugin_sdk::{
    Args, Call, ErrorType, FromCall, Function, Markdown, Plugin, PluginError, ReplyKind, State,
};
use serde_json::{Value, json};

/// A crate that calls the sdk by another name.
mod renamed {
    pub(super) use lobe_plugin_sdk as my_sdk;
}

mod functions {
    //! Functions in every shape.
    use lobe_plugin_sdk::{State, lobe_plugin};

    type Maybe<T> = Option<T>;
    type Outcome<T> = Result<T, super::PluginError>;

    /// Says nothing at all.
    #[lobe_plugin]
    pub(super) fn plain() {}

    /// Says a raw name.
    #[lobe_plugin]
    pub(super) fn r#type(
        /** A word. */
        r#match: String,
    ) -> String {
        r#match
    }

    /// Grows a list.
    #[lobe_plugin(allow(missing_descriptions))]
    pub(super) async fn grow(mut list: Vec<u8>, #[lobe(default = 7)] mut item: u8) -> Vec<u8> {
        item += 1;
        list.push(item);
        list
    }

    /// Looks through aliases.
    #[lobe_plugin]
    pub(super) fn aliases(
        /** A word. */
        word: Maybe<String>,
    ) -> Outcome<Maybe<String>> {
        if word.as_deref() == Some("no") { Err(super::PluginError::forbidden("no")) } else { Ok(word) }
    }

    /// Fails with an alias of another `Result`.
    #[lobe_plugin]
    pub(super) fn fails() -> super::io::Result<u8> {
        Err(super::io::Error::other("no"))
    }

    /// Reads a state.
    #[allow(deprecated)]
    #[lobe_plugin(title = "State")]
    pub(super) fn state(State(number): State<u8>, add: u8) -> u8 {
        number + add
    }

    /// Uses the sdk by another name.
    #[super::renamed::my_sdk::lobe_plugin(crate = super::renamed::my_sdk, allow(missing_descriptions))]
    pub(super) fn other_name(#[lobe(rename = "the-word")] word: String) -> String {
        word
    }

    /// Bears a name that generated code has a use for.
    #[lobe_plugin(allow(missing_descriptions))]
    pub(super) fn call(#[lobe(default = value())] shape: u8, outcome: u8) -> u8 {
        shape + outcome
    }

    /// Bears another one.
    #[lobe_plugin(allow(missing_descriptions))]
    pub(super) fn arguments(#[lobe(default = call(1, 2))] lobe: u8) -> u8 {
        lobe
    }

    fn value() -> u8 {
        40
    }

    /// Is not there.
    #[lobe_plugin]
    #[cfg(any())]
    pub(super) fn never(word: Missing) {}
}

async fn call<F: Function>(arguments: Value) -> Result<String, PluginError> {
    let operation = F::operation();
    let name = operation.name().to_owned();
    let plugin = Plugin::new("test").with_state(40_u8).operation(operation);
    plugin.ask(&name, arguments).await.map(lobe_plugin_sdk::Reply::into_text)
}

#[tokio::test]
async fn functions_in_every_shape_are_called() {
    assert_eq!(call::<functions::plain>(json!({})).await.unwrap(), "null");
    assert_eq!(call::<functions::r#type>(json!({ "match": "x" })).await.unwrap(), "x");
    assert_eq!(call::<functions::grow>(json!({ "list": [1] })).await.unwrap(), "[1,8]");
    assert_eq!(call::<functions::aliases>(json!({})).await.unwrap(), "null");
    assert_eq!(call::<functions::aliases>(json!({ "word": "w" })).await.unwrap(), "\"w\"");
    assert_eq!(call::<functions::fails>(json!({})).await.unwrap_err().status(), 500);
    assert_eq!(call::<functions::state>(json!({ "add": 2 })).await.unwrap(), "42");
    assert_eq!(call::<functions::call>(json!({ "outcome": 2 })).await.unwrap(), "42");
    assert_eq!(call::<functions::arguments>(json!({})).await.unwrap(), "3");
    assert_eq!(call::<functions::other_name>(json!({ "the-word": "w" })).await.unwrap(), "w");
}

#[tokio::test]
async fn and_stay_functions() {
    functions::plain();
    assert_eq!(functions::r#type("x".into()), "x");
    assert_eq!(functions::grow(vec![], 1).await, [2]);
    assert_eq!(functions::state(State(1), 2), 3);
    assert_eq!(functions::fails().unwrap_err().kind(), io::ErrorKind::Other);
}

#[test]
fn an_operation_knows_what_its_function_says() {
    let operation = functions::aliases::operation();
    assert_eq!(operation.get_summary(), "Looks through aliases");
    assert_eq!(
        operation.get_parameters().as_object().get("required"),
        None,
        "an alias of Option is optional"
    );
    assert_eq!(functions::r#type::operation().name(), "type");
    assert_eq!(functions::state::operation().get_title(), Some("State"));
    let grow = functions::grow::operation();
    assert_eq!(grow.get_parameters().as_object()["properties"]["item"]["default"], 7);
    assert_eq!(grow.get_parameters().as_object()["required"], json!(["list"]));
    assert_eq!(grow.get_reply().kind, ReplyKind::Json);
}

/// A plugin with names of its own.
///
/// With more about it.
#[lobe_plugin_sdk::lobe_plugin(
    identifier = "named",
    title = "Named",
    avatar = "📛",
    tags("a", "b"),
    author = "Somebody",
    homepage = "https://example.org",
    created_at = "2026-11-22",
    type = "markdown",
    system_role = "Be brief.",
    manifest_schema = "https://example.org/schema.json",
    ui(url = "/ui", width = 300, height = 200),
    settings = super::Keys,
    rename_all = "kebab-case",
    crate = lobe_plugin_sdk
)]
mod named {
    use lobe_plugin_sdk::{Args, Markdown, lobe_plugin};

    /// Looks a thing up.
    #[lobe_plugin]
    pub(super) fn look_up(Args(thing): Args<super::Thing>) -> Markdown {
        Markdown(thing.name)
    }

    /// Keeps its name.
    #[lobe_plugin(name = "asIs")]
    pub(super) fn keep_name() {}

    #[expect(dead_code, reason = "not annotated, so not an operation")]
    pub(super) fn not_an_operation() {}

    /// Is not there.
    #[lobe_plugin]
    #[cfg(any())]
    pub(super) fn never(word: Missing) {}
}

/// All there is to know.
#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Thing {
    /// What it is called.
    name: String,
}

/// The settings.
#[derive(Debug, schemars::JsonSchema)]
#[expect(dead_code, reason = "described, never read")]
struct Keys {
    /// The key.
    key: String,
}

#[tokio::test]
async fn a_module_is_a_plugin() {
    let plugin = named::plugin();
    let names: Vec<_> = plugin.operations().iter().map(lobe_plugin_sdk::Operation::name).collect();
    assert_eq!(names, ["look-up", "asIs"]);
    assert_eq!(named::look_up(Args(Thing { name: "x".into() })), Markdown("x".into()));
    named::keep_name();

    let reply = plugin.ask("look_up", json!({ "name": "box", "more": 1 })).await.unwrap();
    assert_eq!((reply.kind(), reply.as_text()), (ReplyKind::Markdown, "box"));
    let error = plugin.ask("lookup", json!({})).await.unwrap_err();
    assert_eq!(error.error_type(), ErrorType::PluginApiNotFound);
    assert_eq!(error.message(), "`named` has no operation `lookup`; did you mean `look-up`?");
}

#[test]
fn its_manifest_has_every_field() {
    let site = lobe_plugin_sdk::Site::at("https://plugins.example.org".parse().unwrap())
        .behind_gateway("https://gateway.example.org/api/gateway");
    let manifest = serde_json::to_value(named::plugin().manifest(&site)).unwrap();
    let expected = json!({
        "$schema": "https://example.org/schema.json",
        "identifier": "named",
        "version": "1",
        "author": "Somebody",
        "createdAt": "2026-11-22",
        "homepage": "https://example.org",
        "meta": {
            "avatar": "📛",
            "title": "Named",
            "description": "A plugin with names of its own.\n\nWith more about it.",
            "tags": ["a", "b"],
        },
        "type": "markdown",
        "systemRole": "Be brief.",
        "api": [
            {
                "name": "look-up",
                "description": "Looks a thing up.",
                "url": "https://plugins.example.org/api/look-up",
                "parameters": {
                    "type": "object",
                    "description": "All there is to know.",
                    "properties": { "name": { "type": "string", "description": "What it is called." } },
                    "required": ["name"],
                },
            },
            {
                "name": "asIs",
                "description": "Keeps its name.",
                "url": "https://plugins.example.org/api/asIs",
                "parameters": { "type": "object", "properties": {}, "additionalProperties": false },
            },
        ],
        "settings": {
            "type": "object",
            "description": "The settings.",
            "properties": { "key": { "type": "string", "description": "The key." } },
            "required": ["key"],
        },
        "ui": { "url": "https://plugins.example.org/ui", "width": 300, "height": 200 },
        "gateway": "https://gateway.example.org/api/gateway",
    });
    assert_eq!(manifest, expected);
}

#[derive(Debug)]
struct Tenant(String);

impl FromCall for Tenant {
    async fn from_call(call: &Call) -> Result<Self, PluginError> {
        let header = call.headers().get("x-tenant").and_then(|value| value.to_str().ok());
        header.map(|name| Self(name.to_owned())).ok_or_else(|| PluginError::unauthorized("which tenant?"))
    }
}

/// Says who asks.
#[lobe_plugin_sdk::lobe_plugin]
fn who(Tenant(name): Tenant) -> String {
    name
}

#[tokio::test]
async fn users_inject_what_they_like() {
    let plugin = Plugin::new("tenants").with::<who>();
    let headers = [("x-tenant", "acme")].map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let call = Call::new("who", json!({})).with_headers(headers.into_iter().collect());
    assert_eq!(plugin.call(call).await.unwrap().as_text(), "acme");
    assert_eq!(plugin.ask("who", json!({})).await.unwrap_err().status(), 401);
}

#[tokio::test]
async fn a_state_is_made_when_the_plugin_starts_and_not_before() {
    let plugin = Plugin::new("stateful").with::<functions::state>();
    let promised = plugin.clone().with_state_from(|| async { Ok::<_, io::Error>(40_u8) });
    assert!(promised.missing_states().is_empty());
    assert_eq!(promised.ask("state", json!({ "add": 2 })).await.unwrap_err().status(), 500);
    let started = promised.start().await.unwrap();
    assert_eq!(started.ask("state", json!({ "add": 2 })).await.unwrap().as_text(), "42");

    let broken = plugin.with_state_from(|| async { Err::<u8, _>(io::Error::other("no database")) });
    assert_eq!(broken.start().await.unwrap_err().to_string(), "the state `u8` cannot be made: no database");
}

#[test]
#[should_panic(expected = "`get_word` and `get-word` are one name in an OpenAPI document")]
fn names_that_become_one_are_refused_at_start() {
    let operation = |name| lobe_plugin_sdk::Operation::new(name, async |_| unreachable!());
    let _ = Plugin::new("words").operation(operation("get-word")).operation(operation("get_word"));
}

/// A choice that nobody can make.
#[derive(Clone, Copy, Debug, serde::Deserialize, schemars::JsonSchema)]
enum Hidden {
    #[serde(skip)]
    Only,
}

/// Chooses.
#[lobe_plugin_sdk::lobe_plugin]
fn choose(hidden: Hidden) -> bool {
    matches!(hidden, Hidden::Only)
}

#[test]
#[should_panic(expected = "nothing fits the argument `hidden`: give the `enum` that is its type a variant")]
fn an_argument_that_nothing_fits_is_refused_at_start() {
    assert!(choose(Hidden::Only));
    let _ = Plugin::new("choices").with::<choose>();
}

#[test]
#[should_panic(
    expected = "functions of `stateful` ask for `State<u8>`: add `.with_state(..)` to the plugin, or start it"
)]
fn a_state_that_is_missing_is_missed_at_start() {
    let plugin = Plugin::new("stateful").with::<functions::state>();
    let _: axum::Router = plugin.router();
}

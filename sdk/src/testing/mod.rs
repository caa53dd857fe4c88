//! What a plugin's own tests need: documents that are held against files, and clients of its doors.
//!
//! A client calls an operation the way the clients of one door do, without a socket, and reads the answer as they would. All
//! have one trait, [`TestClient`], so one test can go through every door:
//!
//! ```
//! use lobe_plugin_sdk::testing::{HttpClient, McpClient, TestCall, TestClient};
//! use lobe_plugin_sdk::{Plugin, lobe_plugin};
//! use serde_json::json;
//!
//! /// Add two numbers.
//! #[lobe_plugin]
//! fn add(
//!     /// The first.
//!     left: i32,
//!     /// The second.
//!     right: i32,
//! ) -> i32 {
//!     left + right
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let plugin = Plugin::new("calculator").with::<add>();
//! let (http, mcp) = (HttpClient::of(&plugin), McpClient::of(&plugin));
//! for client in [&plugin as &dyn TestClient, &http, &mcp] {
//!     let answer = client.send(TestCall::new("add", json!({ "left": 1, "right": 2 }))).await;
//!     assert_eq!(answer.text(), "3");
//!     let answer = client.send(TestCall::new("add", json!({ "left": 1 }))).await;
//!     assert!(answer.failure().contains("/right"), "{answer:?}");
//! }
//! # }
//! ```
//!
//! `lobe_plugin_gateway::testing` has a client of the door that LobeChat calls.

mod client;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod local;
#[cfg(all(feature = "http", feature = "mcp"))]
mod mcp;

use std::path::Path;

use serde_json::{Map, Value, json};

pub use self::client::{TestAnswer, TestCall, TestClient, TestFuture};
#[cfg(feature = "http")]
pub use self::http::HttpClient;
#[cfg(feature = "http")]
pub use self::local::LocalServer;
#[cfg(all(feature = "http", feature = "mcp"))]
pub use self::mcp::McpClient;

use crate::check::{self, Client, Severity};
use crate::describe::{BaseUrl, Site};
use crate::operation::Operation;
use crate::plugin::Plugin;
use crate::schema::{Profile, Schema};

/// Fails when a committed `manifest.json` is no longer what the plugin says, and says how to renew it.
///
/// One line in a test keeps the file from growing stale:
///
/// ```no_run
/// use lobe_plugin_sdk::{Plugin, Site, testing};
///
/// # fn plugin() -> Plugin { Plugin::new("clothes") }
/// #[test]
/// fn the_manifest_is_current() {
///     let site = Site::at("https://plugins.example.org".parse().unwrap());
///     testing::assert_manifest(&plugin(), &site, "manifest.json");
/// }
/// ```
///
/// `LOBE_UPDATE=1 cargo test` writes the file instead.
///
/// # Panics
///
/// When the file differs, cannot be read, or cannot be written.
#[track_caller]
pub fn assert_manifest(plugin: &Plugin, site: &Site, file: impl AsRef<Path>) {
    assert_file(file.as_ref(), &plugin.manifest_json(site));
}

/// Fails when what a plugin's operations take and answer is no longer what a committed file says, and says how to renew it:
/// so that nobody changes what models are shown without seeing it.
///
/// The file is JSON: by the operation's name its parameters (`input`) in a profile, and what it answers (`output`).
///
/// ```no_run
/// use lobe_plugin_sdk::schema::Profile;
/// use lobe_plugin_sdk::{Plugin, testing};
///
/// # fn plugin() -> Plugin { Plugin::new("clothes") }
/// #[test]
/// fn the_schemas_are_known() {
///     testing::assert_schemas(&plugin(), Profile::Portable, "tests/schemas.json");
/// }
/// ```
///
/// `LOBE_UPDATE=1 cargo test` writes the file instead.
///
/// # Panics
///
/// As [`assert_manifest`].
#[track_caller]
pub fn assert_schemas(plugin: &Plugin, profile: Profile, file: impl AsRef<Path>) {
    let shown = |operation: &Operation| {
        let input = operation.get_parameters().in_profile(profile).to_value();
        let output = operation.get_reply().schema.as_ref().map(Schema::to_value);
        (operation.name().to_owned(), json!({ "input": input, "output": output }))
    };
    let schemas: Map<String, Value> = plugin.operations().iter().map(shown).collect();
    let mut schemas = Value::Object(schemas);
    schemas.sort_all_objects();
    assert_file(file.as_ref(), &format!("{schemas:#}\n"));
}

/// Compares a file with what it should hold, or writes it.
#[track_caller]
fn assert_file(file: &Path, expected: &str) {
    if std::env::var_os("LOBE_UPDATE").is_some() {
        let written = std::fs::write(file, expected);
        assert!(written.is_ok(), "{} cannot be written: {written:?}", file.display());
        return;
    }
    let found = std::fs::read_to_string(file).unwrap_or_default();
    let same = found.lines().zip(expected.lines()).take_while(|(found, expected)| found == expected).count();
    assert!(
        found == expected,
        "{} is stale from line {} on: found {:?}, expected {:?}; renew it with `LOBE_UPDATE=1 cargo test`",
        file.display(),
        same + 1,
        found.lines().nth(same).unwrap_or_default(),
        expected.lines().nth(same).unwrap_or_default(),
    );
}

/// Fails when some client would refuse one of the plugin's operations, or some model could only guess at it, and says
/// where and what to do.
///
/// It judges as the plugin's command `check` does, and warnings count; and besides, whether the profiles `openai-strict` and
/// `gemini` of each operation are what these two take.
///
/// ```no_run
/// use lobe_plugin_sdk::{Plugin, testing};
///
/// # fn plugin() -> Plugin { Plugin::new("clothes") }
/// #[test]
/// fn every_client_takes_it() {
///     testing::assert_accepted(&plugin());
/// }
/// ```
///
/// # Panics
///
/// When there is such a thing.
#[track_caller]
pub fn assert_accepted(plugin: &Plugin) {
    let base_url =
        BaseUrl::parse("https://plugins.example.org").expect("cannot fail because it is a base URL");
    let remarks = check::plugin(plugin, &Site::at(base_url)).into_iter();
    let mut faults: Vec<String> =
        remarks.filter(|remark| remark.severity > Severity::Note).map(|remark| remark.to_string()).collect();
    for operation in plugin.operations() {
        for (profile, client) in
            [(Profile::OpenAiStrict, Client::OpenAiStrict), (Profile::Gemini, Client::GeminiStrict)]
        {
            let shown = operation.get_parameters().in_profile(profile).to_value();
            let objections = client.objections(&shown).into_iter();
            faults.extend(objections.map(|objection| {
                format!("{} in the profile {profile}: {client} would refuse {objection}", operation.name())
            }));
        }
    }
    assert!(faults.is_empty(), "{}: {}", plugin.identity().identifier, faults.join("\n"));
}

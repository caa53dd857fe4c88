//! What a plugin's own tests need.

use std::path::Path;

use crate::check::{self, Client, Severity};
use crate::describe::{BaseUrl, Site};
use crate::plugin::Plugin;
use crate::schema::Profile;

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
    let file = file.as_ref();
    let expected = plugin.manifest_json(site);
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

//! What a plugin's own tests need.

use std::path::Path;

use crate::describe::Site;
use crate::plugin::Plugin;

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

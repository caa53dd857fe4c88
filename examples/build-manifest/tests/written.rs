//! What the build script wrote is what the plugin says when it runs.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

use std::path::Path;

use greeter::greeter::plugin;

#[test]
fn the_documents_of_the_build_are_the_plugins() {
    let site = greeter::site().unwrap();
    assert_eq!(include_str!(env!("LOBE_MANIFEST")), plugin().manifest_json(&site));
    assert_eq!(include_str!(env!("LOBE_OPENAPI")), plugin().openapi(&site).to_json());
}

#[test]
fn they_are_found_below_the_target_folder() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    for (name, written) in [("manifest.json", env!("LOBE_MANIFEST")), ("openapi.json", env!("LOBE_OPENAPI"))]
    {
        let found = target.join("lobe/greeter").join(name);
        assert_eq!(std::fs::read(&found).unwrap(), std::fs::read(written).unwrap(), "{}", found.display());
    }
}

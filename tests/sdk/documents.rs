//! Documents are the same bytes from run to run, and in every build. `BLESS=1 cargo test` writes them anew; the diff
//! is the review.

use lobe_plugin_sdk::schema::Profile;
use lobe_plugin_sdk::{ManifestMode, OpenApiVersion, Plugin, Site, testing};
use lobe_tests::{golden, parity};
use serde_json::Value;

fn site() -> Site {
    Site::at("https://plugins.example.org".parse().unwrap())
        .behind_gateway("https://plugins.example.org/api/gateway")
}

#[test]
fn documents_are_as_blessed() {
    let plugins: [(&str, Plugin); 2] =
        [("clothes", clothes::clothes::plugin()), ("parity", parity::plugin())];
    for (name, plugin) in plugins {
        golden(&format!("{name}-manifest.json"), &plugin.manifest_json(&site()));
        let openapi = plugin.openapi(&site());
        golden(&format!("{name}-openapi.json"), &openapi.to_json());
        golden(&format!("{name}-openapi.yaml"), &openapi.to_yaml());
        let older = plugin.openapi(&site().in_openapi(OpenApiVersion::V3_0));
        golden(&format!("{name}-openapi-3.0.json"), &older.to_json());
    }
    let mode = site().in_mode(ManifestMode::OpenApi);
    golden("clothes-manifest-openapi-mode.json", &clothes::clothes::plugin().manifest_json(&mode));
}

#[test]
fn every_run_writes_the_same_bytes() {
    let write = || {
        let plugin = parity::plugin();
        (plugin.manifest_json(&site()), plugin.openapi(&site()).to_json(), plugin.openapi(&site()).to_yaml())
    };
    let first = write();
    // Maps with random keys would show up within a few runs.
    for _ in 0..20 {
        assert_eq!(write(), first);
    }
}

#[test]
fn every_reference_in_an_openapi_document_leads_somewhere() {
    for version in OpenApiVersion::ALL {
        let document = parity::plugin().openapi(&site().in_openapi(version)).to_value();
        let mut targets = Vec::new();
        collect(&document, &mut targets);
        assert!(targets.len() > 10, "{targets:?}");
        for target in targets {
            let pointer = target.strip_prefix('#').unwrap_or_else(|| panic!("{target} is elsewhere"));
            assert!(document.pointer(pointer).is_some(), "{version}: {target} leads nowhere");
        }
    }
}

#[test]
fn a_manifest_points_to_the_document_in_its_version() {
    let points_to = |site: Site| parity::plugin().manifest(&site.in_mode(ManifestMode::OpenApi)).openapi;
    assert_eq!(points_to(site()).as_deref(), Some("https://plugins.example.org/openapi.json"));
    let older = site().in_openapi(OpenApiVersion::V3_0);
    assert_eq!(points_to(older).as_deref(), Some("https://plugins.example.org/openapi.json?version=3.0"));
}

#[test]
fn a_profile_is_for_models_and_leaves_the_settings_form_alone() {
    let manifest = |profile| parity::with_settings::plugin().manifest(&site().in_profile(profile));
    let portable = manifest(Profile::Portable);
    assert!(portable.settings.is_some());
    for profile in Profile::ALL {
        assert_eq!(manifest(profile).settings, portable.settings, "{profile}");
    }
    let apis = |profile| parity::plugin().manifest(&site().in_profile(profile)).api;
    assert_ne!(apis(Profile::OpenAiStrict), apis(Profile::Portable));
}

#[test]
fn a_committed_manifest_that_is_stale_fails_its_test() {
    if std::env::var_os("LOBE_UPDATE").is_some() {
        return; // Nothing is stale while everything is renewed.
    }
    let file = std::env::temp_dir().join(format!("manifest-{}.json", std::process::id()));
    let check = || std::panic::catch_unwind(|| testing::assert_manifest(&parity::plugin(), &site(), &file));
    let complaint = |outcome: std::thread::Result<()>| *outcome.unwrap_err().downcast::<String>().unwrap();

    assert!(complaint(check()).contains("is stale from line 1 on"), "the file is missing");
    let fresh = parity::plugin().manifest_json(&site());
    std::fs::write(&file, &fresh).unwrap();
    assert!(check().is_ok());
    std::fs::write(&file, fresh.replace("\"Parity\"", "\"Purity\"")).unwrap();
    let complaint = complaint(check());
    assert!(complaint.contains(r#"found "    \"title\": \"Purity\","#), "{complaint}");
    assert!(complaint.contains("renew it with `LOBE_UPDATE=1 cargo test`"), "{complaint}");
    std::fs::remove_file(&file).unwrap();
}

fn collect<'a>(value: &'a Value, targets: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            targets.extend(members.get("$ref").and_then(Value::as_str));
            members.values().for_each(|member| collect(member, targets));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, targets)),
        _ => {}
    }
}

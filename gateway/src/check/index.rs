//! A market index: whether LobeChat reads it, and which of its entries it cannot install.

use lobe_plugin_sdk::check::{Remark, Severity};
use lobe_plugin_sdk::name;
use serde_json::Value;

use super::Judged;
use super::manifest::explain;
use crate::outbound::TargetUrl;
use crate::shape::{self, ShapeError};

pub(super) fn judge(document: &Value) -> Judged {
    let mut remarks = explained(shape::market_index(document), "");
    let entries = document["plugins"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (index, entry) in entries.iter().enumerate() {
        let place = format!("/plugins/{index}");
        remarks.extend(explained(shape::market_entry(entry), &place));
        remarks.extend(name_of(entry, &place, &entries[..index]));
        remarks.extend(manifest_of(entry, &place));
    }
    Judged { remarks, tools: Vec::new() }
}

fn explained(judged: Result<(), ShapeError>, place: &str) -> Vec<Remark> {
    let issues = judged.err().into_iter().flat_map(|error| error.issues);
    issues
        .map(|issue| {
            let mut remark = explain(&issue);
            remark.place.insert_str(0, place);
            remark
        })
        .collect()
}

fn name_of(entry: &Value, place: &str, earlier: &[Value]) -> Vec<Remark> {
    let Some(identifier) = entry["identifier"].as_str() else { return Vec::new() };
    let place = format!("{place}/identifier");
    let fault = name::fault(identifier);
    let fault = fault.map(|fault| Remark::new(Severity::Warning, &place, format!("`{identifier}`: {fault}")));
    let twice = earlier.iter().any(|other| other["identifier"] == identifier);
    let twice = twice.then(|| {
        let text =
            format!("`{identifier}` is an earlier entry, too, which is the one that is found: remove one");
        Remark::new(Severity::Error, &place, text)
    });
    fault.into_iter().chain(twice).collect()
}

fn manifest_of(entry: &Value, place: &str) -> Option<Remark> {
    let fault = TargetUrl::parse(entry["manifest"].as_str()?).err()?;
    let text = format!("the manifest cannot be fetched from there: {fault}");
    Some(Remark::new(Severity::Error, format!("{place}/manifest"), text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_entry_is_judged() {
        let entry = |identifier: &str, manifest: &str| {
            json!({"author": "a", "createdAt": "2026-01-31", "homepage": "h", "identifier": identifier, "manifest": manifest,
                   "meta": {}, "schemaVersion": 1})
        };
        let mut broken = entry("c", "https://a.b/m.json");
        broken["meta"] = json!([]);
        let index = json!({"schemaVersion": 1, "plugins": [
            entry("a", "https://a.b/m.json"), entry("a", "https://a.b/m.json"), entry("b", "m.json"), broken,
        ]});
        let remarks = judge(&index).remarks;
        let places: Vec<_> = remarks.iter().map(|remark| &*remark.place).collect();
        assert_eq!(places, ["/plugins/1/identifier", "/plugins/2/manifest", "/plugins/3/meta"]);
        assert_eq!(judge(&json!({"plugins": []})).remarks[0].place, "/schemaVersion");
    }
}

//! A manifest: whether LobeChat installs it, and what comes of it then.

use lobe_plugin_sdk::check::{self, Remark, Severity, Tool};
use serde_json::Value;

use super::{Judged, ToolSize};
use crate::shape::{self, Issue, Step};

pub(super) fn judge(document: &Value) -> Judged {
    let listed = document["api"].as_array().into_iter().flatten().enumerate();
    let tools = listed.map(|(index, api)| ToolSize::of(&Tool::of_manifest(index, api))).collect();
    Judged { remarks: remarks(document), tools }
}

/// Says what is wrong with a manifest.
pub(crate) fn remarks(document: &Value) -> Vec<Remark> {
    let refused = shape::manifest(document).err().into_iter().flat_map(|error| error.issues);
    let mut remarks: Vec<Remark> = refused.map(|issue| explain(&issue)).collect();
    remarks.extend(misspelt(document));
    let (known, mut more) = (&remarks, check::manifest(document));
    more.retain(|remark| !repeats(known, remark));
    remarks.append(&mut more);
    remarks
}

/// Returns whether a fault in the shape of the document already says what is wrong with what another remark is about: the
/// same place, one in it, or the whole of which it is a part.
fn repeats(faults: &[Remark], other: &Remark) -> bool {
    let within = |fault: &Remark| {
        other.place.strip_prefix(&fault.place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let whole = |fault: &Remark| fault.place.rsplit_once('/').is_some_and(|(whole, _)| whole == other.place);
    let mut errors = faults.iter().filter(|fault| fault.severity == Severity::Error);
    errors.any(|fault| within(fault) || other.severity == Severity::Warning && whole(fault))
}

/// Words an issue of zod's for people: zod's own words, which is what LobeChat shows, and what to write.
pub(super) fn explain(issue: &Issue) -> Remark {
    let place: String = issue.path().iter().map(step).collect();
    let said = issue.message();
    let text = match advice(issue.path()) {
        "" => format!("LobeChat refuses it: {said}"),
        advice => format!("LobeChat refuses it: {said}: {advice}"),
    };
    Remark::new(Severity::Error, place, text)
}

fn step(step: &Step) -> String {
    match step {
        Step::Name(name) => format!("/{name}"),
        Step::Index(index) => format!("/{index}"),
    }
}

/// Says what stands at a place of a manifest or an index where all is well.
fn advice(path: &[Step]) -> &'static str {
    let names = path.iter().map(|step| match step {
        Step::Name(name) => name,
        Step::Index(_) => "*",
    });
    match names.collect::<Vec<_>>()[..] {
        [] => "write a JSON object",
        ["identifier"] | ["plugins", "*", "identifier"] => {
            "write the plugin's name for machines, such as \"weather\""
        }
        ["meta"] | ["plugins", "*", "meta"] => {
            "write an object with `title`, `description`, `avatar` and `tags`"
        }
        ["meta", "tags"] | ["plugins", "*", "meta", "tags"] => "write a list of words",
        ["api"] => "list what models may call, or `[]` where an OpenAPI document has it",
        ["api", "*", "name"] => "write what models call it by, such as \"current-weather\"",
        ["api", "*", "description"] => "write a sentence by which models choose",
        ["api", "*", "url"] => "write the whole address, from `https://` on",
        ["api", "*", "parameters"] => {
            "write a JSON Schema; for none `{\"type\": \"object\", \"properties\": {}}`"
        }
        [.., "parameters" | "settings", "type"] => "write `\"type\": \"object\"`",
        [.., "parameters" | "settings", "properties"] => "write an object; for none `{}`",
        [.., "parameters" | "settings", "required"] => "list the names of required properties",
        [.., "required", "*"] => "write the name of a property",
        ["settings"] => "write a JSON Schema, of which LobeChat makes a form, or leave it out",
        ["type"] => "write what is done with answers, or leave it out for `default`",
        ["ui", "url"] => "write the address of the page",
        ["ui", "mode"] => "write `iframe`, or leave it out",
        ["plugins"] => "list the plugins",
        ["schemaVersion"] | ["plugins", "*", "schemaVersion"] => "write `1`",
        ["plugins", "*", "createdAt"] => "write a date such as \"2026-01-31\"",
        ["plugins", "*", "manifest"] => "write the URL of its manifest",
        _ => "",
    }
}

/// Finds members that LobeChat does not know, where a known one was meant.
fn misspelt(document: &Value) -> Vec<Remark> {
    const KNOWN: [&str; 15] = [
        "$schema",
        "api",
        "author",
        "createAt",
        "createdAt",
        "gateway",
        "homepage",
        "identifier",
        "meta",
        "openapi",
        "settings",
        "systemRole",
        "type",
        "ui",
        "version",
    ];
    let Some(members) = document.as_object() else { return Vec::new() };
    let remark = |name: &String| {
        let known = |one: &&str| one.eq_ignore_ascii_case(&name.replace(['_', '-'], ""));
        let meant = KNOWN.iter().copied().filter(|one| one != name).find(known)?;
        let text = format!("LobeChat does not know `{name}`, and passes over it: write `{meant}`");
        Some(Remark::new(Severity::Warning, format!("/{name}"), text))
    };
    members.keys().filter(|name| !KNOWN.contains(&name.as_str())).filter_map(remark).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(document: &Value, expected: &[&str]) {
        let found: Vec<String> = judge(document).remarks.iter().map(Remark::to_string).collect();
        let worse: Vec<&String> = found.iter().filter(|text| !text.starts_with("note")).collect();
        assert_eq!(worse, expected);
    }

    #[test]
    fn faults_have_a_place_zods_words_and_advice() {
        check(
            &json!([]),
            &["error: LobeChat refuses it: Expected object, received array: write a JSON object"],
        );
        check(
            &json!({"identifier": "a", "meta": {"description": "d"}, "api": [
                {"name": "n", "description": "d", "url": "/n", "parameters": {"properties": {}}},
            ]}),
            &[
                "error: /api/0/parameters/type: LobeChat refuses it: Required: write `\"type\": \"object\"`",
                "error: /api/0/url: LobeChat refuses it: Invalid url: write the whole address, from `https://` on",
            ],
        );
    }

    #[test]
    fn a_member_that_nobody_knows_was_meant_to_be_another() {
        check(
            &json!({"identifier": "a", "meta": {"description": "d"}, "api": [], "open_api": "https://a.b", "openapi": "https://a.b",
                   "SystemRole": "x", "more": 1}),
            &[
                "warning: /open_api: LobeChat does not know `open_api`, and passes over it: write `openapi`",
                "warning: /SystemRole: LobeChat does not know `SystemRole`, and passes over it: write `systemRole`",
            ],
        );
    }
}

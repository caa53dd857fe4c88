//! One document out of several: those that it refers to, and that the operator named, become parts of it. What nobody named
//! stays a reference out of the document, which no reader follows.

use std::collections::VecDeque;

use serde_json::{Map, Value};

/// Where the others stand in the one.
const PART: &str = "x-siblings";

/// A document, by the path that others have to it from where the main one stands: `schemas/pet.yaml`.
#[derive(Debug)]
pub(super) struct Sibling {
    pub(super) path: String,
    pub(super) root: Value,
}

/// Puts documents into the main one, and lets all references between them lead to where they stand now.
pub(super) fn bundle(main: &mut Value, siblings: Vec<Sibling>) {
    if siblings.is_empty() {
        return;
    }
    let paths: Vec<String> = siblings.iter().map(|sibling| normal(&sibling.path)).collect();
    point(main, "", &paths);
    let mut parts = Map::new();
    for (number, mut sibling) in siblings.into_iter().enumerate() {
        point(&mut sibling.root, &paths[number], &paths);
        parts.insert(number.to_string(), sibling.root);
    }
    if let Some(members) = main.as_object_mut() {
        members.insert(PART.to_owned(), parts.into());
    }
}

/// Rewrites the references of one document, which stands at `path`; the main one at none.
fn point(document: &mut Value, path: &str, paths: &[String]) {
    let mut left = VecDeque::from([document]);
    while let Some(value) = left.pop_front() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get_mut("$ref")
                    && let Some(moved) = moved(reference, path, paths)
                {
                    *reference = moved;
                }
                left.extend(members.values_mut());
            }
            Value::Array(items) => left.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Returns where a reference leads in the one document, if that is elsewhere than it says.
fn moved(reference: &str, path: &str, paths: &[String]) -> Option<String> {
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let file = if file.is_empty() { path.to_owned() } else { normal(&beside(path, file)) };
    let number = paths.iter().position(|known| *known == file)?;
    Some(format!("#/{PART}/{number}{}", pointer.trim_end_matches('/')))
}

/// Returns the path of a file that another one names.
fn beside(path: &str, file: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{file}"),
        None => file.to_owned(),
    }
}

/// Takes `.` and `..` out of a path.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_lead_to_where_documents_stand_now() {
        let mut main = json!({
            "own": { "$ref": "#/components/x" },
            "pet": { "$ref": "./schemas/pet.yaml#/Pet" },
            "all": [{ "$ref": "schemas/owner.json" }],
            "far": { "$ref": "https://example.org/x.json#/X" },
        });
        let pet =
            json!({ "Pet": { "owner": { "$ref": "owner.json" }, "kind": { "$ref": "#/Kind" } }, "Kind": {} });
        let owner = json!({ "pets": { "$ref": "../schemas/pet.yaml#/Pet" } });
        let sibling = |path: &str, root| Sibling { path: path.to_owned(), root };
        bundle(&mut main, vec![sibling("schemas/pet.yaml", pet), sibling("./schemas/owner.json", owner)]);
        assert_eq!(
            main,
            json!({
                "own": { "$ref": "#/components/x" },
                "pet": { "$ref": "#/x-siblings/0/Pet" },
                "all": [{ "$ref": "#/x-siblings/1" }],
                "far": { "$ref": "https://example.org/x.json#/X" },
                "x-siblings": {
                    "0": {
                        "Pet": { "owner": { "$ref": "#/x-siblings/1" }, "kind": { "$ref": "#/x-siblings/0/Kind" } },
                        "Kind": {},
                    },
                    "1": { "pets": { "$ref": "#/x-siblings/0/Pet" } },
                },
            })
        );
    }
}

//! Services that OpenAPI documents describe, and the plugins that are made of them.

use serde_json::{Map, Value, json};

/// The operation that is called, in each of the documents.
pub(super) const OPERATION: &str = "getPet0";

/// A document, as it differs from others.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Document {
    pub(super) name: &'static str,
    version: &'static str,
    operations: usize,
}

/// One operation.
pub(super) const ONE: Document = Document { name: "openapi-1", version: "3.0.3", operations: 1 };
/// As many as a service has that is no toy.
pub(super) const MANY: Document = Document { name: "openapi-83", version: "3.0.3", operations: 83 };
/// The same in the next version, which swagger-client resolves by another program.
pub(super) const NEWER: Document = Document { name: "openapi-3.1", version: "3.1.0", operations: 83 };

impl Document {
    pub(super) const ALL: [Self; 3] = [ONE, MANY, NEWER];

    /// Names the file in the folder of the upstream.
    pub(super) fn file(self) -> String {
        format!("{}.json", self.name)
    }

    /// Writes it, for a service at a port of this machine.
    pub(super) fn write(self, upstream: u16) -> Value {
        let paths: Map<_, _> =
            (0..self.operations).map(|number| (format!("/pets{number}/{{petId}}"), path(number))).collect();
        json!({
            "openapi": self.version,
            "info": { "title": "Pets", "version": "1" },
            "servers": [{ "url": format!("http://127.0.0.1:{upstream}/api") }],
            "paths": paths,
            "components": { "schemas": { "Pet": {
                "properties": {
                    "friends": { "items": { "$ref": "#/components/schemas/Pet" }, "type": "array" },
                    "name": { "type": "string" },
                },
                "type": "object",
            } } },
        })
    }
}

fn path(number: usize) -> Value {
    json!({ "get": {
        "operationId": format!("getPet{number}"),
        "summary": "Find a pet by its number",
        "parameters": [
            { "in": "path", "name": "petId", "required": true, "schema": { "type": "integer" } },
            { "in": "query", "name": "verbose", "schema": { "type": "boolean" } },
        ],
        "responses": { "200": {
            "description": "the pet",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } },
        } },
    } })
}

/// Writes the operation that is called, as LobeHub's convertor has it in the manifest.
pub(super) fn api() -> Value {
    json!({
        "description": "Find a pet by its number",
        "name": OPERATION,
        "parameters": {
            "properties": { "petId": { "type": "integer" }, "verbose": { "type": "boolean" } },
            "required": ["petId"],
            "type": "object",
        },
    })
}

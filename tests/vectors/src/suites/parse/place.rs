//! Where a vector's payload goes: the body, a header, the arguments, a schema, a document.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::amended;
use crate::documents;
use crate::gateway::SETTINGS;
use crate::gateway::config::Needs;
use crate::outcome::Expected;
use crate::payload;
use crate::suites::mcp;
use crate::vector::Vector;
use crate::verdict::Unrun;
use crate::wire::response;
use crate::world::{Responder, Scene};

/// Where the vectors' documents are.
const DOCUMENT: &str = "https://public.vec.test/document.json";
/// Where the plugin of most vectors is.
const PLUGIN: &str = "https://public.vec.test/x";

/// A vector made into what is sent.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
    /// Bytes for the gateway's socket, in place of a request.
    pub(super) raw: Option<Vec<u8>>,
    pub(super) outcome: Expected,
    /// The arguments as they stand in the body.
    pub(super) arguments: Vec<u8>,
    /// What tells the documents of this vector from those of others, for a gateway that remembers them.
    pub(super) document: String,
    served: Option<Vec<u8>>,
    /// The server that the payload is an answer of.
    mcp: Option<Arc<mcp::Server>>,
}

/// Returns the URL of a vector's document: one of its own, since gateways keep what they fetched.
fn document_of(vector: &Vector) -> String {
    format!("{DOCUMENT}?{}", vector.id)
}

impl Request {
    /// Makes what a vector sends.
    pub(super) fn of(vector: &Vector) -> Result<Self, Unrun> {
        let words =
            vector.expect()["outcome"].as_str().ok_or_else(|| Unrun::words("expect", vector.expect()))?;
        let words = amended::outcome(&vector.id).unwrap_or(words);
        let mut request = Self {
            headers: Vec::new(),
            body: documents::call(&documents::manifest("x", PLUGIN), "{}").to_string().into_bytes(),
            raw: None,
            outcome: Expected::parse(words).map_err(Unrun::NotUnderstood)?,
            arguments: Vec::new(),
            document: String::new(),
            served: None,
            mcp: None,
        };
        request.place(vector)?;
        request.in_chunks(
            [vector.member("payload"), vector.member("raw")].iter().any(|made| made["chunked"] == true),
        );
        request.in_chunks(vector.member("chunked") == true);
        request.extras(vector.member("request"))?;
        Ok(request)
    }

    fn place(&mut self, vector: &Vector) -> Result<(), Unrun> {
        let made = |value: &Value| payload::bytes(value).map_err(Unrun::NotUnderstood);
        let written = |value: &Value| payload::json(value).map_err(Unrun::NotUnderstood);
        let place = vector.text("where").unwrap_or_default();
        match place {
            "body" => self.body = made(vector.member("payload"))?,
            "raw" => self.raw = Some(raw(vector)?),
            "arguments" => {
                let schema = written(vector.member("schema"))?;
                self.with_arguments(&made(vector.member("payload"))?, &schema);
            }
            "params_schema" => {
                let schema = written(vector.member("schema"))?;
                self.with_arguments(&made(vector.member("instance"))?, &schema);
            }
            "settings_schema" => {
                let mut manifest = documents::manifest("x", PLUGIN);
                manifest["settings"] = written(vector.member("schema"))?;
                self.body = documents::call(&manifest, "{}").to_string().into_bytes();
                if !vector.member("instance").is_null() {
                    self.headers.push((SETTINGS.to_owned(), made(vector.member("instance"))?));
                }
            }
            "mcp_response" => {
                self.mcp = Some(Arc::new(mcp::Server::answering(made(vector.member("payload"))?)));
                self.body = mcp::payload().to_string().into_bytes();
                self.document.clone_from(&vector.id);
            }
            "index" => self.with_document(&vector.id, made(vector.member("payload"))?, &document_of(vector)),
            "openapi_json" | "openapi_yaml" => {
                let document = with_operation(made(vector.member("payload"))?);
                let manifest = documents::manifest_of_service(&document_of(vector));
                self.with_document(&vector.id, document, "");
                self.body = documents::call(&manifest, "{}").to_string().into_bytes();
            }
            "manifest" => {
                let index = documents::index_leading_to(&document_of(vector));
                self.with_document(&vector.id, made(vector.member("payload"))?, &index);
            }
            place if place.starts_with("header:") => self.with_header(&place["header:".len()..], vector)?,
            _ => return Err(Unrun::words("where", place)),
        }
        Ok(())
    }

    fn with_header(&mut self, name: &str, vector: &Vector) -> Result<(), Unrun> {
        let payload = vector.member("payload");
        let values = match payload.get("twice") {
            Some(Value::Array(values)) => values.clone(),
            _ => vec![payload.clone()],
        };
        for value in &values {
            self.headers.push((name.to_owned(), payload::bytes(value).map_err(Unrun::NotUnderstood)?));
        }
        Ok(())
    }

    fn with_arguments(&mut self, arguments: &[u8], schema: &Value) {
        let mut manifest = documents::manifest("x", PLUGIN);
        if !schema.is_null() {
            manifest["api"][0]["parameters"] = schema.clone();
        }
        let text = String::from_utf8_lossy(arguments);
        self.body = documents::call(&manifest, &text).to_string().into_bytes();
        self.arguments = arguments.to_vec();
    }

    fn with_document(&mut self, id: &str, document: Vec<u8>, index: &str) {
        let payload = json!({ "identifier": "x", "apiName": "a", "arguments": "{}", "indexUrl": index });
        self.body = payload.to_string().into_bytes();
        self.served = Some(document);
        self.document = id.to_owned();
        // Another URL for the same document would be another vector's; the fixture serves one at a time, so a gateway
        // that fetched it before is not asked again.
        self.document.push_str(" document");
    }

    /// Reads `request`: headers, and a body in place of the payload.
    fn extras(&mut self, request: &Value) -> Result<(), Unrun> {
        for (name, value) in request.as_object().into_iter().flatten() {
            match name.as_str() {
                "headers" => {
                    let headers = value.as_object().into_iter().flatten();
                    let header = |(name, value): (&String, &Value)| {
                        Some((name.clone(), value.as_str()?.as_bytes().to_vec()))
                    };
                    self.headers.extend(headers.filter_map(header));
                }
                "chunked" => self.in_chunks(value == true),
                "body_gzip_of" => {
                    let plain = payload::bytes(value).map_err(Unrun::NotUnderstood)?;
                    self.body = payload::gzip(&plain);
                }
                _ => return Err(Unrun::words("request", name)),
            }
        }
        Ok(())
    }

    /// Sends the body without a length.
    fn in_chunks(&mut self, chunked: bool) {
        if chunked {
            self.headers.push(("Transfer-Encoding".to_owned(), b"chunked".to_vec()));
        }
    }

    /// Returns what the vector needs of the gateway: where its MCP server is, which is another one for every vector, so that
    /// none meets the session of one before.
    pub(super) fn needs(&self) -> Needs {
        let mcp = self.mcp.as_ref().map(|_| format!("{}?{}", mcp::SERVER, self.document));
        Needs { mcp, ..Needs::default() }
    }

    /// Returns whether the payload is an answer of an MCP server.
    pub(super) fn is_of_mcp(&self) -> bool {
        self.mcp.is_some()
    }

    /// Sets the scene: the vector's document where it has one, and a plugin.
    pub(super) fn scene(&self) -> Scene {
        if let Some(server) = self.mcp.clone() {
            let responder: Responder = Arc::new(move |received| server.answer(received));
            return Scene { responder: Some(responder), ..Scene::default() };
        }
        let served = self.served.clone();
        let responder: Responder = Arc::new(move |received| {
            let document = served.as_deref().filter(|_| received.target().starts_with("/document.json"));
            response(200, &[("Content-Type", "application/json")], document.unwrap_or(br#"{"ok":true}"#))
        });
        Scene { responder: Some(responder), ..Scene::default() }
    }
}

/// Gives a document without operations the one that is called.
fn with_operation(document: Vec<u8>) -> Vec<u8> {
    let operation = documents::operation();
    match String::from_utf8(document) {
        Ok(text) => text
            .replace("paths: {}", &format!("paths: {{ /a: {{ get: {operation} }} }}"))
            .replace(r#""paths":{}"#, &format!(r#""paths":{{"/a":{{"get":{operation}}}}}"#))
            .into_bytes(),
        Err(bytes) => bytes.into_bytes(),
    }
}

/// The bytes of a raw vector: `raw`, or a payload.
fn raw(vector: &Vector) -> Result<Vec<u8>, Unrun> {
    let value = if vector.member("raw").is_null() { vector.member("payload") } else { vector.member("raw") };
    match value.as_str() {
        // Latin-1, so that a vector can say any byte.
        Some(text) if text.chars().all(|character| u32::from(character) < 256) => {
            Ok(text.chars().filter_map(|character| u8::try_from(u32::from(character)).ok()).collect())
        }
        _ => payload::bytes(value).map_err(Unrun::NotUnderstood),
    }
}

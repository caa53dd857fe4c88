//! A plugin's OpenAPI document, carried by utoipa, with the schemas that schemars made. utoipa knows 3.1 and newer; a
//! document in 3.0 is built as one in 3.1, of schemas in the older dialect, and turned into one when it is written.
//!
//! utoipa's own schema type cannot hold every JSON Schema (it drops `const`, for one), so schemas travel inside it as
//! extensions, which it writes out as they are. That is not promised by utoipa; the test `schemas_are_verbatim` tells
//! when it changes.

mod components;
mod downgrade;
mod security;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use utoipa::openapi::path::{HttpMethod, OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContactBuilder, ContentBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, RefOr, Required,
    Response, ResponseBuilder, Schema as UtoipaSchema, ServerBuilder,
};

use self::components::Components;
use self::security::{all_of, required_settings};
use super::{OpenApiVersion, Site, pretty, sorted};
use crate::name;
use crate::operation::Operation;
use crate::plugin::Plugin;
use crate::reply::ReplyKind;
use crate::schema::{Profile, Schema};

/// Holds an OpenAPI document.
#[derive(Clone)]
pub struct OpenApiDocument {
    document: OpenApi,
    version: OpenApiVersion,
    /// The paths in the order in which the plugin names its operations.
    order: Vec<String>,
}

impl OpenApiDocument {
    /// Writes it as JSON, the same bytes every time.
    #[must_use]
    pub fn to_json(&self) -> String {
        pretty(&self.in_order()).expect("cannot fail because a JSON value can always be written")
    }

    /// Writes it as YAML, the same bytes every time.
    #[must_use]
    pub fn to_yaml(&self) -> String {
        yaml_serde::to_string(&self.in_order())
            .expect("cannot fail because a JSON value can always be written")
    }

    /// Puts its parts in the order of the specification, and the operations in the plugin's: so people look for them.
    fn in_order(&self) -> InOrder<'_> {
        InOrder { document: self.to_value(), paths: &self.order }
    }

    /// Returns it as a value, the members of every object in alphabetical order.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let document = serde_json::to_value(&self.document)
            .expect("cannot fail because all keys of the document are strings");
        sorted(match self.version {
            OpenApiVersion::V3_1 => document,
            OpenApiVersion::V3_0 => downgrade::to_3_0(document),
        })
    }

    /// Returns utoipa's own type, to merge with other documents. Write it out through [`serde_json::to_value`]:
    /// written directly, the members of its schemas come in another order every time.
    ///
    /// utoipa has no type for 3.0: such a document calls itself 3.1 there, though its schemas are in the older dialect.
    #[must_use]
    pub fn into_utoipa(self) -> OpenApi {
        self.document
    }
}

struct InOrder<'a> {
    document: Value,
    paths: &'a [String],
}

/// The fields of an OpenAPI document, in the order of the specification.
const FIELDS: [&str; 7] = ["openapi", "info", "servers", "tags", "security", "paths", "components"];

impl Serialize for InOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = FIELDS.iter().filter_map(|field| Some((*field, self.document.get(*field)?)));
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in fields {
            match field {
                "paths" => map.serialize_entry(field, &PathsInOrder { paths: value, order: self.paths })?,
                _ => map.serialize_entry(field, value)?,
            }
        }
        map.end()
    }
}

struct PathsInOrder<'a> {
    paths: &'a Value,
    order: &'a [String],
}

impl Serialize for PathsInOrder<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.order.iter().filter_map(|path| Some((path, self.paths.get(path)?))))
    }
}

impl std::fmt::Debug for OpenApiDocument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("OpenApiDocument").field(&self.to_value()).finish()
    }
}

impl Plugin {
    /// Describes the plugin's HTTP door, as it can be reached at `site`, in the [version](OpenApiVersion) of OpenAPI
    /// that this asks for.
    #[must_use]
    pub fn openapi(&self, site: &Site) -> OpenApiDocument {
        let identity = self.identity();
        let keys = self.settings().map(required_settings).unwrap_or_default();
        let mut components = Components::in_profile(site.openapi.profile());
        let error = components.take(&error_schema());
        let mut paths = PathsBuilder::new();
        let mut order = Vec::new();
        for operation in self.operations() {
            let path = format!("/api/{}", operation.name());
            let described = describe(operation, &identity.identifier, &error, &mut components);
            paths = paths.path(path.clone(), PathItem::new(HttpMethod::Post, described));
            order.push(path);
        }
        let tag = TagBuilder::new()
            .name(identity.identifier.clone())
            .description(Some(non_empty(&identity.description).unwrap_or(identity.shown_title())));
        let document = OpenApiBuilder::new()
            .info(info(self))
            .servers(Some([ServerBuilder::new().url(site.base_url.as_str()).build()]))
            .paths(paths)
            .components(Some(components.build(&keys)))
            // Where there are no settings this says explicitly that nothing is asked of a caller.
            .security(Some(keys.iter().take(1).map(|_| all_of(&keys))))
            .tags(Some([tag.build()]));
        OpenApiDocument { document: document.build(), version: site.openapi, order }
    }
}

fn info(plugin: &Plugin) -> utoipa::openapi::Info {
    let identity = plugin.identity();
    let contact = (identity.author.is_some() || identity.homepage.is_some())
        .then(|| ContactBuilder::new().name(identity.author.clone()).url(identity.homepage.clone()).build());
    let license = identity
        .license
        .as_deref()
        .map(|license| LicenseBuilder::new().name(license).identifier(Some(license)).build());
    InfoBuilder::new()
        .title(identity.shown_title())
        .version(identity.version.clone())
        .description(non_empty(&identity.description))
        .contact(contact)
        .license(license)
        .build()
}

fn describe(
    operation: &Operation,
    tag: &str,
    error: &RefOr<UtoipaSchema>,
    components: &mut Components,
) -> utoipa::openapi::path::Operation {
    let parameters = components.take(operation.get_parameters());
    let required =
        operation.get_parameters().in_profile(Profile::Portable).as_object().contains_key("required");
    let body = RequestBodyBuilder::new()
        .description(Some("The arguments."))
        .content(ReplyKind::Json.media_type(), content(parameters))
        .required(Some(if required { Required::True } else { Required::False }));
    OperationBuilder::new()
        .operation_id(Some(name::operation_id(operation.name())))
        .tag(tag)
        .summary(Some(non_empty(operation.get_summary()).unwrap_or(operation.name())))
        .description(non_empty(operation.get_description()))
        .request_body(Some(body.build()))
        .response("200", answer(operation, components))
        .response("422", failure("The arguments or the settings do not fit.", error))
        .response("default", failure("Any other failure.", error))
        .build()
}

fn answer(operation: &Operation, components: &mut Components) -> Response {
    let reply = operation.get_reply();
    let content = match &reply.schema {
        Some(schema) => content(components.take(schema)),
        None => ContentBuilder::new().build(),
    };
    ResponseBuilder::new().description("The answer.").content(reply.kind.media_type(), content).build()
}

fn failure(description: &str, error: &RefOr<UtoipaSchema>) -> Response {
    let content = content(error.clone());
    ResponseBuilder::new().description(description).content(ReplyKind::Json.media_type(), content).build()
}

fn content(schema: RefOr<UtoipaSchema>) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(schema)).build()
}

/// Describes [`ErrorBody`](crate::protocol::ErrorBody) as [`PluginError`](crate::PluginError) writes it.
fn error_schema() -> Schema {
    let fault = json!({
        "type": "object",
        "description": "One thing that is wrong with the arguments.",
        "properties": {
            "path": { "type": "string", "description": "JSON Pointer to the place; empty means all of them." },
            "expected": { "type": "string", "description": "What would have been right." },
            "received": { "type": "string", "description": "The JSON type that came." },
        },
        "required": ["path", "expected", "received"],
    });
    Schema::from_value(json!({
        "$ref": "#/$defs/PluginErrorBody",
        "$defs": { "PluginErrorBody": {
            "type": "object",
            "description": "Why a call failed, as LobeHub's plugin protocol writes it.",
            "properties": {
                "errorType": {
                    "type": ["string", "integer"],
                    "description": "A name of the protocol such as `PluginApiParamsError`, or an HTTP status.",
                },
                "body": {
                    "type": "object",
                    "properties": {
                        "message": { "type": "string", "description": "What went wrong, in words." },
                        "error": { "type": "array", "items": fault },
                    },
                    "required": ["message"],
                },
            },
            "required": ["errorType", "body"],
        } },
    }))
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

//! The words of OpenAPI 3.0, 3.1 and 3.2: <https://spec.openapis.org/oas/v3.2.0.html>.

use std::collections::HashMap;

use http::HeaderValue;
use serde_json::{Map, Value};

use super::super::fault::Fault;
use super::super::headers;
use super::super::model::{
    Body, Escape, Essence, Field, Form, Media, Operation, Parameter, Place, Schemes, Style,
};
use super::super::pointer::{Tree, is_true, items, members, text};
use super::work::{LENGTH_OF_A_STEP, Work};
use super::{At, Dialect, flows, schema, security};
use crate::outbound::{TargetUrl, UrlFault};

/// The length beyond which a server's URL is not completed, far beyond that of any URL.
const MAX_SERVER: usize = 16 << 10;

pub(super) struct OpenApi;

impl Dialect for OpenApi {
    fn parameter<'doc>(&self, at: &At<'doc>, value: &'doc Value) -> Option<Parameter> {
        let name = text(value, "name").filter(|name| !name.is_empty())?.to_owned();
        let place = match text(value, "in")? {
            "path" => Place::Path,
            "query" => Place::Query,
            "querystring" => Place::QueryString,
            "header" => Place::Header(headers::settable(&name)),
            "cookie" => Place::Cookie,
            _ => return None,
        };
        Some(Parameter {
            required: is_true(value, "required"),
            form: form(value, &place),
            allow_empty: is_true(value, "allowEmptyValue"),
            default: None,
            kind: value.get("schema").map(|schema| schema::kind(at, schema)).unwrap_or_default(),
            name,
            place,
        })
    }

    fn complete(&self, at: &At<'_>, operation: &mut Operation) -> Result<(), Fault> {
        operation.security = security(at)?;
        operation.accept = accept(at)?;
        operation.body = match at.operation.get("requestBody") {
            Some(body) => Some(read_body(at, at.tree.follow(body)?)?),
            None => None,
        };
        Ok(())
    }

    fn server(&self, at: &At<'_>, url: &TargetUrl) -> Result<Result<TargetUrl, UrlFault>, Fault> {
        let servers = [at.operation, at.item, at.tree.root].map(|level| items(level, "servers"));
        let server = servers.iter().find_map(|servers| servers.first());
        let written = match server {
            Some(server) => substituted(server, &at.shared.work)?,
            None => "/".to_owned(),
        };
        Ok(url.join(&written))
    }

    fn schemes(&self, tree: Tree<'_>) -> Schemes {
        flows::schemes(tree, tree.root.get("components").and_then(|all| all.get("securitySchemes")))
    }
}

/// Writes a server's URL with the defaults of its variables. An empty one is none: it would be the document's own.
fn substituted(server: &Value, work: &Work) -> Result<String, Fault> {
    let mut url = text(server, "url").filter(|url| !url.is_empty()).unwrap_or("/").to_owned();
    for (name, variable) in members(server, "variables").into_iter().flatten() {
        // A default may have further variables in it, twice each; so long a URL leads nowhere anyway.
        if url.len() > MAX_SERVER {
            break;
        }
        work.steps(1 + url.len() / LENGTH_OF_A_STEP)?;
        if let Some(default) = text(variable, "default").filter(|default| default.len() <= MAX_SERVER) {
            url = url.replace(&format!("{{{name}}}"), default);
        }
    }
    Ok(url)
}

fn form(parameter: &Value, place: &Place) -> Form {
    let explicit = parameter.get("explode").and_then(Value::as_bool);
    let in_query = *place == Place::Query;
    if let Some(media_type) = members(parameter, "content").and_then(|content| content.keys().next()) {
        let escape = match place {
            Place::Query | Place::QueryString => Escape::Component,
            Place::Path => Escape::Unreserved,
            Place::Header(_) | Place::Cookie => Escape::Nothing,
        };
        return Form::Content { media_type: media_type.clone(), escape };
    }
    let (usual, escape) = match place {
        Place::Path => (Style::Simple, Escape::Unreserved),
        Place::Query if is_true(parameter, "allowReserved") => (Style::Form, Escape::Reserved),
        Place::Query | Place::QueryString => (Style::Form, Escape::Unreserved),
        Place::Header(_) => (Style::Simple, Escape::Nothing),
        Place::Cookie => (Style::Form, Escape::Nothing),
    };
    let style = style(parameter).unwrap_or(usual);
    Form::Style { style, explode: explicit.unwrap_or(in_query && style == Style::Form), escape }
}

fn style(value: &Value) -> Option<Style> {
    Some(match text(value, "style")? {
        "simple" => Style::Simple,
        "label" => Style::Label,
        "matrix" => Style::Matrix,
        // 3.2's `cookie` is `form` but for its encoding.
        "form" | "cookie" => Style::Form,
        "spaceDelimited" => Style::SpaceDelimited,
        "pipeDelimited" => Style::PipeDelimited,
        "deepObject" => Style::DeepObject,
        _ => return None,
    })
}

/// Lists the media types of the answers that are successes.
fn accept(at: &At<'_>) -> Result<Option<HeaderValue>, Fault> {
    let mut types = Vec::new();
    for (status, response) in members(at.operation, "responses").into_iter().flatten() {
        at.shared.work.step()?;
        if status.starts_with('2') && status.len() == 3 {
            let response = at.tree.follow_or_null(response);
            for media_type in members(response, "content").into_iter().flat_map(Map::keys) {
                at.shared.work.steps(1 + media_type.len() / LENGTH_OF_A_STEP)?;
                types.push(&**media_type);
            }
        }
    }
    Ok(HeaderValue::from_str(&types.join(", ")).ok().filter(|value| !value.is_empty()))
}

fn read_body(at: &At<'_>, body: &Value) -> Result<Body, Fault> {
    let content = members(body, "content").into_iter().flatten();
    let media = content.filter_map(|(name, media)| read_media(at, name, media).transpose());
    let media = media.collect::<Result<_, _>>()?;
    Ok(Body { required: is_true(body, "required"), media, name: None, members: Vec::new() })
}

fn read_media(at: &At<'_>, name: &str, media: &Value) -> Result<Option<Media>, Fault> {
    let (tree, work) = (at.tree, &at.shared.work);
    work.steps(1 + name.len() / LENGTH_OF_A_STEP)?;
    let Ok(header) = HeaderValue::from_str(name) else { return Ok(None) };
    let media = tree.follow_or_null(media);
    let schema = tree.follow_or_null(media.get("schema").unwrap_or(&Value::Null));
    let mut fields: HashMap<String, Field> = HashMap::new();
    for (name, property) in members(schema, "properties").into_iter().flatten() {
        work.step()?;
        if schema::is_binary(tree, property) {
            fields.entry(name.clone()).or_default().binary = true;
        }
    }
    for (name, encoding) in members(media, "encoding").into_iter().flatten() {
        work.step()?;
        let field = fields.entry(name.clone()).or_default();
        field.form = encoded_form(encoding);
        field.content_type = text(encoding, "contentType").map(str::to_owned);
    }
    let essence = essence(name);
    let says_nothing =
        schema.is_null() && essence == Essence::Other && name.starts_with("application/octet-stream");
    let binary = schema::is_binary(tree, schema) || says_nothing;
    Ok(Some(Media { header, essence, fields, binary }))
}

/// Reads how an `encoding` wants a field written, if it says so.
fn encoded_form(encoding: &Value) -> Option<Form> {
    let says = ["style", "explode", "allowReserved"].iter().any(|name| encoding.get(name).is_some());
    let style = style(encoding).unwrap_or(Style::Form);
    let explode = encoding.get("explode").and_then(Value::as_bool).unwrap_or(style == Style::Form);
    let escape = if is_true(encoding, "allowReserved") { Escape::Reserved } else { Escape::Unreserved };
    says.then_some(Form::Style { style, explode, escape })
}

/// Tells what kind of body a media type is.
pub(super) fn essence(media_type: &str) -> Essence {
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*name {
        "application/x-www-form-urlencoded" => Essence::Form,
        "multipart/form-data" => Essence::Multipart,
        "*/*" | "application/*" => Essence::Any,
        "application/json" | "text/json" => Essence::Json,
        other if other.ends_with("+json") => Essence::Json,
        _ => Essence::Other,
    }
}

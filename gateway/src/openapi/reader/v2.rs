//! The words of Swagger 2.0: <https://swagger.io/specification/v2/>.

use http::HeaderValue;
use serde_json::{Map, Value};

use super::super::fault::Fault;
use super::super::headers;
use super::super::model::{
    Body, Escape, Essence, Field, Form, Media, Operation, Parameter, Place, Schemes, Style,
};
use super::super::pointer::{Tree, is_true, members, text};
use super::v3::essence;
use super::{At, Dialect, declared, flows, schema, security};
use crate::outbound::{TargetUrl, UrlFault};

pub(super) struct Swagger;

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";
const JSON: &str = "application/json";

impl Dialect for Swagger {
    fn parameter<'doc>(&self, at: &At<'doc>, value: &'doc Value) -> Option<Parameter> {
        let name = text(value, "name").filter(|name| !name.is_empty())?.to_owned();
        let (place, escape) = match text(value, "in")? {
            "path" => (Place::Path, Escape::Component),
            "query" => (Place::Query, Escape::Component),
            "header" => (Place::Header(headers::settable(&name)), Escape::Nothing),
            _ => return None,
        };
        Some(Parameter {
            required: is_true(value, "required"),
            form: collection(value, escape),
            allow_empty: is_true(value, "allowEmptyValue"),
            default: value.get("default").cloned(),
            kind: schema::kind(at, value),
            name,
            place,
        })
    }

    fn complete(&self, at: &At<'_>, operation: &mut Operation) -> Result<(), Fault> {
        operation.security = security(at)?;
        let produces = at.operation.get("produces").or_else(|| at.tree.root.get("produces"));
        at.shared.work.steps(length(produces))?;
        operation.accept =
            HeaderValue::from_str(&texts(produces).join(", ")).ok().filter(|value| !value.is_empty());
        operation.body = body(at)?;
        Ok(())
    }

    fn server(&self, at: &At<'_>, url: &TargetUrl) -> Result<Result<TargetUrl, UrlFault>, Fault> {
        let root = at.tree.root;
        let path = base_path(root)?;
        let own = at.operation.get("schemes").filter(|schemes| !texts(Some(schemes)).is_empty());
        let schemes = own.or_else(|| root.get("schemes"));
        at.shared.work.steps(length(schemes))?;
        let schemes = texts(schemes);
        let scheme = schemes.iter().find(|scheme| **scheme == "https").or(schemes.first()).copied();
        let host = text(root, "host").filter(|host| !host.is_empty());
        if host.is_none() && scheme.is_none() {
            return Ok(url.join(&path));
        }
        let own = url.origin().to_string();
        let (own_scheme, own_host) = own.split_once("://").unwrap_or_default();
        Ok(url.join(&format!("{}://{}{path}", scheme.unwrap_or(own_scheme), host.unwrap_or(own_host))))
    }

    fn schemes(&self, tree: Tree<'_>) -> Schemes {
        flows::schemes(tree, tree.root.get("securityDefinitions"))
    }
}

/// Reads the base path. Without a slash it would go on with the host's name, and be a part of it.
fn base_path(root: &Value) -> Result<String, Fault> {
    let path = text(root, "basePath").unwrap_or_default();
    match path.chars().next() {
        _ if path.contains('\\') => Err(Fault::BasePath),
        None | Some('/') => Ok(format!("/{}", path.trim_start_matches('/'))),
        Some(first) if first.is_ascii_alphanumeric() => Ok(format!("/{path}")),
        Some(_) => Err(Fault::BasePath),
    }
}

fn length(list: Option<&Value>) -> usize {
    list.and_then(Value::as_array).map_or(0, Vec::len)
}

fn texts(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Reads how a list is written.
fn collection(parameter: &Value, escape: Escape) -> Form {
    let (style, explode) = match text(parameter, "collectionFormat") {
        Some("multi") => (Style::Form, true),
        Some("ssv") => (Style::SpaceDelimited, false),
        Some("tsv") => (Style::TabDelimited, false),
        Some("pipes") => (Style::PipeDelimited, false),
        _ if escape == Escape::Nothing => (Style::Simple, false),
        _ => (Style::Form, false),
    };
    Form::Style { style, explode, escape }
}

/// Makes a body of the parameters that are one, or are fields of one.
fn body(at: &At<'_>) -> Result<Option<Body>, Fault> {
    let consumes = at.operation.get("consumes").or_else(|| at.tree.root.get("consumes"));
    at.shared.work.steps(length(consumes))?;
    let consumes = texts(consumes);
    let mut fields = Vec::new();
    for value in declared(at) {
        at.shared.work.step()?;
        let parameter = at.tree.follow(value)?;
        match text(parameter, "in") {
            Some("body") => return Ok(Some(whole(at, parameter, &consumes)?)),
            Some("formData") => fields.push(parameter),
            _ => {}
        }
    }
    Ok((!fields.is_empty()).then(|| form(at.tree, &fields, &consumes)))
}

fn whole(at: &At<'_>, parameter: &Value, consumes: &[&str]) -> Result<Body, Fault> {
    let schema = at.tree.follow_or_null(parameter.get("schema").unwrap_or(&Value::Null));
    let types = if consumes.is_empty() { &[JSON] } else { consumes };
    let properties = members(schema, "properties");
    at.shared.work.steps(properties.map_or(0, Map::len))?;
    Ok(Body {
        required: is_true(parameter, "required"),
        media: types.iter().filter_map(|name| media(name)).collect(),
        name: text(parameter, "name").map(str::to_owned),
        members: properties.into_iter().flat_map(|all| all.keys().cloned()).collect(),
    })
}

fn form(tree: Tree<'_>, parameters: &[&Value], consumes: &[&str]) -> Body {
    let has_file = parameters.iter().any(|parameter| text(parameter, "type") == Some("file"));
    let is_form = |name: &&&str| matches!(essence(name), Essence::Form | Essence::Multipart);
    let usual = if has_file { MULTIPART } else { FORM };
    let chosen =
        consumes.iter().filter(is_form).find(|name| !has_file || essence(name) == Essence::Multipart);
    let mut media = media(chosen.copied().unwrap_or(usual));
    let named = || parameters.iter().filter_map(|parameter| Some((text(parameter, "name")?, *parameter)));
    if let Some(media) = &mut media {
        let field = |parameter: &Value| Field {
            form: parameter.get("collectionFormat").map(|_| collection(parameter, Escape::Component)),
            content_type: None,
            binary: schema::is_binary(tree, parameter),
            allow_empty: is_true(parameter, "allowEmptyValue"),
        };
        media.fields = named().map(|(name, parameter)| (name.to_owned(), field(parameter))).collect();
    }
    Body {
        required: parameters.iter().any(|parameter| is_true(parameter, "required")),
        media: media.into_iter().collect(),
        name: None,
        members: named().map(|(name, _)| name.to_owned()).collect(),
    }
}

fn media(name: &str) -> Option<Media> {
    let header = HeaderValue::from_str(name).ok()?;
    Some(Media { header, essence: essence(name), fields: Default::default(), binary: false })
}

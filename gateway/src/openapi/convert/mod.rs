//! What a document becomes for those who call it: operations for a model, and a form for its settings.
//!
//! The names are those of LobeHub's `OpenAPIConvertor`, so that a manifest that LobeChat made of the document and one that
//! was made here call the same. Its faults are mended: parameters of a path's own are not lost, `_requestBody` is required
//! exactly where the document says so, whatever its media type, parameters of one name in two places are told apart, and of
//! alternatives in security none is required.

mod dialect;
mod schema;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lobe_plugin_sdk::schema::{Profile, Schema};
use serde_json::{Map, Value, json};

pub(crate) use self::dialect::in_json_schema;
pub(crate) use self::schema::Room;
use super::build::REQUEST_BODY;
use super::model::{Document, KeyPlace, Operation, Parameter, Place, Requirement, Scheme, Security};
use super::pointer::{Tree, is_true, items, members, text};

/// An operation as a manifest describes it, and the schema that its arguments are judged by.
#[derive(Debug)]
pub(crate) struct Description {
    /// `description`, `name` and `parameters`, of which the last is what every known client reads.
    pub(crate) api: Value,
    /// The same as the document has it.
    pub(crate) schema: Value,
}

/// Describes an operation, with schemas of as many values as there is room for.
pub(crate) fn describe(document: &Document, operation: &Operation, room: &Room) -> Description {
    let tree = document.tree();
    let declared = declared(tree, operation);
    let schema = arguments(tree, operation, &declared, room);
    let portable = Schema::from_value(schema.clone()).in_profile(Profile::Portable).into_object();
    let api = json!({
        "description": description(declared.operation, operation),
        "name": operation.name,
        "parameters": portable,
    });
    Description { api, schema }
}

/// An operation as it stands in the document.
struct Declared<'doc> {
    item: &'doc Value,
    operation: &'doc Value,
}

fn declared<'doc>(tree: Tree<'doc>, operation: &Operation) -> Declared<'doc> {
    let (item, operation) = operation.place.find(tree);
    Declared { item, operation }
}

fn description(declared: &Value, operation: &Operation) -> String {
    let said = |name: &str| text(declared, name).map(str::trim).filter(|text| !text.is_empty());
    match (said("summary"), said("description")) {
        (Some(summary), Some(more)) if !more.starts_with(summary) => format!("{summary}\n\n{more}"),
        (Some(summary), None) => summary.to_owned(),
        (_, Some(description)) => description.to_owned(),
        (None, None) => format!("{} {}", operation.method, operation.place.path),
    }
}

/// Makes the schema of an operation's arguments: its parameters by name, and its body under LobeHub's.
fn arguments(tree: Tree<'_>, operation: &Operation, declared: &Declared<'_>, room: &Room) -> Value {
    let mut collector = schema::Collector::new(tree, room);
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut of_one_name: HashMap<&str, usize> = HashMap::new();
    for parameter in &operation.parameters {
        *of_one_name.entry(&parameter.name).or_default() += 1;
    }
    let written = match operation.parameters[..] {
        [] => HashMap::new(),
        _ => written_parameters(tree, declared),
    };
    for parameter in operation.parameters.iter().filter(|parameter| parameter.place != Place::Header(None)) {
        let is_alone = of_one_name[&*parameter.name] == 1;
        let name = if is_alone { parameter.name.clone() } else { name_with_place(parameter) };
        if parameter.required || parameter.place == Place::Path {
            required.push(Value::from(&*name));
        }
        let written = written.get(&(&*parameter.name, parameter.place.name())).copied();
        properties.insert(name, parameter_schema(&mut collector, written));
    }
    if let Some(body) = &operation.body {
        if body.required {
            required.push(REQUEST_BODY.into());
        }
        properties.insert(REQUEST_BODY.to_owned(), body_schema(&mut collector, tree, declared));
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    let definitions = collector.finish();
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), definitions.into());
    }
    schema.into()
}

/// Names an argument where two parameters have one name.
fn name_with_place(parameter: &Parameter) -> String {
    format!("{}.{}", parameter.place.name(), parameter.name)
}

/// Finds the parameters as they are written, by name and place: of two the first one, as the reader does.
fn written_parameters<'doc>(
    tree: Tree<'doc>,
    declared: &Declared<'doc>,
) -> HashMap<(&'doc str, &'doc str), &'doc Value> {
    let all = items(declared.operation, "parameters").iter().chain(items(declared.item, "parameters"));
    let mut written = HashMap::new();
    for value in all.map(|value| tree.follow_or_null(value)) {
        if let (Some(name), Some(place)) = (text(value, "name"), text(value, "in")) {
            written.entry((name, place)).or_insert(value);
        }
    }
    written
}

fn parameter_schema(collector: &mut schema::Collector<'_>, written: Option<&Value>) -> Value {
    let Some(found) = written else { return json!({}) };
    let content = || members(found, "content")?.values().next()?.get("schema");
    let mut schema = match found.get("schema").or_else(content) {
        Some(schema) => collector.take(schema),
        // Swagger 2.0 writes the schema into the parameter.
        None => collector.take(&schema::of_parameter(found)),
    };
    let said = text(found, "description").filter(|text| !text.trim().is_empty());
    if let (Some(members), Some(said)) = (schema.as_object_mut(), said) {
        members.insert("description".to_owned(), said.into());
    }
    schema
}

fn body_schema(collector: &mut schema::Collector<'_>, tree: Tree<'_>, declared: &Declared<'_>) -> Value {
    match declared.operation.get("requestBody") {
        Some(body) => of_content(collector, tree.follow_or_null(body)),
        None => of_parameters(collector, tree, declared),
    }
}

/// Takes the schema of the first media type that has one, JSON before all others.
fn of_content(collector: &mut schema::Collector<'_>, body: &Value) -> Value {
    let content: Vec<_> = members(body, "content").into_iter().flatten().collect();
    let schema_of = |media: &'_ Value| media.get("schema").filter(|schema| !schema.is_null()).cloned();
    let json = content.iter().find(|(name, _)| name.contains("json")).and_then(|(_, media)| schema_of(media));
    let schema = json.or_else(|| content.iter().find_map(|(_, media)| schema_of(media)));
    let mut schema = schema.map_or_else(|| json!({}), |schema| collector.take(&schema));
    let said = text(body, "description").filter(|text| !text.trim().is_empty());
    if let (Some(members), Some(said)) = (schema.as_object_mut(), said) {
        members.entry("description").or_insert_with(|| said.into());
    }
    schema
}

/// Makes the schema of a body of Swagger 2.0: that of its parameter, or an object of the fields of a form.
fn of_parameters(collector: &mut schema::Collector<'_>, tree: Tree<'_>, declared: &Declared<'_>) -> Value {
    let all = items(declared.operation, "parameters").iter().chain(items(declared.item, "parameters"));
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    for parameter in all.map(|value| tree.follow_or_null(value)) {
        match (text(parameter, "in"), text(parameter, "name")) {
            (Some("body"), _) => return collector.take(parameter.get("schema").unwrap_or(&Value::Null)),
            (Some("formData"), Some(name)) => {
                properties.insert(name.to_owned(), collector.take(&schema::of_parameter(parameter)));
                if is_true(parameter, "required") {
                    required.push(name.into());
                }
            }
            _ => {}
        }
    }
    json!({ "type": "object", "properties": properties, "required": required })
}

/// Makes the form of a service's settings, if it has any security. Where all operations must have the same scheme, and
/// there is no alternative to it, its settings are required.
pub(crate) fn settings(document: &Document) -> Option<Value> {
    let mut properties = Map::new();
    let mut required: Vec<Value> = Vec::new();
    let tree = document.tree();
    let securities = securities(document);
    let named: HashSet<&str> = securities.iter().copied().flatten().flatten().map(name_of).collect();
    let always = always(&securities);
    for (name, scheme) in document.schemes.iter() {
        if !named.contains(&**name) {
            continue;
        }
        let said = said_of(tree, name);
        let fields = fields(name, scheme, said);
        let single = fields.len() == 1;
        properties.extend(fields);
        if single && always.contains(&**name) {
            required.push(Value::from(&**name));
        }
    }
    if properties.is_empty() {
        return None;
    }
    let mut form = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        form["required"] = required.into();
    }
    Some(form)
}

/// Lists what operations require, once where many share it.
fn securities(document: &Document) -> Vec<&Security> {
    let mut seen = HashSet::new();
    let all = document.operations.iter().map(|operation| &operation.security);
    all.filter(|security| seen.insert(Arc::as_ptr(security))).map(|security| &**security).collect()
}

fn name_of(required: &Requirement) -> &str {
    &required.scheme
}

/// Finds the schemes without which nothing can be called.
fn always<'doc>(securities: &[&'doc Security]) -> HashSet<&'doc str> {
    let mut sets = securities.iter().flat_map(|security| match security {
        [] => vec![HashSet::new()],
        alternatives => alternatives.iter().map(|schemes| schemes.iter().map(name_of).collect()).collect(),
    });
    let first: HashSet<&str> = sets.next().unwrap_or_default();
    sets.fold(first, |always, other| always.into_iter().filter(|name| other.contains(name)).collect())
}

fn said_of<'doc>(tree: Tree<'doc>, name: &str) -> Option<&'doc str> {
    let components = tree.root.get("components").and_then(|all| all.get("securitySchemes"));
    let declared = components.or_else(|| tree.root.get("securityDefinitions"))?.get(name)?;
    text(tree.follow_or_null(declared), "description").filter(|text| !text.trim().is_empty())
}

/// Lists the settings of a scheme, as the convertor names and describes them.
fn fields(name: &str, scheme: &Scheme, said: Option<&str>) -> Vec<(String, Value)> {
    let secret = |title: &str, usual: String| {
        let description = said.map_or(usual, str::to_owned);
        json!({ "description": description, "format": "password", "title": title, "type": "string" })
    };
    match scheme {
        Scheme::Key { name: title, place: KeyPlace::Header | KeyPlace::Query | KeyPlace::Cookie } => {
            vec![(name.to_owned(), secret(title, format!("{name} API Key")))]
        }
        Scheme::Basic => {
            let usual = "Basic authentication credentials, written as user:password".to_owned();
            vec![(name.to_owned(), secret(name, usual))]
        }
        Scheme::Bearer | Scheme::OpenIdConnect => {
            vec![(name.to_owned(), secret(name, format!("{name} Bearer token")))]
        }
        Scheme::OAuth(_) => ["clientId", "clientSecret", "accessToken", "refreshToken"]
            .into_iter()
            .map(|what| (format!("{name}_{what}"), oauth_field(what)))
            .collect(),
        Scheme::Unknown => Vec::new(),
    }
}

fn oauth_field(what: &str) -> Value {
    match what {
        "clientId" => json!({ "description": "Client ID for OAuth2", "type": "string" }),
        "clientSecret" => {
            json!({ "description": "Client Secret for OAuth2", "format": "password", "type": "string" })
        }
        "accessToken" => {
            json!({ "description": "Access token for OAuth2", "format": "password", "type": "string" })
        }
        _ => json!({ "description": "Refresh token for OAuth2", "format": "password", "type": "string" }),
    }
}

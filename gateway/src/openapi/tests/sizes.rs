//! Documents that are long, and those that say one long thing over and over. Where there is a number in the ten thousands, to
//! look at all of them for each would take minutes.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{build, document, read, shown};
use crate::openapi::{Document, Fault, Room, describe, grant, settings};

const MANY: usize = 100_000;

/// Makes a document of these paths.
fn of_paths(paths: impl IntoIterator<Item = (String, Value)>) -> Document {
    read(&json!({ "openapi": "3.1.0", "paths": paths.into_iter().collect::<Map<_, _>>() }))
}

fn names(document: &Document) -> Vec<&str> {
    document.operations().iter().map(|operation| &*operation.name).collect()
}

#[test]
fn names_get_the_first_number_that_is_free() {
    let check = |ids: &[&str], expected: &[&str]| {
        let paths = ids.iter().enumerate();
        let paths = paths.map(|(number, id)| (format!("/{number}"), json!({ "get": { "operationId": id } })));
        assert_eq!(names(&of_paths(paths)), expected);
    };
    check(&["a", "a", "b", "a"], &["a", "a_2", "b", "a_3"]);
    check(&["a", "a_2", "a", "a", "a_3"], &["a", "a_2", "a_3", "a_4", "a_3_2"]);
    check(&["a", "a_", "a.", "a"], &["a", "a_2", "a_3", "a_4"]);
    let long = |rest: &str| format!("{}{rest}", "x".repeat(36));
    check(
        &[&long("yyyy"), &long("zzzz"), &long("yyyy"), &long("zzzz"), &long("yy"), &long("yy")],
        &[&long("yyyy"), &long("zzzz"), &long("yy_2"), &long("zz_2"), &long("yy"), &long("yy_3")],
    );
    let twelve = ["a"; 12];
    check(&twelve, &["a", "a_2", "a_3", "a_4", "a_5", "a_6", "a_7", "a_8", "a_9", "a_10", "a_11", "a_12"]);
}

#[test]
fn many_operations_want_one_name() {
    let check = |first: Value, other: Value| {
        let others = (2..=MANY / 4).map(|number| (format!("/{number}"), other.clone()));
        let document = of_paths([("/1".to_owned(), first)].into_iter().chain(others));
        let names = names(&document);
        assert_eq!((names[0], names[1], names[MANY / 4 - 1]), ("a", "a_2", "a_25000"));
    };
    let written = json!({ "get": { "operationId": "a" } });
    check(written.clone(), written.clone());
    check(written, json!({ "$ref": "#/paths/~11" }));
}

#[test]
fn many_parameters_of_one_operation() {
    let parameter = |number| json!({ "name": format!("parameter-{number:06}"), "in": "query" });
    let parameters: Vec<_> = (0..MANY).chain([7]).map(parameter).collect();
    let document = read(&document("/a", "get", json!({ "parameters": parameters })));
    let operation = &document.operations()[0];
    assert_eq!(operation.parameters.len(), MANY);
    let described = describe(&document, operation, &Room::unbounded());
    assert_eq!(described.schema["properties"].as_object().unwrap().len(), MANY);
}

#[test]
fn many_security_schemes_of_one_operation() {
    const MANY: usize = super::sizes::MANY / 2;
    let name = |number| format!("scheme-{number:06}");
    let scheme = |number| (name(number), json!({ "type": "apiKey", "in": "header", "name": name(number) }));
    let required: Vec<_> = (0..MANY).chain(0..MANY).map(|number| json!({ name(number): [] })).collect();
    let mut document = document("/a", "get", json!({ "security": required }));
    document["components"]["securitySchemes"] = (0..MANY).map(scheme).collect::<Map<_, _>>().into();
    let document = read(&document);
    let operation = &document.operations()[0];
    assert_eq!(operation.fault, None);
    let form = settings(&document).unwrap();
    assert_eq!(form["properties"].as_object().unwrap().len(), MANY);
    let values = (0..MANY).map(|number| (name(number), "k".into())).collect();
    let granted = grant(&document, operation, &values).credentials;
    assert_eq!((granted.len(), &*granted[1].name), (MANY, &*name(1)));
}

#[test]
fn what_all_operations_require_stands_there_once() {
    let mut document = json!({ "openapi": "3.1.0", "security": [{ "a": [] }], "paths": {
        "/1": { "get": {}, "put": {} },
        "/2": { "get": { "security": [{ "a": [] }] } },
    } });
    document["components"]["securitySchemes"] = json!({ "a": { "type": "http", "scheme": "bearer" } });
    let document = read(&document);
    let security = |number: usize| &document.operations()[number].security;
    assert!(Arc::ptr_eq(security(0), security(1)));
    assert_eq!(security(1), security(2));
    assert_eq!(settings(&document).unwrap()["required"], json!(["a"]));
}

/// Returns how many operations can be called, of which the others must be refused for what they refer to.
fn callable(document: &Document) -> usize {
    let faults = document.operations().iter().filter_map(|operation| operation.fault);
    assert!(faults.clone().all(|fault| fault == Fault::TooRepetitive));
    assert!(faults.count() + document.lost.len() > 0, "there is an end");
    document.operations().iter().filter(|operation| operation.fault.is_none()).count()
}

#[test]
fn what_is_referred_to_over_and_over_is_not_read_without_end() {
    let check = |item: Value| {
        let paths = (2..=5_000).map(|number| (format!("/{number}"), json!({ "$ref": "#/paths/~11" })));
        let document = of_paths([("/1".to_owned(), item)].into_iter().chain(paths));
        let callable = callable(&document);
        assert!((10..2_000).contains(&callable), "{callable}");
        let parameters = document.operations().iter().map(|operation| operation.parameters.len());
        assert!(parameters.sum::<usize>() < 400_000);
        assert!(document.operations().len() < 50_000);
    };
    let list = |item: fn(usize) -> Value| (0..1_000).map(item).collect::<Vec<_>>();
    let object = |item: fn(usize) -> (String, Value)| (0..1_000).map(item).collect::<Map<_, _>>();
    check(
        json!({ "get": {}, "parameters": list(|number| json!({ "name": number.to_string(), "in": "query" })) }),
    );
    check(json!({ "get": { "security": list(|_| json!({})) } }));
    let properties = object(|number| (number.to_string(), json!({})));
    check(
        json!({ "post": { "requestBody": { "content": { "application/json": { "schema": { "properties": properties } } } } } }),
    );
    let media = object(|number| (format!("a/{number}"), json!({})));
    check(json!({ "post": { "requestBody": { "content": media.clone() } } }));
    check(json!({ "get": { "responses": { "200": { "content": media } } } }));
    let variables = object(|number| (number.to_string(), json!({ "default": "a" })));
    check(json!({ "get": { "servers": [{ "url": "/", "variables": variables }] } }));
}

#[test]
fn paths_of_many_methods_are_not_repeated_without_end() {
    let methods = (0..1_000).map(|number| (format!("M{number}"), json!({}))).collect::<Map<_, _>>();
    let paths = (2..=5_000).map(|number| (format!("/{number}"), json!({ "$ref": "#/paths/~11" })));
    let first = ("/1".to_owned(), json!({ "additionalOperations": methods }));
    let document = of_paths([first].into_iter().chain(paths));
    assert!(callable(&document) < 50_000);
    assert!(matches!(document.lost.last(), Some((path, Fault::TooRepetitive)) if path == "/5000"));
}

#[test]
fn a_server_s_variables_do_not_multiply() {
    let variable =
        |number: usize| (number.to_string(), json!({ "default": format!("{{{0}}}{{{0}}}", number + 1) }));
    let variables: Map<_, _> = (0..64).map(variable).collect();
    let mut document = document("/a", "get", json!({}));
    document["servers"] = json!([{ "url": "https://a.example/{0}", "variables": variables }]);
    assert!(read(&document).operations()[0].server.is_err());
}

#[test]
fn a_schema_that_holds_itself_is_looked_into_for_a_while() {
    let schema = json!({ "oneOf": vec![json!({ "$ref": "#/components/schemas/a" }); 20] });
    let mut document = document(
        "/a",
        "get",
        json!({ "parameters": [{ "name": "a", "in": "query", "schema": schema.clone() }] }),
    );
    document["components"]["schemas"]["a"] = schema;
    assert_eq!(shown(&build(&document, "op", &json!({ "a": "b" }), &json!({})).unwrap()), "GET /a?a=b");
}

#[test]
fn a_reference_is_no_longer_than_a_path() {
    let check = |length: usize, expected: Option<Fault>| {
        let name = "x".repeat(length);
        let mut document = document("/a", "post", json!({ "requestBody": { "$ref": format!("#/{name}") } }));
        document[name] = json!({});
        assert_eq!(read(&document).operations()[0].fault, expected);
    };
    check(8_000, None);
    check(9_000, Some(Fault::LostReference));
}

#[test]
fn schemas_are_not_written_out_without_end() {
    let properties: Map<_, _> = (0..100).map(|number| (number.to_string(), json!({}))).collect();
    let body =
        json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/a" } } } });
    let paths =
        (0..20).map(|number| (format!("/{number}"), json!({ "post": { "requestBody": body.clone() } })));
    let mut document = json!({ "openapi": "3.1.0", "paths": paths.collect::<Map<_, _>>() });
    document["components"]["schemas"]["a"] = json!({ "properties": { "a": { "properties": properties } } });
    let document = read(&document);
    let count = |room: &Room| {
        let described = document.operations().iter().map(|operation| describe(&document, operation, room));
        described.map(|described| described.schema.to_string().matches("{}").count()).sum::<usize>()
    };
    assert_eq!((count(&Room::of_stranger()), count(&Room::unbounded())), (2_000, 2_000));
    let bounded = count(&Room::of(1_000));
    assert!((900..1_100).contains(&bounded), "{bounded}");
}

use serde_json::{Value, json};

use super::{build, document, read, shown};
use crate::openapi::{Document, FILE, Fault, Room, describe};
use crate::outbound::{TargetUrl, UrlFault};

fn at(url: &str, text: &str) -> Result<Document, Fault> {
    Document::read(text.as_bytes(), &TargetUrl::parse(url).unwrap())
}

#[test]
fn what_is_a_document() {
    let check = |text: &str, expected: Option<Fault>| {
        assert_eq!(at("https://a.example/d", text).err(), expected, "{text}");
    };
    check(r#"{"openapi":"3.0.3","paths":{}}"#, None);
    check("\u{feff}{\"openapi\":\"3.1.0\"}", None);
    check("openapi: 3.2.0\npaths: {}\n", None);
    check("swagger: 2.0\n", None);
    check("swagger: '2.0'\nx-d: 2024-01-01\nx-n: no\nx-e: 1e400\nx-i: .inf\nx-a: .nan\n", None);
    check(r#"{"openapi":"4.0.0"}"#, Some(Fault::Version));
    check(r#"{"openapi":"99.0"}"#, Some(Fault::Version));
    check("{}", Some(Fault::NoDocument));
    check("null", Some(Fault::NoDocument));
    check("", Some(Fault::NoDocument));
    check("prose", Some(Fault::NoDocument));
    check(r#"{"openapi":"3.0.0","paths":{"#, Some(Fault::Unreadable));
    check("a: [", Some(Fault::Unreadable));
    check("openapi: 3.0.0\n\0\n", Some(Fault::Unreadable));
    check(&"---\nopenapi: 3.0.0\n".repeat(2), Some(Fault::Unreadable));
    check(&format!("openapi: 3.0.0\nx: {}", "[".repeat(100_000)), Some(Fault::Unreadable));
}

#[test]
fn servers() {
    let check = |servers: Value, expected: Result<&str, UrlFault>| {
        let mut document = document("/p", "get", json!({}));
        document["servers"] = servers;
        let operation = std::sync::Arc::clone(read(&document).find("op").unwrap());
        match (&operation.server, expected) {
            (Ok(_), Ok(expected)) => {
                assert_eq!(
                    shown(&build(&document, "op", &json!({}), &json!({})).unwrap()),
                    format!("GET {expected}")
                );
            }
            (Err(fault), Err(expected)) => assert_eq!(*fault, expected),
            (found, expected) => panic!("{found:?} {expected:?}"),
        }
    };
    check(json!([]), Ok("https://documents.example.org/p"));
    check(json!([{ "url": "" }]), Ok("https://documents.example.org/p"));
    check(json!([{ "url": "/oas" }]), Ok("https://documents.example.org/oas/p"));
    check(json!([{ "url": "../b/" }]), Ok("https://documents.example.org/b/p"));
    check(json!([{ "url": "../../../.." }]), Ok("https://documents.example.org/p"));
    check(json!([{ "url": "https://s.example/x/?a=b" }]), Ok("https://s.example/x/p"));
    check(
        json!([{ "url": "https://{h}/{v}", "variables": { "h": { "default": "s.example" }, "v": { "default": "v2" } } }]),
        Ok("https://s.example/v2/p"),
    );
    check(json!([{ "url": "https://me@s.example" }]), Err(UrlFault::Authority));
    check(json!([{ "url": "file:///etc" }]), Err(UrlFault::Scheme));
    check(json!([{ "url": "//127.1/x" }]), Err(UrlFault::Host));
}

#[test]
fn in_a_file_a_server_is_a_whole_url() {
    let check = |document: Value, expected: Option<UrlFault>| {
        let document =
            Document::read(document.to_string().as_bytes(), &TargetUrl::parse(FILE).unwrap()).unwrap();
        assert_eq!(document.find("op").unwrap().server.as_ref().err(), expected.as_ref());
    };
    let mut of_3 = document("/p", "get", json!({}));
    check(of_3.clone(), None);
    of_3["servers"] = json!([{ "url": "/v1" }]);
    check(of_3, Some(UrlFault::Relative));
    let of_2 = json!({ "swagger": "2.0", "schemes": ["http"], "paths": { "/p": { "get": { "operationId": "op" } } } });
    check(of_2, Some(UrlFault::Relative));
}

#[test]
fn the_nearest_server_counts() {
    let mut document = document("/p", "get", json!({ "servers": [{ "url": "https://o.example" }] }));
    document["paths"]["/p"]["servers"] = json!([{ "url": "https://i.example" }]);
    document["paths"]["/p"]["post"] = json!({ "operationId": "other" });
    assert_eq!(shown(&build(&document, "op", &json!({}), &json!({})).unwrap()), "GET https://o.example/p");
    assert_eq!(
        shown(&build(&document, "other", &json!({}), &json!({})).unwrap()),
        "POST https://i.example/p"
    );
}

#[test]
fn servers_of_swagger_2() {
    let check = |members: Value, expected: Result<&str, &str>| {
        let mut document = json!({ "swagger": "2.0", "paths": { "/p": { "get": { "operationId": "op" } } } });
        document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let operation = std::sync::Arc::clone(read(&document).find("op").unwrap());
        let found = match (&operation.fault, &operation.server) {
            (Some(fault), _) => Err(fault.to_string()),
            (None, Err(fault)) => Err(format!("{fault:?}")),
            (None, Ok(server)) => Ok(server.as_str().to_owned()),
        };
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{members}");
    };
    check(json!({}), Ok("https://documents.example.org/"));
    check(json!({ "basePath": "/v1" }), Ok("https://documents.example.org/v1"));
    check(json!({ "basePath": "v1" }), Ok("https://documents.example.org/v1"));
    check(json!({ "host": "h.example:8443", "schemes": ["http"] }), Ok("http://h.example:8443/"));
    check(json!({ "host": "h@127.0.0.1", "schemes": ["http"] }), Err("Authority"));
    check(json!({ "host": "127.0.0.1", "schemes": ["file"] }), Err("Scheme"));
    check(
        json!({ "host": "h.example", "basePath": "@127.0.0.1/" }),
        Err("the base path must begin with `/`"),
    );
}

#[test]
fn paths_that_would_lead_elsewhere() {
    let fault = |path: &str| read(&document(path, "get", json!({}))).find("op").unwrap().fault;
    assert_eq!(fault("//127.0.0.1/x"), None);
    assert_eq!(fault(":80@127.0.0.1/x"), Some(Fault::Path));
    assert_eq!(fault("/\\127.0.0.1/x"), Some(Fault::Path));
    assert_eq!(
        shown(&build(&document("//127.0.0.1/x", "get", json!({})), "op", &json!({}), &json!({})).unwrap()),
        "GET //127.0.0.1/x"
    );
}

#[test]
fn what_is_no_call_is_no_operation() {
    for method in ["trace", "connect"] {
        assert!(read(&document("/a", method, json!({}))).find("op").is_none(), "{method}");
    }
    let mut additional = document("/a", "additionalOperations", json!({}));
    additional["paths"]["/a"]["additionalOperations"] =
        json!({ "TRACE": { "operationId": "op" }, "COPY": { "operationId": "copy" } });
    let read = read(&additional);
    assert!(read.find("op").is_none() && read.find("copy").is_some());
}

#[test]
fn one_wrong_operation_fails_alone() {
    let check = |parameter: Value, expected: Fault| {
        let mut document = document("/p", "get", json!({ "parameters": [parameter] }));
        document["components"]["parameters"]["P"] = json!({ "$ref": "#/components/parameters/P" });
        document["paths"]["/q"]["get"]["operationId"] = "fine".into();
        let read = read(&document);
        assert_eq!(read.find("op").unwrap().fault, Some(expected));
        assert_eq!(read.find("fine").unwrap().fault, None);
    };
    check(json!({ "$ref": "#/components/parameters/P" }), Fault::CircularReference);
    check(json!({ "$ref": "#/nowhere" }), Fault::LostReference);
    check(json!({ "$ref": "other.json#/Q" }), Fault::RemoteReference);
    check(json!({ "$ref": "https://127.0.0.1/other.json#/Q" }), Fault::RemoteReference);
}

#[test]
fn a_document_may_call_itself_by_its_own_name() {
    for name in ["", "https://documents.example.org/a/openapi.json", "urn:own"] {
        let reference = format!("{name}#/components/parameters/a~1b%20c");
        let mut document = document("/p", "get", json!({ "parameters": [{ "$ref": reference }] }));
        document["$self"] = "urn:own".into();
        document["components"]["parameters"]["a/b c"] = json!({ "name": "q", "in": "query" });
        assert_eq!(shown(&build(&document, "op", &json!({ "q": 1 }), &json!({})).unwrap()), "GET /p?q=1");
    }
}

#[test]
fn the_operations_parameter_counts_before_that_of_its_path() {
    let mut document =
        document("/p", "get", json!({ "parameters": [{ "name": "a", "in": "query", "explode": false }] }));
    document["paths"]["/p"]["parameters"] =
        json!([{ "name": "a", "in": "query" }, { "name": "b", "in": "query" }]);
    let built = build(&document, "op", &json!({ "a": [1, 2], "b": [3, 4] }), &json!({})).unwrap();
    assert_eq!(shown(&built), "GET /p?a=1,2&b=3&b=4");
}

#[test]
fn methods_without_a_member_of_their_own() {
    let operation = |id: &str| json!({ "operationId": id, "tags": ["files"] });
    let additional =
        json!({ "COPY": operation("copy"), "CONNECT": operation("tunnel"), "no method": operation("none") });
    let document = json!({
        "openapi": "3.2.0", "servers": [{ "url": super::BASE }],
        "paths": { "/a": { "query": operation("ask"), "additionalOperations": additional } },
    });
    for (id, method) in [("ask", "QUERY"), ("copy", "COPY"), ("COPY /a", "COPY")] {
        assert_eq!(shown(&build(&document, id, &json!({}), &json!({})).unwrap()), format!("{method} /a"));
    }
    let document = read(&document);
    assert_eq!(document.operations().len(), 2);
    assert_eq!(document.tags(document.find("copy").unwrap()), ["files"]);
}

#[test]
fn a_path_may_stand_elsewhere_in_the_document() {
    let item = json!({ "get": { "operationId": "op", "tags": ["admin"], "summary": "Is elsewhere." } });
    let document = json!({
        "openapi": "3.1.0", "servers": [{ "url": super::BASE }],
        "paths": { "/a": { "$ref": "#/components/pathItems/A" } }, "components": { "pathItems": { "A": item } },
    });
    assert_eq!(shown(&build(&document, "op", &json!({}), &json!({})).unwrap()), "GET /a");
    let document = read(&document);
    let operation = document.find("op").unwrap();
    assert_eq!(document.tags(operation), ["admin"]);
    assert_eq!(describe(&document, operation, &Room::unbounded()).api["description"], "Is elsewhere.");
}

#[test]
fn operations_are_found_by_every_name_they_have() {
    let document = read(&json!({ "openapi": "3.0.0", "paths": {
        "/pets": { "get": {}, "post": { "operationId": "pets.create now" } },
        "/pets/{id}": { "get": { "operationId": "twice" }, "put": { "operationId": "twice" } },
    } }));
    let found = |name: &str| {
        document.find(name).map(|operation| format!("{} {}", operation.method, operation.place.path))
    };
    for name in ["GET /pets", "get-/pets", "get_pets"] {
        assert_eq!(found(name).as_deref(), Some("GET /pets"), "{name}");
    }
    for name in ["pets.create now", "pets_create_now", "POST /pets"] {
        assert_eq!(found(name).as_deref(), Some("POST /pets"), "{name}");
    }
    for name in ["twice", "twice1", "get-/pets/{id}"] {
        assert_eq!(found(name).as_deref(), Some("GET /pets/{id}"), "{name}");
    }
    for name in ["twice2", "twice_2", "PUT /pets/{id}"] {
        assert_eq!(found(name).as_deref(), Some("PUT /pets/{id}"), "{name}");
    }
    assert_eq!(found("thrice"), None);
    let names: Vec<_> = document.operations().iter().map(|operation| &*operation.name).collect();
    assert_eq!(names, ["get_pets", "pets_create_now", "twice", "twice_2"]);
}

#[test]
fn an_operation_is_described_for_a_model() {
    let mut document = document(
        "/p/{id}",
        "post",
        json!({
            "summary": "Does it.", "description": "In full.",
            "parameters": [{ "name": "q", "in": "query", "schema": { "type": "string", "nullable": true } }],
            "requestBody": { "required": true, "content": { "application/vnd.api+json": {
                "schema": { "$ref": "#/components/schemas/Node" } } } },
        }),
    );
    document["paths"]["/p/{id}"]["parameters"] = json!([{ "name": "id", "in": "path", "required": true, "description": "which", "schema": { "type": "integer" } }]);
    document["components"]["schemas"]["Node"] =
        json!({ "type": "object", "properties": { "next": { "$ref": "#/components/schemas/Node" } } });
    let document = read(&document);
    let described = describe(&document, document.find("op").unwrap(), &Room::unbounded());
    assert_eq!(described.api["description"], "Does it.\n\nIn full.");
    assert_eq!(described.api["parameters"]["required"], json!(["_requestBody", "id"]));
    assert_eq!(
        described.schema,
        json!({
            "type": "object",
            "properties": {
                "q": { "type": ["string", "null"] },
                "id": { "type": "integer", "description": "which" },
                "_requestBody": { "$ref": "#/$defs/Node" },
            },
            "required": ["id", "_requestBody"],
            "$defs": { "Node": { "type": "object", "properties": { "next": { "$ref": "#/$defs/Node" } } } },
        })
    );
    assert!(!described.api["parameters"].to_string().contains("$ref"));
}

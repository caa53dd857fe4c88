use serde_json::{Value, json};

use super::{build, document, read, shown};
use crate::openapi::fault::Fault;
use crate::openapi::{Grant, grant, settings};

fn secured(security: Value) -> Value {
    let mut document = document("/a", "get", json!({ "security": security }));
    document["components"]["securitySchemes"] = json!({
        "head": { "type": "apiKey", "in": "header", "name": "X-Key" },
        "query": { "type": "apiKey", "in": "query", "name": "api_key" },
        "other": { "type": "apiKey", "in": "query", "name": "other" },
        "cookie": { "type": "apiKey", "in": "cookie", "name": "SID" },
        "bearer": { "type": "http", "scheme": "Bearer" },
        "basic": { "type": "http", "scheme": "basic" },
        "oidc": { "type": "openIdConnect", "openIdConnectUrl": "https://id.example.org" },
        "oauth": { "type": "oauth2", "flows": { "clientCredentials": {
            "tokenUrl": "/token", "scopes": { "read": "r", "write": "w" } } } },
    });
    document
}

#[test]
fn credentials_of_every_kind() {
    let check = |security: Value, settings: Value, expected: &str| {
        let built = build(&secured(security), "op", &json!({}), &settings).unwrap();
        assert_eq!(shown(&built), format!("GET /a{expected}"), "{settings}");
    };
    let one = |name: &str| json!([{ name: [] }]);
    check(one("head"), json!({ "head": "k1", "query": "not asked for" }), "\nx-key: k1");
    check(one("query"), json!({ "query": "k 1&" }), "?api_key=k%201%26");
    check(one("cookie"), json!({ "cookie": "k1" }), "\ncookie: SID=k1");
    check(one("bearer"), json!({ "bearer": "tok" }), "\nauthorization: Bearer tok");
    check(one("oidc"), json!({ "oidc": "tok" }), "\nauthorization: Bearer tok");
    check(one("basic"), json!({ "basic": "user:pass" }), "\nauthorization: Basic dXNlcjpwYXNz");
    check(
        one("basic"),
        json!({ "basic": { "username": "user", "password": "pass" } }),
        "\nauthorization: Basic dXNlcjpwYXNz",
    );
    check(one("oauth"), json!({ "oauth_accessToken": "tok" }), "\nauthorization: Bearer tok");
    check(one("head"), json!({}), "");
    check(one("head"), json!({ "head": "" }), "");
    check(one("head"), json!({ "head": 0 }), "");
    check(one("head"), json!({ "head": false }), "");
    check(json!([{ "nowhere": [] }, { "head": [] }]), json!({ "nowhere": "k", "head": "h" }), "\nx-key: h");
    check(json!([{ "head": [], "query": [] }]), json!({ "head": "h", "query": "q" }), "?api_key=q\nx-key: h");
    check(
        json!([{ "head": [] }, { "bearer": [] }]),
        json!({ "head": "h", "bearer": "b" }),
        "\nx-key: h\nauthorization: Bearer b",
    );
    check(
        json!([{ "query": [], "head": [] }, { "head": [], "other": [] }, { "query": [], "other": [] }]),
        json!({ "head": "h", "query": "q", "other": "o" }),
        "?api_key=q&other=o\nx-key: h",
    );
    check(json!([]), json!({ "head": "h" }), "");
}

/// As swagger-client takes them.
#[test]
fn credentials_that_are_objects() {
    let check = |name: &str, setting: Value, expected: &str| {
        let built =
            build(&secured(json!([{ name: [] }])), "op", &json!({}), &json!({ name: setting })).unwrap();
        assert_eq!(shown(&built), format!("GET /a{expected}"), "{setting}");
    };
    check("head", json!({ "value": "k1" }), "\nx-key: k1");
    check("query", json!({ "value": 7 }), "?api_key=7");
    check("bearer", json!({ "value": "tok" }), "\nauthorization: Bearer tok");
    check("basic", json!({ "username": 5, "password": true }), "\nauthorization: Basic NTp0cnVl");
    for scheme in ["oauth", "oidc"] {
        check(scheme, json!({ "token": { "access_token": "tok" } }), "\nauthorization: Bearer tok");
        let of_type = |kind: &str| json!({ "token": { "access_token": "tok", "token_type": kind } });
        check(scheme, of_type("bearer"), "\nauthorization: Bearer tok");
        check(scheme, of_type("DPoP"), "\nauthorization: DPoP tok");
        check(scheme, json!({ "token": {} }), "");
    }
}

#[test]
fn a_scheme_that_is_not_declared() {
    let fault = |security: Value| read(&secured(security)).find("op").unwrap().fault;
    assert_eq!(fault(json!([{ "nowhere": [] }])), Some(Fault::UndeclaredScheme));
    assert_eq!(fault(json!([{ "head": [], "nowhere": [] }])), Some(Fault::UndeclaredScheme));
    assert_eq!(fault(json!([{ "nowhere": [] }, {}])), None);
    assert_eq!(fault(json!([])), None);
}

#[test]
fn the_documents_security_is_that_of_operations_without() {
    let mut document = secured(json!(null));
    document["paths"]["/a"]["get"].as_object_mut().unwrap().remove("security");
    document["security"] = json!([{ "head": [] }]);
    let built = build(&document, "op", &json!({}), &json!({ "head": "h" })).unwrap();
    assert_eq!(shown(&built), "GET /a\nx-key: h");
}

#[test]
fn a_key_takes_the_place_of_an_argument_of_its_name() {
    let mut document = secured(json!([{ "query": [] }]));
    document["paths"]["/a"]["get"]["parameters"] =
        ["a", "api_key", "b"].map(|name| json!({ "name": name, "in": "query", "schema": {} })).into();
    let arguments = json!({ "a": 1, "api_key": "mine", "b": 2 });
    let built = build(&document, "op", &arguments, &json!({ "query": "k" })).unwrap();
    assert_eq!(shown(&built), "GET /a?a=1&api_key=k&b=2");
}

#[test]
fn a_cookie_is_the_settings_not_the_arguments() {
    let mut document = secured(json!([{ "cookie": [] }]));
    document["paths"]["/a"]["get"]["parameters"] =
        ["SID", "b"].map(|name| json!({ "name": name, "in": "cookie", "schema": {} })).into();
    let built = build(&document, "op", &json!({ "SID": "mine", "b": 2 }), &json!({ "cookie": "k" })).unwrap();
    assert_eq!(shown(&built), "GET /a\ncookie: b=2; SID=k");
}

#[test]
fn tokens_are_asked_for_with_what_there_is() {
    let document = read(&secured(json!([{ "oauth": ["read"] }])));
    let wanted = |settings: Value| {
        let granted = grant(&document, document.find("op").unwrap(), settings.as_object().unwrap());
        assert!(granted.credentials.is_empty());
        granted.wanted
    };
    assert!(wanted(json!({ "oauth_clientId": "id" })).is_empty());
    let own = wanted(json!({ "oauth_clientId": "id", "oauth_clientSecret": "s" }));
    assert!(matches!(&own[..], [one] if one.url == "/token"));
    assert!(matches!(&own[..], [one] if one.grant == Grant::ClientCredentials && one.scopes == ["read"]));
    let new = wanted(json!({ "oauth_refreshToken": "r" }));
    assert!(matches!(&new[..], [one] if one.grant == Grant::RefreshToken("r".to_owned())));
    assert_eq!(format!("{own:?}"), "[WantedToken([redacted])]");
    // A token of the settings is taken first, and the refresh token once that one is over.
    let both = json!({ "oauth_accessToken": "a", "oauth_refreshToken": "r" });
    let granted = grant(&document, document.find("op").unwrap(), both.as_object().unwrap());
    assert_eq!((granted.credentials.len(), granted.wanted.len(), granted.instead.len()), (1, 0, 1));
    let servers: Vec<_> = document.token_servers().map(|url| url.as_str().to_owned()).collect();
    let token = "https://documents.example.org/token";
    assert_eq!(servers, [token, token]);
}

#[test]
fn settings_are_those_that_operations_ask_for() {
    let form = |security: Value| settings(&read(&secured(security)));
    assert_eq!(form(json!([])), None);
    let head =
        json!({ "description": "head API Key", "format": "password", "title": "X-Key", "type": "string" });
    assert_eq!(
        form(json!([{ "head": [] }])),
        Some(json!({ "type": "object", "properties": { "head": head }, "required": ["head"] })),
    );
    // Of alternatives none is required.
    let alternatives = form(json!([{ "head": [] }, { "bearer": [] }])).unwrap();
    assert_eq!(alternatives.get("required"), None);
    let oauth = form(json!([{ "oauth": [] }])).unwrap();
    let names: Vec<_> = oauth["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["oauth_clientId", "oauth_clientSecret", "oauth_accessToken", "oauth_refreshToken"]);
}

use serde_json::{Value, json};

use super::{build, check_parameter, check_refused, document, shown};

#[test]
fn path_styles() {
    let check = |style: &str, explode: bool, value: Value, expected: &str| {
        let parameter = json!({ "name": "v", "in": "path", "required": true, "style": style, "explode": explode, "schema": {} });
        check_parameter("/a/{v}/z", parameter, json!({ "v": value }), &format!("/a/{expected}/z"));
    };
    let (list, object) = (json!([3, "a b"]), json!({ "R": 1, "G": "é" }));
    check("simple", false, json!("a/b?c"), "a%2Fb%3Fc");
    check("simple", false, list.clone(), "3,a%20b");
    check("simple", false, object.clone(), "R,1,G,%C3%A9");
    check("simple", true, object.clone(), "R=1,G=%C3%A9");
    check("label", false, json!(5), ".5");
    check("label", false, list.clone(), ".3.a%20b");
    check("label", true, object.clone(), ".R=1.G=%C3%A9");
    check("matrix", false, json!(5), ";v=5");
    check("matrix", false, list.clone(), ";v=3,a%20b");
    check("matrix", true, list, ";v=3;v=a%20b");
    check("matrix", false, object.clone(), ";v=R,1,G,%C3%A9");
    check("matrix", true, object, ";R=1;G=%C3%A9");
}

#[test]
fn a_path_leads_nowhere_else() {
    let document = document(
        "/a/{v}/z",
        "get",
        json!({ "parameters": [
        { "name": "v", "in": "path", "required": true, "schema": { "type": "string" } },
    ] }),
    );
    let dots = "a part of a path: not empty, `.` or `..`";
    check_refused(&document, &json!({ "v": ".." }), &format!("/v: expected {dots}, got dots"));
    check_refused(&document, &json!({ "v": "." }), &format!("/v: expected {dots}, got dots"));
    check_refused(&document, &json!({ "v": "" }), &format!("/v: expected {dots}, got an empty string"));
    check_refused(&document, &json!({ "v": [".."] }), &format!("/v: expected {dots}, got array"));
    check_refused(&document, &json!({}), "/v: expected a value, got nothing");
    check_refused(&document, &json!({ "v": null }), "/v: expected a value, got nothing");
    check_refused(
        &document,
        &json!({ "v": { "a": 1 } }),
        "/v: expected a value that is no object, got object",
    );
    for encoded in ["%2e%2e", "%2E%2e", ".%2e", "%2e", "%2E."] {
        check_refused(&document, &json!({ "v": encoded }), &format!("/v: expected {dots}, got dots"));
    }
    for (value, path) in [
        ("../x", "..%2Fx"),
        ("..%2fx", "..%252fx"),
        ("%2e%2e%2e", "%252e%252e%252e"),
        ("100%", "100%25"),
        ("a\\..\\b", "a%5C..%5Cb"),
        ("‥", "%E2%80%A5"),
    ] {
        let built = build(&document, "op", &json!({ "v": value }), &json!({})).unwrap();
        assert_eq!(shown(&built), format!("GET /a/{path}/z"));
    }
}

#[test]
fn two_values_make_no_dots() {
    let path =
        |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let document = document("/a/.{v}/{w}", "get", json!({ "parameters": [path("v"), path("w")] }));
    let said =
        "the arguments: expected arguments that make no `.` or `..` of a part of the path, got ones that do";
    check_refused(
        &document,
        &json!({ "v": ".", "w": "x" }),
        "/v: expected a part of a path: not empty, `.` or `..`, got dots",
    );
    let built = build(&document, "op", &json!({ "v": ".x", "w": "..y" }), &json!({})).unwrap();
    assert_eq!(shown(&built), "GET /a/..x/..y");
    let label = json!({ "name": "v", "in": "path", "required": true, "style": "label", "schema": {} });
    let label = super::document("/a/{v}", "get", json!({ "parameters": [label] }));
    check_refused(
        &label,
        &json!({ "v": "." }),
        "/v: expected a part of a path: not empty, `.` or `..`, got dots",
    );
    let list = json!({ "name": "v", "in": "path", "required": true, "schema": { "type": "array" } });
    let beside = super::document("/a/.{v}", "get", json!({ "parameters": [list] }));
    check_refused(&beside, &json!({ "v": [] }), said);
}

#[test]
fn query_styles() {
    let check = |style: &str, explode: Option<bool>, value: Value, expected: &str| {
        let mut parameter = json!({ "name": "v", "in": "query", "style": style, "schema": {} });
        if let Some(explode) = explode {
            parameter["explode"] = explode.into();
        }
        check_parameter("/a", parameter, json!({ "v": value }), &format!("/a{expected}"));
    };
    let (list, object) = (json!([1, "b,c"]), json!({ "R": 1, "G": [2] }));
    check("form", None, json!("a+b c"), "?v=a%2Bb%20c");
    check("form", None, json!(0), "?v=0");
    check("form", None, json!(false), "?v=false");
    check("form", None, json!(1.5e300), "?v=1.5e%2B300");
    check("form", None, json!(12_345_678_901_234_567_890_u64), "?v=12345678901234567890");
    check("form", None, json!(""), "");
    check("form", None, json!(null), "");
    check("form", None, json!([]), "");
    check("form", None, list.clone(), "?v=1&v=b%2Cc");
    check("form", Some(false), list.clone(), "?v=1,b%2Cc");
    check("spaceDelimited", None, list.clone(), "?v=1%20b%2Cc");
    check("pipeDelimited", None, list.clone(), "?v=1|b%2Cc");
    check("pipeDelimited", Some(true), list, "?v=1&v=b%2Cc");
    check("form", None, object.clone(), "?R=1&G=%5B2%5D");
    check("form", Some(false), object.clone(), "?v=R,1,G,%5B2%5D");
    check("pipeDelimited", None, object.clone(), "?v=R|1|G|%5B2%5D");
    check("deepObject", Some(true), object, "?v%5BR%5D=1&v%5BG%5D=%5B2%5D");
}

#[test]
fn queries_of_other_kinds() {
    let check = check_parameter;
    let content = json!({ "name": "v", "in": "query", "content": { "application/json": { "schema": {} } } });
    check("/a", content.clone(), json!({ "v": { "a": [1] } }), "/a?v=%7B%22a%22%3A%5B1%5D%7D");
    check("/a", content, json!({ "v": "{\"a\":1}" }), "/a?v=%7B%22a%22%3A1%7D");
    let reserved = json!({ "name": "v", "in": "query", "allowReserved": true, "schema": {} });
    check("/a", reserved, json!({ "v": "http://x/?a=b&c d#e" }), "/a?v=http://x/?a=b&c%20d%23e");
    let empty = json!({ "name": "v", "in": "query", "allowEmptyValue": true, "schema": {} });
    check("/a", empty, json!({ "v": "" }), "/a?v=");
    let own = json!({ "name": "v", "in": "query", "schema": {} });
    check("/a?b=c", own.clone(), json!({ "v": 1 }), "/a?b=c&v=1");
    check("/a#b", own, json!({ "v": 1, "undeclared": 2 }), "/a?v=1");
    let list = json!({ "name": "v", "in": "query", "schema": { "type": "array" } });
    check("/a", list, json!({ "v": "[1,2]" }), "/a?v=1&v=2");
}

#[test]
fn a_whole_query() {
    let check = |media_type: &str, value: Value, expected: &str| {
        let parameter = json!({ "name": "v", "in": "querystring", "content": { media_type: {} } });
        check_parameter("/a", parameter, json!({ "v": value }), &format!("/a{expected}"));
    };
    let form = "application/x-www-form-urlencoded";
    check(form, json!({ "a b": [1, 2], "c": "d&e", "none": [] }), "?a%20b=1&a%20b=2&c=d%26e");
    check("application/json", json!({ "a": [1] }), "?%7B%22a%22%3A%5B1%5D%7D");
    check("text/plain", json!("a=b"), "?a%3Db");
}

#[test]
fn a_name_in_two_places() {
    let document = document(
        "/a/{v}",
        "get",
        json!({ "parameters": [
        { "name": "v", "in": "path", "required": true, "schema": {} }, { "name": "v", "in": "query", "schema": {} },
    ] }),
    );
    let check = |arguments: Value, expected: &str| {
        assert_eq!(shown(&build(&document, "op", &arguments, &json!({})).unwrap()), expected);
    };
    check(json!({ "v": "x" }), "GET /a/x?v=x");
    check(json!({ "path.v": "x", "query.v": "y" }), "GET /a/x?v=y");
}

#[test]
fn a_header_is_in_latin_1_where_that_has_all_of_it() {
    let parameter = json!({ "name": "X-V", "in": "header", "schema": {} });
    let document = document("/a", "get", json!({ "parameters": [parameter] }));
    let sent = |text: &str| {
        let request = build(&document, "op", &json!({ "X-V": text }), &json!({})).unwrap();
        request.headers()["x-v"].as_bytes().to_vec()
    };
    assert_eq!(sent("caf\u{e9}"), b"caf\xe9");
    assert_eq!(sent("\u{20ac}\u{e9}"), "\u{20ac}\u{e9}".as_bytes());
}

#[test]
fn headers() {
    let check = |value: Value, explode: bool, expected: &str| {
        let parameter = json!({ "name": "X-V", "in": "header", "explode": explode, "schema": {} });
        check_parameter("/a", parameter, json!({ "X-V": value }), &format!("/a{expected}"));
    };
    check(json!("t 1"), false, "\nx-v: t 1");
    check(json!("天é"), false, "\nx-v: 天é");
    check(json!("a\nX-Evil: 1"), false, "\nx-v: a X-Evil: 1");
    check(json!([1, 2]), false, "\nx-v: 1,2");
    check(json!([]), false, "");
    check(json!({ "a": "x", "b": 2 }), false, "\nx-v: a,x,b,2");
    check(json!({ "a": "x", "b": 2 }), true, "\nx-v: a=x,b=2");
    let agent = json!({ "name": "User-Agent", "in": "header", "schema": {} });
    check_parameter("/a", agent, json!({ "User-Agent": "me" }), "/a\nuser-agent: me");
    let parameter = json!({ "name": "X-V", "in": "header", "schema": {} });
    let document = document("/a", "get", json!({ "parameters": [parameter] }));
    check_refused(
        &document,
        &json!({ "X-V": "a\rb" }),
        "/X-V: expected text without control characters, got string",
    );
}

#[test]
fn headers_that_no_argument_sets() {
    for name in [
        "Host",
        "TE",
        "Cookie",
        "Authorization",
        "Accept",
        "Content-Type",
        "X-Lobe-Plugin-Settings",
        "Proxy-Authorization",
        "Metadata-Flavor",
        "X-aws-ec2-metadata-token",
        "Expect",
        "X-Forwarded-For",
        "Transfer-Encoding",
        "Sec-Fetch-Mode",
        "True-Client-IP",
        "X-Real-IP",
        "X-Cluster-Client-IP",
        "CF-Connecting-IP",
        "CF-Access-Jwt-Assertion",
        "Fastly-Client-IP",
        "X-Original-URL",
        "X-Original-Forwarded-For",
        "X-Rewrite-URL",
        "X-HTTP-Method-Override",
        "X-Remote-User",
        "Impersonate-User",
        "X-Amz-Security-Token",
        "X-Amzn-Oidc-Data",
        "X-Vault-Request",
        "X-Vault-Token",
        "X-IBM-Metadata-Token",
        "Metadata",
        "X-Identity-Header",
        "Mcp-Session-Id",
        "X-A\r\nX-Injected",
        "",
    ] {
        let parameter = json!({ "name": name, "in": "header", "schema": {} });
        check_parameter("/a", parameter, json!({ name: "1" }), "/a");
    }
}

/// What documents declare as a parameter of its own, beside all security, is the caller's to fill in.
#[test]
fn headers_that_arguments_set() {
    for name in
        ["X-Api-Key", "X-Auth-Token", "Referer", "X-Goog-FieldMask", "X-GitHub-Api-Version", "If-Match"]
    {
        let parameter = json!({ "name": name, "in": "header", "schema": {} });
        let expected = format!("/a\n{}: 1", name.to_ascii_lowercase());
        check_parameter("/a", parameter, json!({ name: "1" }), &expected);
    }
}

#[test]
fn cookies() {
    let cookie = |name: &str| json!({ "name": name, "in": "cookie", "schema": {} });
    check_parameter("/a", cookie("s"), json!({ "s": "a b;c=\"d\"" }), "/a\ncookie: s=a%20b%3Bc%3D%22d%22");
    let document = document("/a", "get", json!({ "parameters": [cookie("s"), cookie("t")] }));
    let built = build(&document, "op", &json!({ "s": "1", "t": [2, 3] }), &json!({})).unwrap();
    assert_eq!(shown(&built), "GET /a\ncookie: s=1; t=2%2C3");
}

#[test]
fn collections_of_swagger_2() {
    let check = |format: &str, expected: &str| {
        let parameter = json!({ "name": "v", "in": "query", "type": "array", "collectionFormat": format });
        let document = json!({
            "swagger": "2.0", "host": "api.example.org", "basePath": "/v1", "schemes": ["http", "https"],
            "paths": { "/a": { "get": { "operationId": "op", "parameters": [parameter] } } },
        });
        let built = build(&document, "op", &json!({ "v": ["a", "b c"] }), &json!({})).unwrap();
        assert_eq!(shown(&built), format!("GET /a?v={expected}"));
    };
    check("csv", "a,b%20c");
    check("ssv", "a%20b%20c");
    check("tsv", "a%09b%20c");
    check("pipes", "a|b%20c");
    check("multi", "a&v=b%20c");
}

#[test]
fn defaults_of_swagger_2_are_sent() {
    let parameter = json!({ "name": "v", "in": "query", "type": "integer", "default": 3 });
    let document = json!({
        "swagger": 2.0, "paths": { "/a": { "parameters": [parameter], "get": { "operationId": "op" } } },
    });
    let built = build(&document, "op", &json!({}), &json!({})).unwrap();
    assert_eq!(shown(&built), "GET https://documents.example.org/a?v=3");
}

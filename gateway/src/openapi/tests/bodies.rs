use serde_json::{Value, json};

use super::{build, check_refused, document, shown};

fn posting(content: Value) -> Value {
    document("/a", "post", json!({ "requestBody": { "content": content } }))
}

fn check(content: Value, body: Value, expected: &str) {
    let built = build(&posting(content.clone()), "op", &json!({ "_requestBody": body }), &json!({}));
    assert_eq!(shown(&built.unwrap()), format!("POST /a{expected}"), "{content} {body}");
}

#[test]
fn json_is_sent_as_it_came() {
    let json = || json!({ "application/json": {} });
    check(
        json(),
        json!({ "z": 1, "a": [1.5, null, 12_345_678_901_234_567_890_u64] }),
        "\ncontent-type: application/json\n\n{\"z\":1,\"a\":[1.5,null,12345678901234567890]}",
    );
    check(json(), json!("text"), "\ncontent-type: application/json\n\ntext");
    check(json(), json!({}), "\ncontent-type: application/json\n\n{}");
    for nothing in [json!(null), json!(false), json!(0), json!("")] {
        check(json(), nothing, "");
    }
    check(
        json!({ "application/json; charset=utf-8": {} }),
        json!({ "a": 1 }),
        "\ncontent-type: application/json; charset=utf-8\n\n{\"a\":1}",
    );
}

#[test]
fn the_media_type_is_that_of_the_bytes() {
    check(
        json!({ "application/xml": {}, "application/vnd.api+json": {} }),
        json!({ "a": 1 }),
        "\ncontent-type: application/vnd.api+json\n\n{\"a\":1}",
    );
    check(
        json!({ "application/xml": {}, "application/json": {} }),
        json!("<a/>"),
        "\ncontent-type: application/xml\n\n<a/>",
    );
    check(json!({ "*/*": {} }), json!({ "a": 1 }), "\ncontent-type: application/json\n\n{\"a\":1}");
    check(
        json!({ "application/xml": {} }),
        json!({ "a": 1 }),
        "\ncontent-type: application/json\n\n{\"a\":1}",
    );
    check(json!({ "text/plain": {} }), json!("hello"), "\ncontent-type: text/plain\n\nhello");
}

#[test]
fn forms() {
    let form = |encoding: Value| json!({ "application/x-www-form-urlencoded": { "encoding": encoding } });
    let head = "\ncontent-type: application/x-www-form-urlencoded";
    check(
        form(json!({})),
        json!({ "a": "x & é", "b": ["1", "2"], "c": { "d": 1 }, "e": null, "f": "1.0" }),
        &format!("{head}\n\na=x%20%26%20%C3%A9&b=1,2&c=%7B%22d%22%3A1%7D&e=null&f=1.0"),
    );
    check(form(json!({ "b": { "explode": true } })), json!({ "b": [1, 2] }), &format!("{head}\n\nb=1&b=2"));
    check(
        form(json!({ "b": { "style": "deepObject" } })),
        json!({ "b": { "c": 1 } }),
        &format!("{head}\n\nb%5Bc%5D=1"),
    );
    check(
        form(json!({ "b": { "contentType": "application/json" } })),
        json!({ "b": [1] }),
        &format!("{head}\n\nb=%5B1%5D"),
    );
    check(form(json!({})), json!({}), head);
    check_refused(
        &document("/a", "post", json!({ "requestBody": { "required": true, "content": form(json!({})) } })),
        &json!({}),
        "/_requestBody: expected a request body, got nothing",
    );
}

#[test]
fn parts() {
    let schema = json!({ "properties": { "file": { "type": "string", "format": "binary" } } });
    let content = json!({ "multipart/form-data": { "schema": schema, "encoding": { "meta": { "contentType": "application/json" } } } });
    let check = |body: Value, expected: &str| {
        let built =
            build(&posting(content.clone()), "op", &json!({ "_requestBody": body }), &json!({})).unwrap();
        let media_type = built.headers()["content-type"].to_str().unwrap();
        let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let body = String::from_utf8_lossy(built.body()).replace(boundary, "B").replace("\r\n", "\n");
        assert_eq!(body, expected);
    };
    check_refused(
        &posting(json!({ "application/x-www-form-urlencoded": {} })),
        &json!({ "_requestBody": [1] }),
        "/_requestBody: expected an object, got array",
    );
    check_refused(
        &posting(content.clone()),
        &json!({ "_requestBody": "text" }),
        "/_requestBody: expected an object, got string",
    );
    let field = "Content-Disposition: form-data; name=";
    check(
        json!({ "note": "n 1", "tags": ["a", "b"], "o": { "k": "v" } }),
        &format!(
            "--B\n{field}\"note\"\n\nn 1\n--B\n{field}\"tags\"\n\na,b\n--B\n{field}\"o\"\n\n{{\"k\":\"v\"}}\n--B--\n"
        ),
    );
    check(json!({ "file": "content" }), &format!("--B\n{field}\"file\"\n\ncontent\n--B--\n"));
    let part = format!("--B\n{field}\"file\"; filename=\"file\"\nContent-Type: ");
    check(json!({ "file": "data:text/csv;base64,YSxiCg==" }), &format!("{part}text/csv\n\na,b\n\n--B--\n"));
    check(json!({ "file": "data:,a%20b" }), &format!("{part}text/plain;charset=US-ASCII\n\na b\n--B--\n"));
    check(
        json!({ "file": "aGVsbG8gd29ybGQsIHRoaXM=" }),
        &format!("{part}application/octet-stream\n\nhello world, this\n--B--\n"),
    );
    check(
        json!({ "meta": { "a": 1 } }),
        &format!(
            "--B\n{field}\"meta\"; filename=\"blob\"\nContent-Type: application/json\n\n{{\"a\":1}}\n--B--\n"
        ),
    );
    check(json!({ "a\"\r\nX: y": "v" }), &format!("--B\n{field}\"a%22%0D%0AX: y\"\n\nv\n--B--\n"));
}

#[test]
fn lines_of_parts_end_alike() {
    let schema = json!({ "properties": { "file": { "type": "string", "format": "binary" } } });
    let content = json!({ "multipart/form-data": { "schema": schema } });
    let check = |body: Value, expected: &str| {
        let built =
            build(&posting(content.clone()), "op", &json!({ "_requestBody": body }), &json!({})).unwrap();
        let sent = String::from_utf8_lossy(built.body());
        assert!(sent.contains(expected), "{sent}");
    };
    check(json!({ "note": "a\nb\r\nc\rd\n\r" }), "\r\n\r\na\r\nb\r\nc\r\nd\r\n\r\n\r\n--");
    check(json!({ "a\nb": "v" }), "name=\"a%0D%0Ab\"\r\n");
    check(json!({ "file": "data:text/csv,a%0Ab%0D" }), "\r\n\r\na\nb\r\r\n--");
}

#[test]
fn bytes() {
    let content =
        json!({ "application/octet-stream": { "schema": { "type": "string", "format": "binary" } } });
    check(
        content.clone(),
        json!("data:;base64,AAEC"),
        "\ncontent-type: application/octet-stream\n\n\0\u{1}\u{2}",
    );
    check(content, json!("plain"), "\ncontent-type: application/octet-stream\n\nplain");
}

#[test]
fn bodies_of_swagger_2() {
    let check = |parameters: Value, arguments: Value, expected: &str| {
        let document = json!({
            "swagger": "2.0", "host": "api.example.org", "basePath": "/v1/", "schemes": ["https"],
            "definitions": { "Pet": { "properties": { "name": {}, "age": {} } } },
            "paths": { "/a": { "post": { "operationId": "op", "parameters": parameters } } },
        });
        let built = build(&document, "op", &arguments, &json!({})).unwrap();
        assert_eq!(shown(&built), format!("POST /a\n{expected}"));
    };
    let body = || json!([{ "name": "pet", "in": "body", "schema": { "$ref": "#/definitions/Pet" } }]);
    let expected = "content-type: application/json\n\n{\"name\":\"Rex\"}";
    check(body(), json!({ "_requestBody": { "name": "Rex" } }), expected);
    check(body(), json!({ "pet": { "name": "Rex" } }), expected);
    check(body(), json!({ "name": "Rex", "other": 1 }), expected);
    let form = json!([
        { "name": "name", "in": "formData", "type": "string" },
        { "name": "tags", "in": "formData", "type": "array", "collectionFormat": "multi" },
    ]);
    check(
        form,
        json!({ "name": "Rex & co", "tags": [1, 2] }),
        "content-type: application/x-www-form-urlencoded\n\nname=Rex%20%26%20co&tags=1&tags=2",
    );
}

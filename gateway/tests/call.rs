//! `lobe-gateway call`: what it sends, what it shows instead, and how it ends.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by unwrapping")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

const ARGUMENTS: &str = r#"{"city":"Bern"}"#;

/// A plugin's server that answers so many requests: its manifest, and whatever else with what it was sent.
fn weather(requests: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let manifest = json!({
        "identifier": "weather", "meta": {},
        "api": [{
            "name": "getWeather", "description": "", "url": format!("{server}/weather?q='x'"),
            "parameters": { "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] },
        }, {
            "name": "fail", "description": "", "url": format!("{server}/fail"),
            "parameters": { "type": "object", "properties": {} },
        }],
    });
    std::thread::spawn(move || {
        for stream in listener.incoming().take(requests) {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            let (status, body) = match request.split(' ').nth(1).unwrap() {
                "/manifest.json" => ("200 OK", manifest.to_string()),
                "/fail" => ("418 I'm a teapot", "no coffee".to_owned()),
                _ => ("200 OK", request.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()),
            };
            let head =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    server
}

fn call(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lobe-gateway"))
        .arg("call")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn call_weather(requests: usize, operation: &str, more: &[&str]) -> Output {
    let manifest = format!("{}/manifest.json", weather(requests));
    call(&[&["--manifest", &manifest, "--operation", operation], more].concat())
}

fn written(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_answer_goes_to_stdout() {
    let output = call_weather(2, "getWeather", &["--args", ARGUMENTS]);
    assert_eq!(written(&output), ARGUMENTS);
}

#[test]
fn a_dry_run_sends_nothing_and_says_what() {
    let more = ["--args", ARGUMENTS, "--settings", r#"{"KEY":"k"}"#, "--dry-run"];
    let request: Value = serde_json::from_str(&written(&call_weather(1, "getWeather", &more))).unwrap();
    assert_eq!(request["method"], "POST");
    assert!(request["url"].as_str().unwrap().ends_with("/weather?q=%27x%27"), "{request}");
    assert_eq!(request["body"], ARGUMENTS);
    assert_eq!(request["headers"]["x-lobe-plugin-settings"], r#"{"KEY":"k"}"#);
}

#[test]
fn a_curl_command_is_one_that_a_shell_reads() {
    let command = written(&call_weather(1, "getWeather", &["--args", ARGUMENTS, "--curl"]));
    assert!(command.starts_with("curl -X POST 'http://127.0.0.1:"), "{command}");
    assert!(command.ends_with("--data-raw '{\"city\":\"Bern\"}'\n"), "{command}");
    let read = Command::new("sh").args(["-nc", &command]).status().unwrap();
    assert!(read.success());
}

/// A document of the server's, in a file of its own.
fn document(server: &str, name: &str) -> String {
    let path = std::env::temp_dir().join(format!("lobe-gateway-call-{}-{name}", std::process::id()));
    let document = format!(
        "openapi: 3.0.3
info: {{ title: Weather, version: '1' }}
servers: [{{ url: '{server}' }}]
components:
  securitySchemes: {{ key: {{ type: apiKey, in: header, name: X-Key }} }}
security: [{{ key: [] }}]
paths:
  /cities/{{city}}:
    put:
      operationId: setWeather
      parameters:
        - {{ name: city, in: path, required: true, schema: {{ type: string }} }}
        - {{ name: days, in: query, schema: {{ type: array, items: {{ type: integer }} }} }}
      requestBody: {{ content: {{ application/json: {{ schema: {{ type: object }} }} }} }}
"
    );
    std::fs::write(&path, document).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_openapi_document_is_called_as_it_says() {
    let arguments = r#"{"city":"Bern & Thun","days":[1,2],"_requestBody":{"rain":9007199254740993}}"#;
    let document = document(&weather(1), "document.yaml");
    let call = |more: &[&str]| {
        let given = ["--openapi", &document, "--operation", "setWeather", "--args", arguments];
        written(&call(&[&given[..], &["--settings", r#"{"key":"k"}"#], more].concat()))
    };
    let request: Value = serde_json::from_str(&call(&["--dry-run"])).unwrap();
    assert_eq!(request["method"], "PUT");
    let url = request["url"].as_str().unwrap();
    assert!(url.ends_with("/cities/Bern%20%26%20Thun?days=1&days=2"), "{url}");
    assert_eq!(request["headers"]["x-key"], "k");
    assert_eq!(request["headers"]["content-type"], "application/json");
    assert_eq!(request["body"], r#"{"rain":9007199254740993}"#);
    // The server says what it was sent.
    assert_eq!(call(&[]), r#"{"rain":9007199254740993}"#);
    std::fs::remove_file(document).unwrap();
}

#[test]
fn a_file_without_a_server_is_called_where_it_is_said() {
    let document = document("/v1", "relative.yaml");
    let given = ["--openapi", &document, "--operation", "setWeather", "--args", r#"{"city":"Bern"}"#];
    let call =
        |more: &[&str]| call(&[&given[..], &["--settings", r#"{"key":"k"}"#, "--dry-run"], more].concat());
    let nowhere = String::from_utf8(call(&[]).stderr).unwrap();
    assert!(nowhere.contains("it has to be a whole URL") && nowhere.contains("`base_url`"), "{nowhere}");
    let request: Value =
        serde_json::from_str(&written(&call(&["--base-url", "http://127.0.0.1:8000/v1"]))).unwrap();
    assert_eq!(request["url"], "http://127.0.0.1:8000/v1/cities/Bern");
    std::fs::remove_file(document).unwrap();
}

#[test]
fn an_integer_that_would_be_rounded_is_refused() {
    let document = document(&weather(0), "rounded.yaml");
    let arguments = r#"{"city":"Bern","_requestBody":{"rain":[18446744073709551617]}}"#;
    let given = ["--openapi", &document, "--operation", "setWeather", "--args", arguments];
    let output = call(&[&given[..], &["--settings", r#"{"key":"k"}"#]].concat());
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = "/_requestBody/rain/0: expected an integer of at most 64 bits, got one with more digits";
    assert!(said.contains(expected), "{said}");
    std::fs::remove_file(document).unwrap();
}

#[test]
fn a_dry_run_asks_nobody_for_a_token() {
    let path = std::env::temp_dir().join(format!("lobe-gateway-call-{}-token.json", std::process::id()));
    let flows = json!({ "clientCredentials": { "tokenUrl": "http://127.0.0.1:1/token", "scopes": {} } });
    let document = json!({
        "openapi": "3.1.0",
        "servers": [{ "url": "http://127.0.0.1:1" }],
        "components": { "securitySchemes": { "login": { "type": "oauth2", "flows": flows } } },
        "paths": { "/": { "get": { "operationId": "list", "security": [{ "login": [] }] } } },
    });
    std::fs::write(&path, document.to_string()).unwrap();
    let settings = r#"{"login_clientId":"id","login_clientSecret":"s"}"#;
    let given = ["--openapi", path.to_str().unwrap(), "--operation", "list", "--dry-run"];
    let output = call(&[&given[..], &["--args", "{}", "--settings", settings]].concat());
    let request: Value = serde_json::from_str(&written(&output)).unwrap();
    assert_eq!(request["headers"]["authorization"], "Bearer TOKEN");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn failures_are_readable_and_end_with_one() {
    let check = |operation: &str, arguments: &str, expected: &str| {
        let output = call_weather(2, operation, &["--args", arguments]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty());
        assert!(said.starts_with("error: ") && said.contains(expected), "{said}");
    };
    check("getWeather", r#"{"city":7}"#, "#/city");
    check("getWether", ARGUMENTS, "PluginApiNotFound (404)");
    check("getWether", ARGUMENTS, "did you mean `getWeather`? There are: getWeather, ");
    check("fail", "{}", "418: no coffee");
    let nowhere = call(&["--manifest", "nowhere.json", "--operation", "x"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(String::from_utf8(nowhere.stderr).unwrap().starts_with("error: cannot read nowhere.json: "));
    let useless = std::env::temp_dir().join(format!("lobe-gateway-call-{}-useless.yaml", std::process::id()));
    std::fs::write(&useless, "openapi: 1.0.0").unwrap();
    let useless = call(&["--openapi", useless.to_str().unwrap(), "--operation", "x"]);
    let said = String::from_utf8(useless.stderr).unwrap();
    assert!(said.contains("openapi client init error: "), "{said}");
}

#[test]
fn wrong_arguments_end_with_two() {
    for wrong in [
        &["--operation", "x"][..],
        &["--manifest", "m.json"],
        &["--manifest", "m.json", "--operation", "x", "--args", "[]"],
        &["--manifest", "m.json", "--operation", "x", "--args", "{"],
        &["--manifest", "m.json", "--operation", "x", "--settings", "@/nowhere"],
        &["--manifest", "m.json", "--operation", "x", "--dry-run", "--curl"],
        &["--manifest", "ftp://x/m.json", "--operation", "x"],
    ] {
        let output = call(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

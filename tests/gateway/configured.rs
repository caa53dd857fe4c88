//! Other people's plugins, by a line of the configuration: what the gateway serves for each of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use lobe_plugin_gateway::{Config, Gateway, shape};
use lobe_plugin_sdk::serve::{Authorization, HttpDoor, SignedRequests, SigningKey};
use lobe_plugin_sdk::{Call, Operation, Plugin, Reply};
use lobe_tests::http::{Answer, Server};
use lobe_tests::upstream::{Received, Upstream, json_answer, text_answer};
use serde_json::{Value, json};

/// A plugin's server that somebody wrote for LobeChat: its manifest, and operations that tell what they were sent.
async fn weather() -> Upstream {
    Upstream::start(|request| match &*request.path {
        "/manifest.json" => json_answer(&manifest(&format!("http://{}", request.header("host")))),
        _ => json_answer(&told(request)),
    })
    .await
}

fn told(request: &Received) -> Value {
    let body = String::from_utf8_lossy(&request.body);
    json!({ "path": request.path, "body": body, "settings": request.header("x-lobe-plugin-settings") })
}

fn manifest(server: &str) -> Value {
    let api = |name: &str, tags: &[&str]| {
        json!({
            "name": name, "description": format!("Does {name}."), "url": format!("{server}/api/{name}"), "tags": tags,
            "parameters": {
                "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"],
            },
        })
    };
    json!({
        "identifier": "weather", "author": "somebody", "createdAt": "2026-01-31", "version": "1",
        "meta": { "avatar": "⛅", "title": "Weather", "description": "The weather.", "tags": ["sky"] },
        "api": [api("getWeather", &["read"]), api("setWeather", &["write"])],
        "settings": { "type": "object", "properties": { "KEY": { "type": "string" } } },
        "systemRole": "Say where.", "type": "markdown", "ui": { "url": "https://weather.example.org/ui", "height": 200 },
    })
}

/// Starts a gateway with nothing but this configuration: what is not opened in it is closed.
async fn gateway(config: &str) -> Server {
    let config = Config::from_toml(config).unwrap_or_else(|error| panic!("{error}"));
    Server::start(Gateway::configured(&config).unwrap().router()).await
}

async fn gateway_of(upstream: &Upstream, more: &str) -> Server {
    gateway(&format!("{}\n{more}", weather_at(upstream))).await
}

fn weather_at(upstream: &Upstream) -> String {
    format!(
        "plugins.weather.manifest = \"{}/manifest.json\"\nplugins.weather.allow_hosts = [\"{}\"]",
        upstream.url(),
        upstream.host()
    )
}

async fn call(gateway: &Server, api: &str, manifest: Option<Value>) -> Answer {
    let mut payload = json!({ "identifier": "weather", "apiName": api, "arguments": r#"{"city":"Bern"}"# });
    if let Some(manifest) = manifest {
        payload["manifest"] = manifest;
    }
    gateway.post("/api/gateway", &payload.to_string(), None).await
}

async fn get_from_a_page(gateway: &Server, path: &str) -> Answer {
    let request = Request::get(path).header("origin", "https://chat.example.org");
    gateway.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn one_line_serves_a_plugin_that_leads_back_here() {
    let upstream = weather().await;
    let gateway = gateway_of(&upstream, "").await;

    let answer = get_from_a_page(&gateway, "/plugins/weather/manifest.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let served = answer.json();
    assert_eq!(shape::manifest(&served), Ok(()));
    let here = gateway.url();
    assert_eq!(served["gateway"], format!("{here}/api/gateway"));
    assert_eq!(served["api"][0]["url"], format!("{here}/plugins/weather/api/getWeather"));
    let theirs = manifest("");
    for member in ["identifier", "author", "createdAt", "meta", "settings", "systemRole", "type", "ui"] {
        assert_eq!(served[member], theirs[member], "{member}");
    }
    assert_eq!(served["api"][0]["parameters"], theirs["api"][0]["parameters"]);

    // What LobeChat does with it, by both ways that the manifest names.
    let called = call(&gateway, "getWeather", Some(served)).await;
    assert_eq!(called.json()["path"], "/api/getWeather", "{}", called.text);
    let called = gateway.post("/plugins/weather/api/getWeather", r#"{"city":"Bern"}"#, Some("{}")).await;
    assert_eq!(called.json()["body"], r#"{"city":"Bern"}"#, "{}", called.text);
}

#[tokio::test]
async fn all_documents_of_a_plugin_are_served() {
    let upstream = weather().await;
    let gateway = gateway_of(&upstream, "").await;
    let openapi = gateway.get("/plugins/weather/openapi.json").await.json();
    assert_eq!(openapi["servers"][0]["url"], format!("{}/plugins/weather", gateway.url()));
    assert!(openapi["paths"]["/api/getWeather"]["post"].is_object());
    for path in ["openapi.yaml", "docs/", "docs/index.html", ".well-known/ai-plugin.json"] {
        assert_eq!(gateway.get(&format!("/plugins/weather/{path}")).await.status, StatusCode::OK, "{path}");
    }
    for path in ["/plugins/nobody/manifest.json", "/plugins/weather/nothing", "/plugins/", "/plugins"] {
        assert_eq!(gateway.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let unknown = get_from_a_page(&gateway, "/plugins/nobody/manifest.json").await;
    assert_eq!(unknown.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn the_doors_of_a_plugin_take_the_gateways_steps() {
    let upstream = weather().await;
    let gateway = gateway_of(&upstream, "plugins.weather.settings = { KEY = \"operators\" }").await;
    let post = async |api: &str, body: &str, settings: Option<&str>| {
        gateway.post(&format!("/plugins/weather/api/{api}"), body, settings).await
    };
    let lent = post("getWeather", r#"{"city":"Bern"}"#, None).await;
    assert_eq!(lent.json()["settings"], r#"{"KEY":"operators"}"#, "{}", lent.text);
    let own = post("getWeather", r#"{"city":"Bern"}"#, Some(r#"{"KEY":"mine"}"#)).await;
    assert_eq!(own.json()["settings"], r#"{"KEY":"mine"}"#, "{}", own.text);

    let wrong = post("getWeather", r#"{"city":7}"#, None).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.json()["errorType"], "PluginApiParamsError");
    assert!(wrong.text.contains("#/city"), "{}", wrong.text);
    assert_eq!(post("nothing", "{}", None).await.json()["errorType"], "PluginApiNotFound");
}

#[tokio::test]
async fn what_a_filter_leaves_out_is_neither_listed_nor_called() {
    let upstream = weather().await;
    for filter in [
        r#"exclude = ["set*"]"#,
        r#"include = ["get*"]"#,
        r#"tags = ["read"]"#,
        r#"exclude_tags = ["write"]"#,
    ] {
        let more = format!(
            "plugins.weather.tools = {{ {filter} }}\nplugins.weather.settings = {{ KEY = \"operators\" }}"
        );
        let gateway = gateway_of(&upstream, &more).await;
        let served = gateway.get("/plugins/weather/manifest.json").await.json();
        assert_eq!(served["api"].as_array().unwrap().len(), 1, "{filter}");
        assert!(!gateway.get("/plugins/weather/openapi.json").await.text.contains("setWeather"));
        assert_eq!(call(&gateway, "getWeather", None).await.status, StatusCode::OK);
        assert_eq!(call(&gateway, "setWeather", None).await.json()["errorType"], "PluginApiNotFound");
        let direct = gateway.post("/plugins/weather/api/setWeather", r#"{"city":"Bern"}"#, None).await;
        assert_eq!(direct.json()["errorType"], "PluginApiNotFound");
        // A manifest that the caller wrote brings the operation back, but not with the operator's settings.
        let own = call(&gateway, "setWeather", Some(manifest(&upstream.url()))).await;
        assert_eq!(own.status, StatusCode::FORBIDDEN, "{}", own.text);
    }
    let calls = upstream.received().into_iter().filter(|request| request.path == "/api/setWeather");
    assert_eq!(calls.count(), 0);
}

#[tokio::test]
async fn operations_are_called_where_the_operator_says() {
    let upstream = weather().await;
    let elsewhere = weather().await;
    let config = format!(
        "plugins.weather = {{ manifest = \"{}/manifest.json\", base_url = \"{}/v2\", allow_hosts = [\"127.0.0.1\"] }}",
        upstream.url(),
        elsewhere.url()
    );
    let gateway = gateway(&config).await;
    let called = call(&gateway, "getWeather", None).await;
    assert_eq!(called.json()["path"], "/v2/api/getWeather", "{}", called.text);
    assert!(upstream.received().iter().all(|request| request.path == "/manifest.json"));
}

#[tokio::test]
async fn what_is_opened_for_one_plugin_is_closed_to_all_others() {
    let upstream = weather().await;
    let gateway = gateway_of(&upstream, "").await;
    assert_eq!(call(&gateway, "getWeather", None).await.status, StatusCode::OK);
    let mut theirs = upstream.manifest("other", "/run");
    let payload = json!({ "identifier": "other", "apiName": "run", "arguments": "{}", "manifest": theirs });
    let refused = gateway.post("/api/gateway", &payload.to_string(), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    // Nor does the name of the plugin open anything to the caller's own manifest of it.
    theirs["identifier"] = "weather".into();
    let payload = json!({ "identifier": "weather", "apiName": "run", "arguments": "{}", "manifest": theirs });
    let refused = gateway.post("/api/gateway", &payload.to_string(), None).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}

#[tokio::test]
async fn a_place_in_ones_own_network_is_closed_until_a_line_opens_it() {
    let upstream = weather().await;
    let (url, host) = (upstream.url(), upstream.host());
    let configured = |text: &str| Gateway::configured(&Config::from_toml(text).unwrap());
    for (key, path) in [("manifest", "/manifest.json"), ("openapi", "/openapi.json"), ("mcp", "/mcp")] {
        let line = format!("plugins.weather.{key} = \"{url}{path}\"");
        let refused = configured(&line).unwrap_err().to_string();
        let opens = format!("plugins.weather.allow_hosts = [\"{host}\"]");
        assert!(refused.contains(&format!("Say `{opens}` to open it to this plugin")), "{refused}");
        configured(&format!("{line}\n{opens}")).unwrap();
        configured(&format!("{line}\nplugins.weather.allow_cidrs = [\"127.0.0.0/8\"]")).unwrap();
        configured(&format!("{line}\negress.open_named = true")).unwrap();
        // The operator's word for another plugin is none for this one.
        configured(&format!(
            "{line}\nplugins.other = {{ manifest = \"https://a.example/\", allow_hosts = [\"{host}\"] }}"
        ))
        .unwrap_err();
    }
    let gateway =
        gateway(&format!("plugins.weather.manifest = \"{url}/manifest.json\"\negress.open_named = true"))
            .await;
    assert_eq!(call(&gateway, "getWeather", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_takes_what_its_gateway_signed_and_nothing_else() {
    const KEY: &str = "f3b1c6d2a79e4805b6c1d0e9f8a7b6c5";
    let tell = Operation::new("tell", async |call: Call| {
        Ok(Reply::text(format!("{:?} {:?}", call.settings().expose(), call.caller().subject())))
    });
    let signed = SignedRequests::by(SigningKey::new(KEY).unwrap());
    let door = HttpDoor::new(Plugin::new("signed").operation(tell));
    let server = Server::start(door.authorization(Authorization::required().by(signed)).router()).await;
    let (url, host) = (server.url(), server.url().trim_start_matches("http://").to_owned());
    let configured = async |key: &str| {
        let line = format!(
            "plugins.signed = {{ manifest = \"{url}/manifest.json\", allow_hosts = [\"{host}\"]{key} }}"
        );
        gateway(&line).await
    };
    let payload = json!({ "identifier": "signed", "apiName": "tell", "arguments": "{}" }).to_string();
    let knows = configured(&format!(", signing_key = \"{KEY}\"")).await;
    for settings in [None, Some(r#"{"KEY":"k"}"#)] {
        let told = knows.post("/api/gateway", &payload, settings).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        assert!(
            told.text.contains("gateway") && told.text.contains("\"k\"") == settings.is_some(),
            "{}",
            told.text
        );
    }
    for other in [String::new(), format!(", signing_key = \"{}\"", KEY.replace('f', "0"))] {
        let refused = configured(&other).await.post("/api/gateway", &payload, None).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text);
    }
    assert_eq!(server.post("/api/tell", "{}", None).await.status, StatusCode::UNAUTHORIZED);
    let short =
        Config::from_toml("plugins.p = { manifest = \"https://a.example/\", signing_key = \"sesame\" }");
    let error = Gateway::configured(&short.unwrap()).unwrap_err().to_string();
    assert!(error.contains("`plugins.p.signing_key`: a key that signs has 32 bytes at least"), "{error}");
    assert!(!error.contains("sesame"), "{error}");
}

#[tokio::test]
async fn a_manifest_may_be_a_file() {
    let upstream = weather().await;
    let folder = std::env::temp_dir().join(format!("lobe-gateway-configured-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("weather.json"), manifest(&upstream.url()).to_string()).unwrap();
    let text = format!(
        "[plugins.weather]\nmanifest = \"weather.json\"\nallow_hosts = [\"{}\"]\n[plugins.gone]\nmanifest = \"gone.json\"\n[egress]\nrequire_https = false",
        upstream.host()
    );
    std::fs::write(folder.join("gateway.toml"), text).unwrap();
    let config = Config::read(&folder.join("gateway.toml")).unwrap();
    let missing = Gateway::configured(&config).unwrap_err().to_string();
    assert!(missing.contains("`plugins.gone.manifest`: cannot read"), "{missing}");
    std::fs::write(folder.join("gone.json"), "{}").unwrap();
    let configured = Gateway::configured(&config).unwrap();
    std::fs::remove_file(folder.join("gone.json")).unwrap();
    let gateway = Server::start(configured.router()).await;
    assert_eq!(call(&gateway, "getWeather", None).await.status, StatusCode::OK);
    let gone = gateway.get("/plugins/gone/manifest.json").await;
    assert_eq!(gone.json()["errorType"], "PluginManifestNotFound");
    assert!(!gone.text.contains("gone.json"), "{}", gone.text);
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn the_index_lists_what_is_there_in_lobehubs_shape() {
    let upstream = weather().await;
    let gateway = gateway(&format!(
        "public_url = \"https://plugins.example.org\"\n{}\n\
         plugins.down = {{ manifest = \"{}/nothing\", allow_hosts = [\"{}\"] }}",
        weather_at(&upstream),
        upstream.url(),
        upstream.host()
    ))
    .await;
    let answer = get_from_a_page(&gateway, "/index.json").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let index = answer.json();
    assert_eq!(shape::market_index(&index), Ok(()));
    let [entry] = &index["plugins"].as_array().unwrap()[..] else { panic!("{index}") };
    assert_eq!(shape::market_entry(entry), Ok(()));
    assert_eq!(entry["identifier"], "weather");
    assert_eq!(entry["manifest"], "https://plugins.example.org/plugins/weather/manifest.json");
    assert_eq!(entry["meta"]["title"], "Weather");
}

#[tokio::test]
async fn a_document_is_read_anew_when_it_has_changed() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let upstream = Upstream::start(|request| {
        let mut manifest = manifest(&format!("http://{}", request.header("host")));
        match ASKED.fetch_add(1, Ordering::Relaxed) {
            0 => {}
            1 => return text_answer(StatusCode::OK, "no manifest"),
            _ => manifest["meta"]["title"] = "Climate".into(),
        }
        json_answer(&manifest)
    })
    .await;
    let gateway = gateway_of(&upstream, "limits.cache_fresh = \"1ms\"").await;
    let mut titles = Vec::new();
    for _ in 0..3 {
        let served = gateway.get("/plugins/weather/manifest.json").await.json();
        titles.push(served["meta"]["title"].as_str().unwrap().to_owned());
        // What cannot be had is not asked for again within a second.
        tokio::time::sleep(std::time::Duration::from_millis(550)).await;
    }
    assert_eq!(titles, ["Weather", "Weather", "Weather"]);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(gateway.get("/plugins/weather/manifest.json").await.json()["meta"]["title"], "Climate");
}

#[tokio::test]
async fn one_plugin_may_have_tighter_limits() {
    let upstream = Upstream::start(|request| match &*request.path {
        "/manifest.json" => json_answer(&manifest(&format!("http://{}", request.header("host")))),
        "/api/setWeather" => {
            let never = futures_util::stream::pending::<std::io::Result<&'static str>>();
            Response::new(Body::from_stream(never))
        }
        _ => text_answer(StatusCode::OK, &"x".repeat(2000)),
    })
    .await;
    let gateway =
        gateway_of(&upstream, "plugins.weather.limits = { call_time = \"300ms\", answer = 1000 }").await;
    assert_eq!(call(&gateway, "getWeather", None).await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(call(&gateway, "setWeather", None).await.status, StatusCode::GATEWAY_TIMEOUT);
}

/// A service that nobody wrote for LobeChat: its OpenAPI document in YAML, which refers to another one, an ai-plugin.json, and
/// operations that tell what they were sent.
async fn library() -> Upstream {
    const OPENAPI: &str = r##"
openapi: 3.1.0
info: { title: Library, description: Books., version: "2" }
paths:
  /books/{isbn}:
    get:
      operationId: get_book
      tags: [read]
      parameters: [{ name: isbn, in: path, required: true, schema: { $ref: "schemas/book.yaml#/Isbn" } }]
    delete:
      operationId: remove_book
      tags: [write]
      parameters: [{ name: isbn, in: path, required: true, schema: { type: string } }]
"##;
    Upstream::start(|request| match &*request.path {
        "/openapi.yaml" => text_answer(StatusCode::OK, OPENAPI),
        "/schemas/book.yaml" => text_answer(StatusCode::OK, "Isbn: { type: string, pattern: '^[0-9]+$' }"),
        "/.well-known/ai-plugin.json" => json_answer(&json!({
            "name_for_human": "The library", "description_for_human": "Books.", "description_for_model": "Look up.",
            "api": { "type": "openapi", "url": format!("http://{}/openapi.yaml", request.header("host")) },
        })),
        _ => json_answer(&json!({ "method": request.method.as_str(), "path": request.path })),
    })
    .await
}

async fn call_library(gateway: &Server, api: &str, isbn: &str) -> Answer {
    let payload = json!({
        "identifier": "library", "apiName": api, "arguments": json!({ "isbn": isbn }).to_string(),
    });
    gateway.post("/api/gateway", &payload.to_string(), None).await
}

#[tokio::test]
async fn an_openapi_document_is_enough() {
    let upstream = library().await;
    let line = format!(
        "plugins.library = {{ openapi = \"{}/openapi.yaml\", siblings = [\"schemas/book.yaml\"], tools = {{ tags = [\"read\"] }}, allow_hosts = [\"{}\"] }}",
        upstream.url(),
        upstream.host()
    );
    let gateway = gateway(&line).await;
    let served = get_from_a_page(&gateway, "/plugins/library/manifest.json").await.json();
    assert_eq!(shape::manifest(&served), Ok(()));
    assert_eq!((&served["identifier"], &served["meta"]["title"]), (&json!("library"), &json!("Library")));
    let [api] = &served["api"].as_array().unwrap()[..] else { panic!("{served}") };
    assert_eq!(api["name"], "get_book");

    let called = call_library(&gateway, "get_book", "0141439513").await;
    assert_eq!(called.json(), json!({ "method": "GET", "path": "/books/0141439513" }), "{}", called.text);
    // By the schema that stands in the other document.
    let wrong = call_library(&gateway, "get_book", "x").await;
    assert_eq!(wrong.json()["errorType"], "PluginApiParamsError", "{}", wrong.text);
    assert_eq!(call_library(&gateway, "remove_book", "1").await.json()["errorType"], "PluginApiNotFound");
    let direct = gateway.post("/plugins/library/api/get_book", r#"{"isbn":"7"}"#, None).await;
    assert_eq!(direct.json()["path"], "/books/7", "{}", direct.text);
    // What LobeChat sends back is what it was given.
    let payload = json!({
        "identifier": "library", "apiName": "get_book", "arguments": r#"{"isbn":"7"}"#, "manifest": served,
    });
    assert_eq!(gateway.post("/api/gateway", &payload.to_string(), None).await.json()["path"], "/books/7");
}

#[tokio::test]
async fn what_an_openapi_document_refers_to_is_only_followed_when_it_is_named() {
    let upstream = library().await;
    let (url, host) = (upstream.url(), upstream.host());
    let line =
        format!("plugins.library = {{ openapi = \"{url}/openapi.yaml\", allow_hosts = [\"{host}\"] }}");
    let gateway = gateway(&line).await;
    // Nobody knows what the number of a book looks like; one bad reference fails nothing else.
    let called = call_library(&gateway, "get_book", "x").await;
    assert_eq!(called.json()["path"], "/books/x", "{}", called.text);
    assert!(upstream.received().iter().all(|request| request.path != "/schemas/book.yaml"));
}

#[tokio::test]
async fn an_ai_plugin_leads_to_its_service() {
    let upstream = library().await;
    let (url, host) = (upstream.url(), upstream.host());
    let line = format!(
        "plugins.library = {{ ai_plugin = \"{url}/.well-known/ai-plugin.json\", allow_hosts = [\"{host}\"] }}"
    );
    let gateway = gateway(&line).await;
    let served = gateway.get("/plugins/library/manifest.json").await.json();
    assert_eq!(
        (&served["meta"]["title"], &served["systemRole"]),
        (&json!("The library"), &json!("Look up."))
    );
    assert_eq!(call_library(&gateway, "remove_book", "7").await.json()["path"], "/books/7");
}

#[tokio::test]
async fn one_document_describes_a_plugin() {
    let config = Config::from_toml("plugins.p = { manifest = \"m.json\", openapi = \"o.json\" }").unwrap();
    let error = Gateway::configured(&config).unwrap_err().to_string();
    assert!(error.contains("`manifest` or `openapi`"), "{error}");
}

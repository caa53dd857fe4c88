//! `/mcp` and `/mcp/{toolset}`: the tools of many plugins for MCP clients. What is not listed cannot be called.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use lobe_plugin_gateway::{Config, Gateway, Grant};
use lobe_plugin_sdk::serve::{Authorization, Key, KeyRecord, Keys};
use lobe_plugin_sdk::{Call, Image, Operation, Plugin, Reply};
use lobe_tests::http::{Answer, Server};
use lobe_tests::upstream::{Received, Upstream, json_answer, text_answer};
use serde_json::{Value, json};

/// Two plugins' server. Both plugins have a setting of the same name, and tell what they were sent.
async fn market() -> Upstream {
    Upstream::start(|request| {
        let server = format!("http://{}", request.header("host"));
        match &*request.path {
            "/weather.json" => json_answer(&manifest(&server, "weather", "sky")),
            "/library.json" => json_answer(&manifest(&server, "library", "books")),
            _ => json_answer(&told(request)),
        }
    })
    .await
}

fn told(request: &Received) -> Value {
    let body = String::from_utf8_lossy(&request.body);
    json!({ "path": request.path, "body": body, "settings": request.header("x-lobe-plugin-settings") })
}

fn manifest(server: &str, identifier: &str, tag: &str) -> Value {
    let api = |name: &str| {
        json!({
            "name": name, "description": format!("Does {name}."), "url": format!("{server}/{identifier}/{name}"),
            "parameters": { "type": "object", "properties": { "what": { "type": "string" } } },
        })
    };
    json!({
        "identifier": identifier, "version": "1", "api": [api("find"), api("remove")],
        "meta": { "avatar": "⛅", "title": identifier, "tags": [tag] },
        "settings": { "type": "object", "properties": { "KEY": { "type": "string" } } },
    })
}

async fn gateway(upstream: &Upstream, more: &str) -> Server {
    let (url, host) = (upstream.url(), upstream.host());
    let line = |name: &str| {
        format!(
            "plugins.{name}.manifest = \"{url}/{name}.json\"\nplugins.{name}.allow_hosts = [\"{host}\"]\n"
        )
    };
    let config = line("weather") + &line("library") + more;
    let config = Config::from_toml(&config).unwrap_or_else(|error| panic!("{error}"));
    Server::start(Gateway::configured(&config).unwrap().router()).await
}

async fn ask(server: &Server, path: &str, message: Value, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::post(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    server.send(request.body(Body::from(message.to_string())).unwrap()).await
}

async fn list_as(server: &Server, path: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let answer = ask(server, path, message, headers).await.json();
    let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

async fn list(server: &Server, path: &str) -> Vec<String> {
    list_as(server, path, &[]).await
}

async fn call_as(server: &Server, path: &str, tool: &str, headers: &[(&str, &str)]) -> Value {
    let params = json!({ "name": tool, "arguments": { "what": "it" } });
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    ask(server, path, message, headers).await.json()
}

/// Calls a tool, and returns what its server was sent.
async fn sent(server: &Server, path: &str, tool: &str, headers: &[(&str, &str)]) -> Value {
    let answer = call_as(server, path, tool, headers).await;
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{answer}"))
}

#[tokio::test]
async fn all_plugins_share_one_list() {
    let upstream = market().await;
    let gateway = gateway(&upstream, "").await;
    let all = ["library__find", "library__remove", "weather__find", "weather__remove"];
    assert_eq!(list(&gateway, "/mcp").await, all);
    let told = sent(&gateway, "/mcp", "weather__find", &[]).await;
    assert_eq!((&told["path"], &told["body"]), (&json!("/weather/find"), &json!(r#"{"what":"it"}"#)));
    let wrong = call_as(&gateway, "/mcp", "wether__find", &[]).await;
    assert_eq!(wrong["error"]["message"], "unknown tool `wether__find`; did you mean `weather__find`?");
}

#[tokio::test]
async fn a_toolset_lists_and_calls_what_its_filter_admits() {
    let upstream = market().await;
    let toolsets = r#"
        plugins.weather.tools.exclude = ["remove"]
        [toolsets]
        finding = { tools = { include = ["find"] } }
        weather = { plugins = ["weather"] }
        books = { tools = { tags = ["books"], exclude = ["re*"] } }
    "#;
    let gateway = gateway(&upstream, toolsets).await;
    assert_eq!(list(&gateway, "/mcp").await, ["library__find", "library__remove", "weather__find"]);
    assert_eq!(list(&gateway, "/mcp/finding").await, ["library__find", "weather__find"]);
    assert_eq!(
        list(&gateway, "/mcp/weather").await,
        ["weather__find"],
        "the plugin's own filter counts, too"
    );
    assert_eq!(
        list(&gateway, "/mcp/books").await,
        ["library__find"],
        "a plugin's tags are those of its tools"
    );
    assert_eq!(sent(&gateway, "/mcp/books", "library__find", &[]).await["path"], "/library/find");
    let out = [
        ("/mcp/finding", "library__remove"),
        ("/mcp/weather", "library__find"),
        ("/mcp/books", "weather__find"),
        ("/mcp/books", "library__remove"),
        ("/mcp", "weather__remove"),
    ];
    let _so_far = upstream.received();
    for (path, tool) in out {
        assert_eq!(call_as(&gateway, path, tool, &[]).await["error"]["code"], -32602, "{path} {tool}");
    }
    assert!(upstream.received().is_empty());
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    assert_eq!(ask(&gateway, "/mcp/nothing", message, &[]).await.status, 404);
}

#[tokio::test]
async fn settings_go_to_the_one_plugin_that_they_stand_below() {
    let upstream = market().await;
    let gateway = gateway(&upstream, "plugins.library.settings = { KEY = \"lent\" }").await;
    let settings = ("x-lobe-plugin-settings", r#"{"weather":{"KEY":"mine"},"KEY":"anybodys"}"#);
    let single = ("x-lobe-setting-key", "anybodys");
    let of = async |path: &str, tool: &str, headers: &[(&str, &str)]| {
        sent(&gateway, path, tool, headers).await["settings"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("/mcp", "weather__find", &[settings, single]).await, r#"{"KEY":"mine"}"#);
    assert_eq!(of("/mcp", "library__find", &[settings, single]).await, r#"{"KEY":"lent"}"#);
    assert_eq!(of("/mcp", "weather__find", &[single]).await, "{}");
    assert_eq!(of("/plugins/weather/mcp", "find", &[single]).await, r#"{"KEY":"anybodys"}"#);
}

#[tokio::test]
async fn a_mounted_plugin_is_handed_its_own_settings_and_cannot_look_at_others() {
    let plugin = |identifier: &'static str| {
        let tell = Operation::new("tell", async |call: Call| {
            Ok(Reply::text(format!("{:?} {:?}", call.settings().expose(), call.headers())))
        });
        Plugin::new(identifier).operation(tell)
    };
    let server = Server::start(Gateway::new().mount(plugin("a")).mount(plugin("b")).router()).await;
    let settings = ("x-lobe-plugin-settings", r#"{"a":{"KEY":"secret-of-a"},"b":{"KEY":"secret-of-b"}}"#);
    let told = call_as(&server, "/mcp", "a__tell", &[settings]).await.to_string();
    assert!(told.contains("secret-of-a") && !told.contains("secret-of-b"), "{told}");
}

#[tokio::test]
async fn a_document_that_changes_changes_the_list() {
    let upstream = Upstream::start(|request| {
        static ASKED: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let asked = ASKED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let mut manifest = manifest(&format!("http://{}", request.header("host")), "weather", "sky");
        match (asked, &*request.path) {
            (_, "/library.json") => return text_answer(axum::http::StatusCode::NOT_FOUND, "gone"),
            (0..2, _) => {}
            _ => manifest["api"][1]["name"] = "forget".into(),
        }
        json_answer(&manifest)
    })
    .await;
    let gateway = gateway(&upstream, "limits.cache_fresh = \"1ms\"").await;
    assert_eq!(
        list(&gateway, "/mcp").await,
        ["weather__find", "weather__remove"],
        "one that is gone is no harm"
    );
    let changed = async {
        while list(&gateway, "/mcp").await != ["weather__find", "weather__forget"] {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), changed).await.expect("the list follows the document");
}

#[tokio::test]
async fn who_has_a_key_for_one_plugin_sees_and_calls_no_other() {
    let plugin = |identifier: &'static str| {
        Plugin::new(identifier).operation(Operation::new("go", async |_| Ok(Reply::text("went"))))
    };
    let keys = ["all", "one", "two"].map(|name| Key::generate(name).unwrap());
    let narrow = |key: &Key, plugin: &str| {
        let mut record = KeyRecord::new(key);
        record.extensions.insert(Grant { plugins: Some([plugin.to_owned()].into()), ..Grant::default() });
        record
    };
    let records = [KeyRecord::new(&keys[0]), narrow(&keys[1], "one"), narrow(&keys[2], "two")];
    let authorization = Authorization::required().by(Keys::of(records));
    let gateway = Gateway::new().mount(plugin("one")).mount(plugin("two")).authorization(authorization);
    let gateway = Server::start(gateway.router()).await;
    let stranger = gateway.get("/mcp").await;
    assert_eq!((stranger.status.as_u16(), stranger.header("www-authenticate")), (401, "Bearer"));
    let [all, one, two] = keys.map(|key| format!("Bearer {}", key.expose()));
    // Twice, because a list is kept.
    for _ in 0..2 {
        assert_eq!(list_as(&gateway, "/mcp", &[("authorization", &one)]).await, ["one__go"]);
        assert_eq!(list_as(&gateway, "/mcp", &[("authorization", &two)]).await, ["two__go"]);
        assert_eq!(list_as(&gateway, "/mcp", &[("authorization", &all)]).await, ["one__go", "two__go"]);
    }
    let went = call_as(&gateway, "/mcp", "one__go", &[("authorization", &one)]).await;
    assert_eq!(went["result"]["content"][0]["text"], "went", "{went}");
    let kept_out = call_as(&gateway, "/mcp", "two__go", &[("authorization", &one)]).await;
    assert_eq!(kept_out["error"]["code"], -32602, "{kept_out}");
}

#[tokio::test]
async fn one_mounted_plugin_shares_the_list_with_those_elsewhere() {
    let upstream = market().await;
    let (url, host) = (upstream.url(), upstream.host());
    let config =
        format!("plugins.weather = {{ manifest = \"{url}/weather.json\", allow_hosts = [\"{host}\"] }}");
    let config = Config::from_toml(&config).unwrap();
    let one = Plugin::new("one").operation(Operation::new("go", async |_| Ok(Reply::text("went"))));
    let server = Server::start(Gateway::configured(&config).unwrap().mount(one.clone()).router()).await;
    assert_eq!(list(&server, "/mcp").await, ["one__go", "weather__find", "weather__remove"]);
    assert_eq!(list(&server, "/plugins/one/mcp").await, ["go"]);
    assert_eq!(ask(&server, "/api/go", json!({}), &[]).await.text, "went");
    let alone = Server::start(Gateway::new().mount(one).router()).await;
    assert_eq!(list(&alone, "/mcp").await, ["go"]);
}

#[tokio::test]
async fn pictures_are_links_where_the_operator_says_so() {
    const PUBLIC: &str = "https://plugins.example.org";
    let configured = |text: &str| Gateway::configured(&Config::from_toml(text).unwrap());
    let unplaced = configured("mcp.files = true").unwrap_err().to_string();
    assert!(
        unplaced.contains("`mcp.files`: say in `public_url` where clients reach this server"),
        "{unplaced}"
    );
    let painter = || {
        let paint = async |_| Reply::image(Image::new("image/png", b"a picture".as_slice()));
        Plugin::new("painter").operation(Operation::new("paint", paint))
    };
    let gateway = configured(&format!("mcp.files = true\npublic_url = \"{PUBLIC}\"")).unwrap();
    let server = Server::start(gateway.mount(painter()).router()).await;
    for path in ["/mcp", "/plugins/painter/mcp"] {
        let answer = call_as(&server, path, "paint", &[]).await.to_string();
        assert!(!answer.contains("\"image\""), "{path} holds the picture: {answer}");
        let link =
            answer.split(&format!("{PUBLIC}/files/")).nth(1).unwrap_or_else(|| panic!("no link: {answer}"));
        let link = format!("/files/{}", link.split(['"', ')', ' ', '\\']).next().unwrap());
        let picture = server.get(&link).await;
        assert_eq!((picture.status.as_u16(), picture.header("content-type")), (200, "image/png"));
        assert_eq!(picture.text, "a picture");
        assert_eq!(server.get(&link.replace("expires=1", "expires=2")).await.status, 404, "it was signed");
    }
    let plain = Server::start(configured("").unwrap().mount(painter()).router()).await;
    let answer = call_as(&plain, "/mcp", "paint", &[]).await.to_string();
    assert!(answer.contains("\"image\"") && !answer.contains("/files/"), "{answer}");
}

#[tokio::test]
async fn clients_have_sessions_where_the_operator_says_so() {
    let upstream = market().await;
    let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    } });
    let tools = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let server = gateway(&upstream, "mcp.sessions = \"15m\"").await;
    for path in ["/mcp", "/plugins/weather/mcp"] {
        let begun = ask(&server, path, initialize.clone(), &[]).await;
        let own = [("mcp-session-id", begun.header("mcp-session-id"))];
        assert_eq!(ask(&server, path, tools.clone(), &own).await.status.as_u16(), 200, "{path}");
        let unknown = [("mcp-session-id", "0123456789abcdef0123456789abcdef")];
        assert_eq!(ask(&server, path, tools.clone(), &unknown).await.status.as_u16(), 404, "{path}");
    }
}

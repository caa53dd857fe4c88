//! The plugin's own HTTP door, over real connections.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use lobe_plugin_sdk::OpenApiVersion;
use lobe_plugin_sdk::schema::Profile;
use lobe_plugin_sdk::serve::{Cors, HttpDoor, Limits};
use lobe_tests::http::Server;
use lobe_tests::parity;
use serde_json::{Value, json};

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test]
async fn documents_are_what_lobechats_browser_can_read() {
    let server = Server::start(clothes::clothes::plugin().router()).await;
    let manifest = server.get("/manifest.json").await;
    assert_eq!(manifest.status, StatusCode::OK);
    // Anything else, `; charset=utf-8` included, LobeChat reads as YAML.
    assert_eq!(manifest.header("content-type"), "application/json");
    assert_eq!(manifest.header("access-control-allow-origin"), "*");
    let url = format!("{}/api/recommend_clothes", server.url());
    assert_eq!(manifest.json()["api"][0]["url"], url);
    assert_eq!(manifest.json().get("gateway"), None, "the sdk has no gateway of its own");

    let asked = server.get("/manifest.json?mode=openapi").await.json();
    assert_eq!(asked["api"], json!([]));
    assert_eq!(asked["openapi"], format!("{}/openapi.json", server.url()));

    let ai_plugin = server.get("/.well-known/ai-plugin.json").await;
    assert_eq!(ai_plugin.header("content-type"), "application/json");
    assert_eq!(ai_plugin.json()["name_for_model"], "clothes");
    assert_eq!(ai_plugin.json()["api"]["url"], format!("{}/openapi.json", server.url()));

    assert_eq!(server.get("/openapi.yaml").await.header("content-type"), "application/yaml");
    assert_eq!(server.get("/openapi.json").await.json()["openapi"], "3.1.0");
    assert_eq!(server.get("/healthz").await.text, "ok");
    assert_eq!(server.get("/readyz").await.text, "ready");
}

#[tokio::test]
async fn documents_come_in_the_form_that_is_asked_for() {
    let server = Server::start(parity::plugin().router()).await;
    let manifest = async |path: &str| server.get(path).await.json();
    let look = |manifest: &Value| {
        let apis = manifest["api"].as_array().unwrap();
        apis.iter().find(|api| api["name"] == "look").unwrap()["parameters"].clone()
    };
    assert_eq!(
        look(&manifest("/manifest.json?profile=portable").await),
        look(&manifest("/manifest.json").await)
    );
    let strict = look(&manifest("/manifest.json?profile=openai-strict").await);
    assert_eq!(
        strict["properties"]["thing"]["required"],
        json!(["colour", "count", "name", "notes", "parts"])
    );
    assert!(look(&manifest("/manifest.json?profile=raw").await)["$defs"]["Thing"].is_object());

    assert_eq!(server.get("/openapi.json?version=3.0").await.json()["openapi"], "3.0.3");
    assert!(server.get("/openapi.yaml?version=3.0").await.text.starts_with("openapi: 3.0.3\n"));
    assert_eq!(server.get("/openapi.json?version=3.1").await.json()["openapi"], "3.1.0");

    let headers = [("origin", "https://chat.example.org")];
    let refused = server.send(request(Method::GET, "/manifest.json?profile=claude", &headers, "")).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["errorType"]), (400, &json!(400)));
    assert_eq!(refused.header("access-control-allow-origin"), "*", "a page can read why");
    let said = refused.json()["body"]["message"].as_str().unwrap().to_owned();
    assert!(said.ends_with("portable, raw, openai-strict, gemini, openapi-3.0, openapi-3.1"), "{said}");
}

#[tokio::test]
async fn a_door_may_prefer_other_forms() {
    let door = HttpDoor::new(parity::plugin()).profile(Profile::Raw).openapi(OpenApiVersion::V3_0);
    let server = Server::start(door.router()).await;
    assert!(server.get("/manifest.json").await.text.contains("\"$defs\""));
    assert!(!server.get("/manifest.json?profile=portable").await.text.contains("\"$defs\""));
    assert_eq!(server.get("/openapi.json").await.json()["openapi"], "3.0.3");
    assert_eq!(server.get("/openapi.json?version=3.1").await.json()["openapi"], "3.1.0");
}

#[tokio::test]
async fn the_documentation_page_is_in_the_program() {
    let server = Server::start(Router::new().nest("/deep/down", clothes::clothes::plugin().router())).await;
    let moved = server.get("/deep/down/docs").await;
    assert_eq!((moved.status, moved.header("location")), (StatusCode::PERMANENT_REDIRECT, "docs/"));
    let page = server.get("/deep/down/docs/").await;
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
    assert!(!page.text.contains("http"), "nothing comes from elsewhere: {}", page.text);
    let script = server.get("/deep/down/docs/swagger-initializer.js").await;
    assert!(script.text.contains("../openapi.json"), "{}", script.text);
    let links = page
        .text
        .split(['"', '\''])
        .filter(|link| link.ends_with(".js") || link.ends_with(".css") || link.ends_with(".png"));
    let mut linked = 0;
    for link in links {
        assert_eq!(server.get(&format!("/deep/down/docs/{link}")).await.status, StatusCode::OK, "{link}");
        linked += 1;
    }
    assert_eq!(linked, 6);
    let packed = server.get("/deep/down/docs/swagger-ui-bundle.js").await;
    assert_eq!(packed.header("content-encoding"), "gzip");
    assert_eq!(server.get("/deep/down/docs/nothing.js").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_preflight_from_the_internet_to_this_machine_is_answered() {
    let server = Server::start(clothes::clothes::plugin().router()).await;
    let headers = [
        ("origin", "https://chat.example.org"),
        ("access-control-request-method", "GET"),
        ("access-control-request-private-network", "true"),
    ];
    let answer = server.send(request(Method::OPTIONS, "/manifest.json", &headers, "")).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-private-network"), "true");
}

#[tokio::test]
async fn a_page_that_was_not_invited_calls_nothing() {
    let door = HttpDoor::new(parity::plugin()).cors(Cors::closed().and("https://chat.example.org"));
    let server = Server::start(door.router()).await;
    let call = async |origin: &str| {
        let headers = [("origin", origin), ("content-type", "text/plain")];
        server.send(request(Method::POST, "/api/say", &headers, r#"{"text":"x"}"#)).await
    };
    let refused = call("https://evil.example").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.header("access-control-allow-origin"), "");
    assert!(refused.text.contains("--cors https://evil.example"), "{}", refused.text);
    let invited = call("https://chat.example.org").await;
    assert_eq!(invited.text, "x");
    assert_eq!(invited.header("access-control-allow-origin"), "https://chat.example.org");
}

#[tokio::test]
async fn what_is_not_a_call_is_said_to_be_none() {
    let server = Server::start(parity::plugin().router()).await;
    let check =
        async |method: Method, headers: &[(&str, &str)], body: &str, status: u16, error_type: Value| {
            let answer = server.send(request(method.clone(), "/api/say", headers, body)).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {headers:?}");
            assert_eq!(answer.json()["errorType"], error_type, "{method} {headers:?}");
            answer
        };
    let answer = check(Method::GET, &[], "", 405, json!(405)).await;
    assert_eq!(answer.header("allow"), "POST");
    check(Method::DELETE, &[], "", 405, json!(405)).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    check(Method::POST, &form, "text=x", 415, json!(415)).await;
    let settings = [("x-lobe-plugin-settings", "\"a text\"")];
    check(Method::POST, &settings, r#"{"text":"x"}"#, 422, json!("PluginSettingsInvalid")).await;
    let deep = format!(r#"{{"text":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    check(Method::POST, &[], &deep, 422, json!("PluginApiParamsError")).await;
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_as_any_unknown_one() {
    let server = Server::start(HttpDoor::new(parity::plugin()).router()).await;
    let known = server.post("/api/nobody", "", None).await;
    let answer = server.post("/api/%bb", "", None).await;
    assert_eq!(answer.status, known.status);
    assert_eq!(answer.text, known.text.replace("nobody", "%bb"));
    assert_eq!(server.get("/docs/%bb").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn bodies_are_limited() {
    let limits = Limits { body: 64, body_time: Duration::from_millis(100), ..Limits::default() };
    let server = Server::start(HttpDoor::new(parity::plugin()).limits(limits).router()).await;
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(100));
    let declared = server.post("/api/say", &long, None).await;
    assert_eq!((declared.status.as_u16(), &declared.json()["errorType"]), (413, &json!(413)));

    let endless = Body::from_stream(futures_of_ones());
    let streamed = server.send(Request::post("/api/say").body(endless).unwrap()).await;
    assert_eq!(streamed.status.as_u16(), 413);

    let never = Body::from_stream(Never);
    let stalled = server.send(Request::post("/api/say").body(never).unwrap()).await;
    assert_eq!(stalled.status.as_u16(), 408);
}

#[tokio::test]
async fn the_settings_header_is_limited() {
    let limits = Limits { settings: 64, ..Limits::default() };
    let server = Server::start(HttpDoor::new(parity::plugin()).limits(limits).router()).await;
    let ask = async |bytes: usize| {
        let settings = format!(r#"{{"k":"{}"}}"#, "x".repeat(bytes - 8));
        server.post("/api/say", r#"{"text":"x"}"#, Some(&settings)).await.status.as_u16()
    };
    assert_ne!(ask(64).await, 431);
    assert_eq!(ask(65).await, 431);
}

/// A body that never ends.
fn futures_of_ones() -> impl futures_util::Stream<Item = Result<&'static [u8], std::io::Error>> + Send {
    struct Ones;
    impl futures_util::Stream for Ones {
        type Item = Result<&'static [u8], std::io::Error>;
        fn poll_next(
            self: std::pin::Pin<&mut Self>,
            _context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(Some(Ok(b"1111111111111111")))
        }
    }
    Ones
}

/// A body that never comes.
struct Never;

impl futures_util::Stream for Never {
    type Item = Result<&'static [u8], std::io::Error>;
    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn a_plugin_lives_in_an_application_with_a_state_of_its_own() {
    #[derive(Clone)]
    struct AppState(&'static str);
    let app = Router::new()
        .route(
            "/",
            axum::routing::get(
                async |axum::extract::State(AppState(name)): axum::extract::State<AppState>| name,
            ),
        )
        .nest("/parity", HttpDoor::new(parity::plugin()).mounted_at("/parity").router())
        .with_state(AppState("app"));
    let server = Server::start(app).await;
    assert_eq!(server.get("/").await.text, "app");
    assert_eq!(server.post("/parity/api/get-shelf", "", None).await.text, "the top shelf");
    let manifest = server.get("/parity/manifest.json").await.json();
    assert_eq!(manifest["api"][0]["url"], format!("{}/parity/api/say", server.url()));
}

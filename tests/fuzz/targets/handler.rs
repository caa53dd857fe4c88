//! A whole request, as it stands on the wire, through every route of a gateway that has a plugin and may look for more.

#![no_main]

use std::cell::OnceCell;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use http_body_util::BodyExt;
use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::{__fuzzing, Gateway};
use lobe_plugin_sdk::lobe_plugin;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service;

/// The most bytes of an error's answer: 16 KiB for its body, and what stands around that.
const MAX_ERROR: usize = (16 << 10) + 256;

/// A plugin with an argument of every kind.
#[lobe_plugin(identifier = "fuzz", title = "Fuzz")]
mod fuzz {
    use lobe_plugin_sdk::lobe_plugin;

    /// Say what came.
    #[lobe_plugin]
    pub fn say(
        /// A text.
        #[lobe(length(max = 8))]
        text: String,
        /// A number.
        #[lobe(default = 1, range(min = 1, max = 14))]
        count: u8,
        /// A list.
        list: Option<Vec<f64>>,
    ) -> String {
        format!("{text} {count} {list:?}")
    }
}

struct Stage {
    runtime: Runtime,
    router: Router,
}

thread_local! {
    static STAGE: OnceCell<Stage> = const { OnceCell::new() };
}

fuzz_target!(|text: &[u8]| within_a_second(|| answer(text)));

fn answer(text: &[u8]) {
    let Some(request) = read_request(text) else { return };
    STAGE.with(|stage| {
        let Stage { runtime, router } = stage.get_or_init(set_stage);
        let mut router = router.clone();
        runtime.block_on(async {
            let Ok(response) = router.call(request).await;
            check(response).await;
        });
    });
}

fn set_stage() -> Stage {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime can be had");
    let gateway = Gateway::new().mount(fuzz::plugin());
    Stage { runtime, router: __fuzzing::look_nowhere(gateway).router() }
}

/// Reads a method, a path, headers and a body: lines, less exactly than a server would.
fn read_request(text: &[u8]) -> Option<Request<Body>> {
    let (head, body) = split_at(text, b"\n\n").unwrap_or((text, b""));
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, path) = split_at(lines.next()?, b" ")?;
    let mut request = Request::builder().method(method).uri(path);
    for line in lines {
        let (name, value) = split_at(line, b": ")?;
        request = request.header(name, value);
    }
    request.body(Body::from(body.to_vec())).ok()
}

fn split_at<'a>(text: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = text.windows(separator.len()).position(|window| window == separator)?;
    Some((&text[..place], &text[place + separator.len()..]))
}

async fn check(response: Response<Body>) {
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("an answer of this process is whole").to_bytes();
    let is_json = head.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if is_json {
        serde_json::from_slice::<serde_json::Value>(&body).expect("what says that it is JSON is JSON");
    }
    if head.status.is_client_error() || head.status.is_server_error() {
        assert_ne!(head.status, 500, "{}", String::from_utf8_lossy(&body));
        assert!(body.len() <= MAX_ERROR, "an error of {} bytes", body.len());
        assert!(is_json || body.is_empty(), "an error that is no JSON: {}", String::from_utf8_lossy(&body));
    }
}

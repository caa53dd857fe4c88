//! `POST /api/gateway/batch`: an array of payloads, called side by side, answered in their order.
//!
//! Each call is one of `POST /api/gateway`: admitted, judged, logged and counted by itself, and one that fails fails alone.
//! Of every call the answer has
//!
//! | member | is |
//! |---|---|
//! | `status` | the status that `POST /api/gateway` would have answered with |
//! | `body` | the text of the answer; of a failure the object `{errorType, body}`; of bytes their Base64 |
//! | `contentType`, `encoding` | of bytes only: their media type, and `base64` |
//!
//! A call may have `settings` beside the members of a payload. The request's own settings header is for all calls that have
//! none, and so only allowed where all are of one plugin: nobody's key goes to another plugin's server.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt as _, stream};
use lobe_plugin_sdk::{Body as ReplyBody, PluginError, Reply, ReplyKind, UserSettings, json};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::{JSON, failure, refused, unread};
use crate::error::Error;
use crate::gateway::{Accompaniment, Gateway};
use crate::visit::Visit;

/// What stands in a call of a batch beside the rest of its payload.
#[derive(Deserialize)]
struct Beside<'a> {
    #[serde(borrow, default)]
    settings: Option<&'a RawValue>,
    #[serde(borrow, default)]
    identifier: Option<&'a RawValue>,
}

/// One call of a batch.
struct Item {
    payload: Bytes,
    settings: Result<UserSettings, PluginError>,
}

/// Answers a request of many calls.
pub(super) async fn serve(gateway: &Arc<Gateway>, request: Request) -> Response {
    if *request.method() == Method::OPTIONS {
        return gateway.preflight(request.headers());
    }
    let marks = gateway.marks(request.headers());
    let mut response = match read(gateway, request).await {
        Ok((items, with)) => answers(Arc::clone(gateway), items, with),
        Err(error) => failure(&error),
    };
    response.headers_mut().extend(marks);
    response
}

async fn read(gateway: &Gateway, request: Request) -> Result<(Vec<Item>, Accompaniment), Error> {
    let (body, mut with) = gateway.decode(request).await?;
    let settings = std::mem::take(&mut with.settings);
    let items = items(&body, &settings, gateway.options.batch.calls).map_err(unread)?;
    Ok((items, with))
}

/// Takes a batch apart. What a call is, is not looked at yet.
fn items(body: &Bytes, settings: &UserSettings, most: usize) -> Result<Vec<Item>, PluginError> {
    let payloads: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|_| PluginError::bad_request("a batch is an array of payloads"))?;
    if payloads.len() > most {
        return Err(PluginError::bad_request(format!("a batch has at most {most} calls")));
    }
    let besides: Vec<Option<Beside<'_>>> =
        payloads.iter().map(|payload| serde_json::from_str(payload.get()).ok()).collect();
    let mut identifiers: Vec<_> =
        besides.iter().flatten().map(|beside| beside.identifier.map(RawValue::get)).collect();
    identifiers.dedup();
    if !settings.is_empty() && identifiers.len() > 1 {
        let message = "the settings header is one plugin's: say `settings` in each call of several plugins";
        return Err(PluginError::bad_request(message));
    }
    let item = |(payload, beside): (&RawValue, Option<Beside<'_>>)| Item {
        payload: body.slice_ref(payload.get().as_bytes()),
        settings: own_settings(beside).unwrap_or_else(|| Ok(settings.clone())),
    };
    Ok(payloads.into_iter().zip(besides).map(item).collect())
}

fn own_settings(beside: Option<Beside<'_>>) -> Option<Result<UserSettings, PluginError>> {
    let text = beside?.settings?.get();
    Some(match json::parse(text.as_bytes()) {
        Ok(Value::Object(values)) => Ok(UserSettings::new(values)),
        _ => Err(PluginError::settings_invalid("`settings` is no object, or names a setting twice")),
    })
}

/// Answers each call as soon as those before it are answered, so that no more answers are held than calls are under way.
fn answers(gateway: Arc<Gateway>, items: Vec<Item>, with: Accompaniment) -> Response {
    let at_a_time = gateway.options.batch.at_a_time.max(1);
    let answers = stream::iter(items)
        .map(move |item| answer(Arc::clone(&gateway), item, with.clone()))
        .buffered(at_a_time)
        .enumerate()
        .map(|(number, answer)| if number == 0 { answer } else { format!(",{answer}") });
    let opened = stream::iter([String::from("[")]).chain(answers);
    let closed = opened.chain(stream::iter([String::from("]")]));
    ([(header::CONTENT_TYPE, JSON)], Body::from_stream(closed.map(Ok::<_, Infallible>))).into_response()
}

/// Makes one call, to its end.
async fn answer(gateway: Arc<Gateway>, item: Item, with: Accompaniment) -> String {
    let mut visit = gateway.visit().of(with.who.clone(), "batch", &with.headers);
    let span = visit.span();
    let answer = match item.settings {
        Ok(settings) => {
            let with = Accompaniment { settings, ..with };
            whole(&gateway, &mut visit, &item.payload, with).instrument(span).await
        }
        Err(error) => Err(unread(error)),
    };
    let _permit = visit.answered(&answer);
    let answer = match answer {
        Ok(reply) => success(reply),
        Err(error) => json!({ "status": error.status(), "body": error.to_wire() }),
    };
    answer.to_string()
}

async fn whole(
    gateway: &Gateway,
    visit: &mut Visit,
    payload: &[u8],
    with: Accompaniment,
) -> Result<Reply, Error> {
    let reply = gateway.execute_in(visit, payload, with).await?;
    reply.collect().await.map_err(refused)
}

fn success(reply: Reply) -> Value {
    let reply = reply.for_chat();
    if reply.kind() != ReplyKind::Binary {
        return json!({ "status": 200, "body": reply.into_text() });
    }
    let media_type = reply.media_type().to_owned();
    let bytes = match reply.into_body() {
        ReplyBody::Whole(bytes) => STANDARD.encode(bytes),
        // Cannot happen because it was collected.
        ReplyBody::Stream(_) => String::new(),
    };
    json!({ "status": 200, "contentType": media_type, "encoding": "base64", "body": bytes })
}

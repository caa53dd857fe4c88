//! What every HTTP door does with a request before it is a call, and with a call that failed: the gateway's too.

use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use super::authorize::Denied;
use crate::error::PluginError;
use crate::json;
use crate::protocol::{ErrorType, SETTINGS_HEADER, UserSettings, latin1_or_utf8};

/// Refuses a page that was not invited, and says how to invite it.
#[must_use]
pub fn uninvited(headers: &HeaderMap) -> PluginError {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).unwrap_or("this origin");
    let origin: String = origin.chars().take(200).collect();
    PluginError::forbidden(format!("pages from {origin} are not invited: allow it with `--cors {origin}`"))
}

/// Refuses bodies that are compressed, or say that they are something else than JSON. LobeChat's browser says `text/plain`, since its request
/// has no type of its own, and LobeHub's gateway does the same.
///
/// # Errors
///
/// 415.
pub fn expect_json(headers: &HeaderMap) -> Result<(), PluginError> {
    let is_coded = |coding: &HeaderValue| !coding.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get(header::CONTENT_ENCODING).is_some_and(is_coded) {
        return Err(PluginError::new(ErrorType::Status(415), "the body is not to be compressed"));
    }
    let Some(declared) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let declared = declared.to_str().unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match &*essence {
        "" | "application/json" | "text/json" | "text/plain" => Ok(()),
        other if other.ends_with("+json") => Ok(()),
        _ => Err(PluginError::new(
            ErrorType::Status(415),
            "the body is JSON: send it as `application/json` or `text/plain`",
        )),
    }
}

/// Bounds what one request may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes a request's body may have. 1 MiB.
    pub body: usize,
    /// How long a body may take to arrive. 30 s.
    pub body_time: Duration,
    /// The most bytes that the settings header may have: 431. 48 KiB.
    pub settings: usize,
    /// How long a function may take. 55 s, because LobeHub gives up after 60.
    pub call_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            body_time: Duration::from_secs(30),
            settings: 48 << 10,
            call_time: Duration::from_secs(55),
        }
    }
}

/// How long the rest of a body that is too large is read, so that its sender gets to read the answer.
const LINGER: Duration = Duration::from_secs(2);

const SETTINGS: HeaderName = HeaderName::from_static(SETTINGS_HEADER);

/// Reads the settings that came with a request.
///
/// # Errors
///
/// `PluginSettingsInvalid` when the header is there and is not a JSON object; 431 when it is larger than the limits allow.
pub fn read_settings(headers: &HeaderMap, limits: &Limits) -> Result<UserSettings, PluginError> {
    let mut values = headers.get_all(&SETTINGS).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(UserSettings::default()),
        (Some(value), None) if value.len() > limits.settings => {
            let message = format!("the settings header has more than {} bytes", limits.settings);
            return Err(PluginError::new(ErrorType::Status(431), message));
        }
        (Some(value), None) => value.as_bytes(),
        // Which of them is meant, nobody can know.
        (Some(_), Some(_)) => return Err(PluginError::bad_request("the settings header stands there twice")),
    };
    let strict = || json::parse(latin1_or_utf8(value).trim().as_bytes());
    let settings = match UserSettings::from_header(value) {
        Ok(settings) => settings,
        Err(fault) => match strict() {
            // It is nested as deep as may be, which is one level more than serde_json reads by itself.
            Ok(Value::Object(settings)) => UserSettings::new(settings),
            _ => return Err(PluginError::settings_invalid(fault.to_string())),
        },
    };
    // Of two members of one name, another reader might take the other one.
    if !settings.is_empty() && strict().is_err() {
        return Err(PluginError::settings_invalid("the settings header names a setting twice"));
    }
    Ok(settings)
}

/// Reads a request's body within the limits.
///
/// # Errors
///
/// 413 for a body over the limit, 408 for one that does not arrive in time, 400 for one that breaks off.
pub async fn read_body(headers: &HeaderMap, mut body: Body, limits: &Limits) -> Result<Bytes, PluginError> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: usize| length > limits.body) {
        return Err(too_large(body, limits));
    }
    let read = collect(Limited::new(&mut body, limits.body));
    match tokio::time::timeout(limits.body_time, read).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(cause)) if cause.downcast_ref::<LengthLimitError>().is_some() => Err(too_large(body, limits)),
        Ok(Err(_)) => Err(PluginError::bad_request("the body broke off")),
        Err(_) => Err(PluginError::new(ErrorType::Status(408), "the body did not arrive in time")),
    }
}

/// Collects a body. One that comes in one piece is not copied; of many pieces nothing is kept but their bytes, since each
/// holds on to a buffer that may be a hundred times its size.
async fn collect(mut body: Limited<&mut Body>) -> Result<Bytes, BoxError> {
    let (mut first, mut all) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// Refuses a body, and reads the rest of it away for a while: a connection that is closed on a client which still sends
/// is reset, and then the client never reads why.
fn too_large(mut body: Body, limits: &Limits) -> PluginError {
    tokio::spawn(tokio::time::timeout(LINGER, async move { while let Some(Ok(_)) = body.frame().await {} }));
    PluginError::new(ErrorType::Status(413), format!("the body has more than {} bytes", limits.body))
}

/// Answers whoever was not let in.
#[must_use]
pub(super) fn denied_response(denied: &Denied) -> Response {
    let mut response = error_response(&denied.to_error());
    denied.mark(response.headers_mut());
    response
}

/// Answers with an error as LobeHub's plugin protocol writes it.
#[must_use]
pub fn error_response(error: &PluginError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = serde_json::to_string(&error.to_wire())
        .expect("cannot fail because an error is strings, numbers and JSON values");
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], text).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;

    use super::*;

    /// A buffer of which a piece was read, counted while anybody holds on to it.
    struct Buffer(Arc<AtomicUsize>);

    impl AsRef<[u8]> for Buffer {
        fn as_ref(&self) -> &[u8] {
            b"x"
        }
    }

    impl Drop for Buffer {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    async fn read(body: Body) -> Bytes {
        read_body(&HeaderMap::new(), body, &Limits::default()).await.unwrap()
    }

    #[tokio::test]
    async fn of_a_body_in_pieces_only_the_bytes_are_kept() {
        const PIECES: usize = 10_000;
        let (held, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counter, highest) = (Arc::clone(&held), Arc::clone(&most));
        let piece = move |_| {
            highest.fetch_max(counter.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from_owner(Buffer(Arc::clone(&counter))))
        };
        let body = read(Body::from_stream(stream::iter((0..PIECES).map(piece)))).await;
        assert_eq!(body, "x".repeat(PIECES));
        assert_eq!(held.load(Ordering::Relaxed), 0);
        let most = most.load(Ordering::Relaxed);
        assert!(most <= 2, "{most} buffers were held at a time");
    }

    #[tokio::test]
    async fn a_body_in_one_piece_is_not_copied() {
        let whole = Bytes::from("one piece".to_owned());
        assert_eq!(read(Body::from(whole.clone())).await.as_ptr(), whole.as_ptr());
        assert_eq!(read(Body::empty()).await, "");
    }

    #[test]
    fn settings_have_128_levels() {
        let check = |count: usize, fine| {
            let text = format!(r#"{{"a":{}1{}}}"#, "[".repeat(count - 1), "]".repeat(count - 1));
            let headers = HeaderMap::from_iter([(SETTINGS, text.parse().unwrap())]);
            let read = read_settings(&headers, &Limits::default());
            assert_eq!(read.is_ok_and(|settings| settings.get("a").is_some()), fine, "{count}");
        };
        check(127, true);
        check(128, true);
        check(129, false);
    }
}

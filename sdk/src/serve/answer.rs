//! How a reply is shown to whoever asked the plugin's own door: as what it is, or as a chat can read it.
//!
//! Pictures and files are bytes to most clients and Markdown to a chat. LobeHub's gateway hands a plugin's answer to the
//! chat as text, whatever it is, so it has to get the Markdown. It does not say so by `Accept`, which is `*/*`, but of all
//! clients only it, in its classic mode, always sends `X-Lobe-Plugin-Settings`, `{}` at least. So:
//!
//! | the request | a picture or a file is |
//! |---|---|
//! | has no `X-Lobe-Plugin-Settings` | the bytes |
//! | has it | Markdown |
//! | has it, and its `Accept` names the media type or `image/*` | the bytes |
//!
//! All else is the same to everybody.

use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::TryStreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::PluginError;
use crate::protocol::SETTINGS_HEADER;
use crate::reply::{Body, Reply, ReplyKind};

const VARY: HeaderValue = HeaderValue::from_static("Accept, X-Lobe-Plugin-Settings");
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// What may stand as it is in `filename*`: the `attr-char` of RFC 8187.
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// What a request says of the answer it wants.
pub(super) enum Wanted {
    /// What the reply is.
    Itself,
    /// What a chat can read, unless these media types have it.
    ForChat(Vec<HeaderValue>),
}

impl Wanted {
    pub(super) fn by(request: &HeaderMap) -> Self {
        if !request.contains_key(SETTINGS_HEADER) {
            return Self::Itself;
        }
        Self::ForChat(request.get_all(header::ACCEPT).iter().cloned().collect())
    }

    pub(super) fn response(self, reply: Reply) -> Response {
        let flows = reply.is_stream();
        let mut response = self.whole_response(reply);
        if flows {
            response.headers_mut().insert(BUFFERING, UNBUFFERED);
        }
        response
    }

    fn whole_response(self, reply: Reply) -> Response {
        match reply.kind() {
            ReplyKind::Json | ReplyKind::Text | ReplyKind::Markdown | ReplyKind::Link => text(reply),
            ReplyKind::Binary => bytes(reply),
            ReplyKind::Image | ReplyKind::File => {
                let itself = self.is_itself(reply.media_type());
                let mut response = if itself { bytes(reply) } else { text(reply.for_chat()) };
                response.headers_mut().insert(header::VARY, VARY);
                response
            }
        }
    }

    fn is_itself(&self, media_type: &str) -> bool {
        match self {
            Self::Itself => true,
            Self::ForChat(accept) => {
                accept.iter().filter_map(|line| line.to_str().ok()).any(|line| names(line, media_type))
            }
        }
    }
}

/// Tells proxies not to wait until an answer is whole: nginx's word, which our gateway knows as well.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const UNBUFFERED: HeaderValue = HeaderValue::from_static("no");

/// Returns whether a line of `Accept` names a media type or its family, and not merely everything.
fn names(accept: &str, media_type: &str) -> bool {
    let essence = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let media_type = essence(media_type);
    let family = media_type.split_once('/').map(|(family, _)| format!("{family}/*"));
    accept
        .split(',')
        .filter(|range| !is_refused(range))
        .map(essence)
        .any(|range| range == media_type || family.as_ref() == Some(&range))
}

/// Returns whether a range of `Accept` has the weight that means "not this": `q=0`, with any number of zeros.
fn is_refused(range: &str) -> bool {
    let weight = range.split(';').skip(1).find_map(|parameter| parameter.trim().strip_prefix("q="));
    weight.is_some_and(|weight| weight.parse() == Ok(0.0))
}

fn text(reply: Reply) -> Response {
    let media_type = media_type(&reply);
    let mut response = Response::new(body(reply));
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    response
}

/// Sends bytes that are nobody's to guess about: what a page would make of them is not what was said.
fn bytes(reply: Reply) -> Response {
    let disposition = reply.file_name().map(attachment);
    let mut response = text(reply);
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if let Some(disposition) = disposition {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

/// Names a file to keep in the way of RFC 6266: in ASCII for old clients, in full for all others.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || " !#$&+-.^_`|~()[]{}=@,;'".contains(letter);
    let fallback: String = name.chars().map(|letter| if plain(letter) { letter } else { '_' }).collect();
    let full = utf8_percent_encode(name, FILE_NAME);
    HeaderValue::try_from(format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{full}"))
        .expect("cannot fail because all of it is printable ASCII")
}

/// Returns a reply's media type as a header.
#[must_use]
pub fn media_type(reply: &Reply) -> HeaderValue {
    match reply.kind() {
        ReplyKind::Json | ReplyKind::Text | ReplyKind::Markdown | ReplyKind::Link => {
            HeaderValue::from_static(reply.kind().media_type())
        }
        ReplyKind::Image | ReplyKind::File | ReplyKind::Binary => HeaderValue::from_str(reply.media_type())
            .expect("cannot fail because a reply is made with nothing but a media type"),
    }
}

/// Makes a response's body of a reply: chunks are sent as they come, and an error among them breaks the connection off,
/// so that nobody takes what came for the whole.
pub fn body(reply: Reply) -> HttpBody {
    match reply.into_body() {
        Body::Whole(bytes) => bytes.into(),
        Body::Stream(chunks) => HttpBody::from_stream(chunks.or_else(break_off)),
    }
}

/// Lets the server write out what came before, which it forgets at an error. The cause is in the log already; hyper's own
/// line about the connection has what the caller may read.
async fn break_off(error: PluginError) -> Result<Bytes, String> {
    tokio::task::yield_now().await;
    Err(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_the_bytes() {
        let check = |accept: &str, media_type: &str, expected| {
            assert_eq!(names(accept, media_type), expected, "{accept} for {media_type}");
        };
        check("*/*", "image/png", false);
        check("", "image/png", false);
        check("image/png", "image/png", true);
        check("text/html, IMAGE/*;q=0.5", "image/png", true);
        check("image/png; q=0, */*", "image/png", false);
        check("image/png;q=0.000", "image/png", false);
        check("image/jpeg", "image/png", false);
        check("text/csv", "text/csv; charset=utf-8", true);
    }

    #[test]
    fn file_names() {
        let check = |name: &str, expected: &str| assert_eq!(attachment(name), expected);
        check("a b.csv", r#"attachment; filename="a b.csv"; filename*=UTF-8''a%20b.csv"#);
        check("Größe.csv", r#"attachment; filename="Gr__e.csv"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv"#);
        check("a\"\\\r\nb", r#"attachment; filename="a____b"; filename*=UTF-8''a%22%5C%0D%0Ab"#);
        check("../x%41", r#"attachment; filename=".._x_41"; filename*=UTF-8''..%2Fx%2541"#);
    }
}

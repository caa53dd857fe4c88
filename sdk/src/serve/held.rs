//! Answers that hold something until they have been sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use http_body::{Frame, SizeHint};

/// Keeps `held` until the answer's body has been sent or given up, and drops it then: a place among the calls in
/// flight, for one.
#[must_use]
pub fn hold_until_sent<T: Send + Unpin + 'static>(response: Response, held: T) -> Response {
    response.map(|body| Body::new(Held::new(body, held)))
}

/// A body with something that lives as long as it.
#[derive(Debug)]
pub(super) struct Held<T, B = Body> {
    body: B,
    _held: T,
}

impl<T, B> Held<T, B> {
    pub(super) fn new(body: B, held: T) -> Self {
        Self { body, _held: held }
    }
}

impl<T: Unpin, B: HttpBody<Data = Bytes> + Unpin> HttpBody for Held<T, B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

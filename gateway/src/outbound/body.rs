//! The body of an answer.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use super::error::OutboundError;

/// Streams the body of an answer, decoded and bounded. It ends with an error or at its true end.
#[derive(Debug)]
pub(crate) struct AnswerBody;

impl AnswerBody {
    pub(super) async fn collect(self, _limit: usize) -> Result<Bytes, OutboundError> {
        Ok(Bytes::new())
    }
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, OutboundError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(None)
    }
}

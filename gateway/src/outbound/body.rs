//! The body of an answer: bounded in size and time, decoded, and never ended cleanly before its end.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::Body;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::coding::{Coding, Decoder};
use super::error::{OutboundError, Phase, UpstreamFault};
use super::hosts::Permit;
use super::line::Progress;

/// Streams the body of an answer, decoded and bounded. It ends with an error or at its true end.
pub(crate) struct AnswerBody {
    incoming: Incoming,
    decoder: Option<Decoder>,
    /// How many bytes may still come; of a coded body the decoder counts.
    room: usize,
    clock: Clock,
    progress: Progress,
    ended: bool,
    /// The call counts as under way until its body is done with.
    _permit: Permit,
}

/// Says what a body may cost.
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) idle: Duration,
    pub(super) deadline: Instant,
    /// Told of every piece.
    pub(super) progress: Progress,
}

impl AnswerBody {
    pub(super) fn new(incoming: Incoming, coding: Coding, bounds: Bounds, permit: Permit) -> Self {
        let decoder = (coding != Coding::Identity).then(|| Decoder::new(coding, bounds.bytes));
        let clock = Clock { idle: bounds.idle, deadline: bounds.deadline, sleep: None, armed: false };
        let Bounds { bytes: room, progress, .. } = bounds;
        progress.made();
        Self { incoming, decoder, room, clock, progress, ended: false, _permit: permit }
    }

    pub(super) async fn collect(mut self, limit: usize) -> Result<Bytes, OutboundError> {
        // An announced body that is too large is not waited for.
        let announced = self.incoming.size_hint().lower();
        if self.decoder.is_none() && announced > self.room.min(limit) as u64 {
            return Err(UpstreamFault::TooLarge.into());
        }
        let Some(first) = self.next().await else { return Ok(Bytes::new()) };
        let mut whole = first?;
        // Most bodies are one piece, and are handed on as they came.
        while let Some(piece) = self.next().await {
            let mut longer = BytesMut::from(whole);
            longer.extend_from_slice(&piece?);
            if longer.len() > limit {
                return Err(UpstreamFault::TooLarge.into());
            }
            whole = longer.freeze();
        }
        if whole.len() > limit { Err(UpstreamFault::TooLarge.into()) } else { Ok(whole) }
    }

    async fn next(&mut self) -> Option<Result<Bytes, OutboundError>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Polls for the next piece of what comes over the wire, and for nothing at the true end.
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, OutboundError>> {
        loop {
            let Poll::Ready(frame) = Pin::new(&mut self.incoming).poll_frame(context) else {
                return self.clock.poll_late(context).map(|phase| Err(OutboundError::TimedOut(phase)));
            };
            self.clock.armed = false;
            self.progress.made();
            let Some(frame) = frame else { return Poll::Ready(Ok(None)) };
            let Ok(frame) = frame else { return Poll::Ready(Err(UpstreamFault::Truncated.into())) };
            // Trailers say nothing that anybody asked for.
            let Ok(piece) = frame.into_data() else { continue };
            return Poll::Ready(Ok(Some(piece)));
        }
    }

    fn decode(&mut self, piece: Option<Bytes>) -> Result<Bytes, UpstreamFault> {
        match (&mut self.decoder, piece) {
            (Some(decoder), Some(piece)) => decoder.feed(&piece),
            (Some(decoder), None) => decoder.finish(),
            (None, Some(piece)) => {
                self.room = self.room.checked_sub(piece.len()).ok_or(UpstreamFault::TooLarge)?;
                Ok(piece)
            }
            (None, None) => Ok(Bytes::new()),
        }
    }

    fn poll_decoded(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, OutboundError>> {
        loop {
            let piece = ready!(self.poll_piece(context))?;
            self.ended = piece.is_none();
            let decoded = self.decode(piece)?;
            if self.ended || !decoded.is_empty() {
                return Poll::Ready(Ok(decoded));
            }
        }
    }
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, OutboundError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let decoded = ready!(self.poll_decoded(context));
        self.ended |= decoded.is_err();
        let is_last = decoded.as_ref().is_ok_and(Bytes::is_empty);
        Poll::Ready((!is_last).then_some(decoded))
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("AnswerBody").field("ended", &self.ended).finish_non_exhaustive()
    }
}

/// Measures how long a body is silent, and how long it takes.
struct Clock {
    idle: Duration,
    deadline: Instant,
    /// Made when there is something to wait for: most bodies are there with their head.
    sleep: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Clock {
    /// Becomes ready when the body was silent for too long, or is late altogether.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<Phase> {
        if !self.armed {
            self.arm();
        }
        let Some(sleep) = &mut self.sleep else { return Poll::Pending };
        let phase = if sleep.deadline() == self.deadline { Phase::Total } else { Phase::Idle };
        sleep.as_mut().poll(context).map(|()| phase)
    }

    fn arm(&mut self) {
        let until = self.deadline.min(Instant::now() + self.idle);
        self.armed = true;
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(until),
            none => *none = Some(Box::pin(tokio::time::sleep_until(until))),
        }
    }
}

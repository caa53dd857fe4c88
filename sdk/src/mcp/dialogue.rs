//! One request that may ask the client: its line back, and what is answered when it asked.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{self, Either};
use rmcp::model::RequestStateCodec;
use serde_json::Value;
use tokio::sync::mpsc;

use super::era::{Era, Meta};
use super::line::{InputRequired, Line, Pending, Retry, Round, Wishes};
use super::message::{Fault, Request};
use crate::client::{Client, LogLevel};

/// What an earlier message of the client's said, in the era that says it only once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remembered {
    pub(crate) capabilities: Value,
    pub(crate) log_level: Option<LogLevel>,
}

/// One request and its client.
pub(super) struct Dialogue<'a> {
    line: Arc<Line>,
    /// In the newer era: what was answered before, and what is asked now.
    round: Option<Arc<Round>>,
    seal: &'a RequestStateCodec,
    about: Vec<u8>,
}

/// How a request ended.
pub(super) enum Ended<T> {
    Answered(T),
    /// By questions to the client.
    Asked(InputRequired),
}

/// What questions of a server need.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) pending: Arc<Pending>,
    pub(super) seal: RequestStateCodec,
}

impl Asking {
    /// Opens the line back. `about` names what is asked for, and by whom: a sealed state fits nothing else.
    pub(super) fn dialogue<'a>(
        &'a self,
        request: &Request<'_>,
        (era, meta): (Era, &Meta<'_>),
        (out, remembered): (mpsc::Sender<String>, Remembered),
        about: &[&str],
    ) -> Result<Dialogue<'a>, Fault> {
        let about = [&[&*request.method], about].concat().join("\n").into_bytes();
        let progress_token = meta.progress_token.map(ToOwned::to_owned);
        let seal = &self.seal;
        match era {
            Era::Legacy => {
                let Remembered { capabilities, log_level } = remembered;
                let log_level = log_level.or(Some(LogLevel::Info));
                let wishes = Wishes { progress_token, log_level, capabilities };
                let line = Arc::new(Line::sending(out, wishes, Arc::clone(&self.pending)));
                Ok(Dialogue { line, round: None, seal, about })
            }
            Era::Modern => {
                let round = Arc::new(Round::begin(request.params::<Retry>()?, seal, &about)?);
                let log_level = meta.log_level.as_deref().and_then(LogLevel::named);
                let capabilities = meta.capabilities.clone().unwrap_or_default();
                let wishes = Wishes { progress_token, log_level, capabilities };
                let line = Arc::new(Line::posing(out, wishes, Arc::clone(&round)));
                Ok(Dialogue { line, round: Some(round), seal, about })
            }
        }
    }
}

impl Dialogue<'_> {
    /// Returns the line, for a function to speak by.
    pub(super) fn client(&self) -> Arc<dyn Client> {
        Arc::clone(&self.line) as Arc<dyn Client>
    }

    /// Runs what may ask, until it answered; or, in the newer era, until it asked, and drops it then.
    pub(super) async fn run<T>(&self, work: impl Future<Output = T>) -> Result<Ended<T>, Fault> {
        let Some(round) = &self.round else { return Ok(Ended::Answered(work.await)) };
        match future::select(pin!(work), pin!(round.asked())).await {
            Either::Left((answer, _)) => Ok(Ended::Answered(answer)),
            Either::Right(((), _)) => round.close(self.seal, &self.about).map(Ended::Asked),
        }
    }
}

/// Runs a function of the author's that is no operation, so that a panic in it ends nothing but its request.
pub(super) async fn surviving<T>(work: impl Future<Output = T>) -> Result<T, Fault> {
    // Unwind safety: after a panic the future is not looked at again.
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|_| Fault::internal("the handler failed; the reason is in the log"))
}

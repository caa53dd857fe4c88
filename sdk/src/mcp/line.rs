//! The way back to the client while a tool runs: notifications, and questions in the manner of each era.
//!
//! In the older era a question is a request of the server's own, sent on the stream of the call; the answer comes with a
//! request of its own and finds the one who waits by an id that nobody can guess. In the newer era the call itself is
//! answered with the questions, and the client calls again with the answers: the function is dropped where it asked, and
//! run again from its start. What was answered before travels in a sealed state, so that nothing is kept here.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rmcp::model::ErrorCode;
use rmcp::model::{RequestStateCodec, SealOptions};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, mpsc, oneshot};

use super::message::{self, Fault};
use crate::client::{Client, ClientFuture, LogLevel, Progress};
use crate::error::PluginError;

/// How many messages may wait for a slow client. Of progress and log lines the rest is dropped.
pub(crate) const WAITING_MESSAGES: usize = 64;

/// How long a client may take to ask the user.
const STATE_IS_VALID: Duration = Duration::from_secs(600);

/// What the client wants to be told, and can do.
#[derive(Clone, Debug, Default)]
pub(super) struct Wishes {
    pub(super) progress_token: Option<Box<RawValue>>,
    /// The least that is worth a line; none when it wants no log.
    pub(super) log_level: Option<LogLevel>,
    pub(super) capabilities: Value,
}

/// One call's way back to its client.
pub(super) struct Line {
    out: mpsc::Sender<String>,
    wishes: Wishes,
    questions: Questions,
}

/// How questions are asked.
enum Questions {
    /// By requests of the server's.
    Sent(Arc<Pending>),
    /// By answering the call with them.
    Posed(Arc<Round>),
}

impl Line {
    pub(super) fn sending(out: mpsc::Sender<String>, wishes: Wishes, pending: Arc<Pending>) -> Self {
        Self { out, wishes, questions: Questions::Sent(pending) }
    }

    pub(super) fn posing(out: mpsc::Sender<String>, wishes: Wishes, round: Arc<Round>) -> Self {
        Self { out, wishes, questions: Questions::Posed(round) }
    }

    /// Tells the client something that it can do without.
    fn tell(&self, method: &str, params: &Value) {
        // What finds no room, or nobody at the other end, is not worth waiting for.
        let _ = self.out.try_send(message::write_call(None, method, params));
    }

    async fn send(&self, pending: &Arc<Pending>, method: &str, params: Value) -> Result<Value, PluginError> {
        let (id, answer) = pending.expect();
        let asked = Asked { id: &id, pending };
        let gone = || PluginError::bad_request("the client went away before it answered a question");
        self.out.send(message::write_call(Some(&id), method, &params)).await.map_err(|_| gone())?;
        let answer = answer.await.map_err(|_| gone())?;
        drop(asked);
        answer
            .map_err(|refusal| PluginError::bad_request(format!("the client refused `{method}`: {refusal}")))
    }
}

impl Client for Line {
    fn progress(&self, progress: &Progress) {
        let Some(token) = &self.wishes.progress_token else { return };
        let Progress { done, total, message } = progress;
        let mut params = json!({ "progressToken": token, "progress": number(*done) });
        if let Some(total) = total {
            params["total"] = number(*total);
        }
        if let Some(message) = message {
            params["message"] = Value::from(&**message);
        }
        self.tell("notifications/progress", &params);
    }

    fn log(&self, level: LogLevel, message: &Value) {
        if self.wishes.log_level.is_some_and(|least| level >= least) {
            self.tell("notifications/message", &json!({ "level": level.name(), "data": message }));
        }
    }

    fn can(&self, capability: &str) -> bool {
        self.wishes.capabilities.get(capability).is_some_and(Value::is_object)
    }

    fn request<'a>(&'a self, key: &'a str, method: &'a str, params: Value) -> ClientFuture<'a> {
        let capability = capability_of(method);
        match &self.questions {
            Questions::Sent(_) if !self.can(capability) => Box::pin(future::ready(Err(unable(capability)))),
            Questions::Sent(pending) => Box::pin(self.send(pending, method, params)),
            Questions::Posed(round) => {
                let asked =
                    round.ask(key, method, &params, self.can(capability).then_some(()).ok_or(capability));
                Box::pin(async move {
                    match asked {
                        Some(answer) => Ok(answer),
                        // Whoever runs the call drops it now, and answers with what was asked.
                        None => future::pending().await,
                    }
                })
            }
        }
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Line")
    }
}

/// Writes a whole number without a fraction: some clients show it as it is.
#[expect(clippy::cast_possible_truncation, reason = "it is a whole number within the range")]
fn number(value: f64) -> Value {
    let whole = value.fract() == 0.0 && value.abs() < 9.0e15;
    if whole { Value::from(value as i64) } else { Value::from(value) }
}

/// Names the capability that a client needs for a request: `roots/list` needs `roots`.
fn capability_of(method: &str) -> &str {
    method.split('/').next().unwrap_or_default()
}

/// Says that a client cannot be asked.
pub(crate) fn unable(capability: &str) -> PluginError {
    PluginError::bad_request(format!(
        "this needs an answer that this client cannot give: it has no capability `{capability}`. Give what is missing as an \
         argument, or call through a client that has it"
    ))
}

/// The questions that clients of the older era have not answered yet.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<HashMap<String, oneshot::Sender<Result<Value, String>>>>);

/// A question that is forgotten when nobody waits for its answer any more.
struct Asked<'a> {
    id: &'a str,
    pending: &'a Pending,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.pending.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.id);
    }
}

impl Pending {
    fn expect(&self) -> (String, oneshot::Receiver<Result<Value, String>>) {
        let id = super::random::text();
        let (answer, answered) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), answer);
        (id, answered)
    }

    /// Hands an answer to who waits for it. What nobody waits for is dropped: it came too late, or to another process.
    pub(super) fn answered(&self, response: &message::Response<'_>) {
        let Ok(id) = serde_json::from_str::<String>(response.id.get()) else { return };
        let Some(waiting) = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id) else { return };
        let outcome = match response.outcome {
            Ok(result) => serde_json::from_str(result.get()).map_err(|error| error.to_string()),
            Err(error) => Err(refusal(error)),
        };
        // Whoever waited may be gone by now.
        let _ = waiting.send(outcome);
    }
}

fn refusal(error: &RawValue) -> String {
    let error: Value = serde_json::from_str(error.get()).unwrap_or_default();
    let message = error.get("message").and_then(Value::as_str).unwrap_or("it did not say why");
    message.chars().take(500).collect()
}

/// What a client of the newer era sends when it calls again.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Retry {
    #[serde(default)]
    request_state: Option<String>,
    #[serde(default, deserialize_with = "object")]
    input_responses: Map<String, Value>,
}

/// Refuses `null`: who sends that made a mistake.
fn object<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Map::deserialize(deserializer)
}

/// What was answered so far, sealed.
#[derive(Serialize, Deserialize)]
struct State {
    answers: BTreeMap<String, Value>,
}

/// One round of questions of the newer era.
#[derive(Debug)]
pub(super) struct Round {
    answers: BTreeMap<String, Value>,
    posed: Mutex<Posed>,
    asked: Notify,
}

#[derive(Debug, Default)]
struct Posed {
    questions: Map<String, Value>,
    /// What the client would have to be able to do.
    missing: Option<String>,
}

/// The result that asks for more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InputRequired {
    input_requests: Map<String, Value>,
    request_state: String,
}

impl Round {
    /// Begins a round with what a client sent. `about` says which call it is, so that a state fits no other one.
    pub(super) fn begin(retry: Retry, seal: &RequestStateCodec, about: &[u8]) -> Result<Self, Fault> {
        let opened = retry.request_state.map(|state| seal.open_json_with::<State>(&state, about)).transpose();
        let state = opened.map_err(|error| Fault::params(format!("`requestState`: {error}")))?;
        let mut answers = state.map(|state| state.answers).unwrap_or_default();
        answers.extend(retry.input_responses);
        Ok(Self { answers, posed: Mutex::default(), asked: Notify::new() })
    }

    /// Returns the answer to a question, or poses it.
    fn ask(&self, key: &str, method: &str, params: &Value, can: Result<(), &str>) -> Option<Value> {
        if let Some(answer) = self.answers.get(key).filter(|answer| is_answer(method, answer)) {
            return Some(answer.clone());
        }
        let mut posed = self.posed.lock().unwrap_or_else(PoisonError::into_inner);
        match can {
            Ok(()) => {
                drop(posed.questions.insert(key.to_owned(), json!({ "method": method, "params": params })))
            }
            Err(capability) => posed.missing = Some(capability.to_owned()),
        }
        self.asked.notify_one();
        None
    }

    /// Completes when something was asked that is not answered.
    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Writes the questions down, for the client to answer and to call again.
    pub(super) fn close(&self, seal: &RequestStateCodec, about: &[u8]) -> Result<InputRequired, Fault> {
        let posed = std::mem::take(&mut *self.posed.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(capability) = posed.missing {
            let message = format!("this needs a client that has the capability `{capability}`");
            let fault = Fault::new(400, ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY, message);
            return Err(fault.with(json!({ "requiredCapabilities": { capability: {} } })));
        }
        let options = SealOptions::new().associated_data(about).ttl(STATE_IS_VALID);
        let state = State { answers: self.answers.clone() };
        let request_state = seal.seal_json_with(&state, &options);
        let request_state =
            request_state.map_err(|_| Fault::internal("the answers so far cannot be sealed"))?;
        Ok(InputRequired { input_requests: posed.questions, request_state })
    }
}

/// Returns whether a value can be the answer to such a question. What cannot is asked for again.
fn is_answer(method: &str, answer: &Value) -> bool {
    match method {
        "elicitation/create" => {
            matches!(answer.get("action").and_then(Value::as_str), Some("accept" | "decline" | "cancel"))
        }
        "sampling/createMessage" => answer.get("content").is_some(),
        "roots/list" => answer.get("roots").is_some_and(Value::is_array),
        _ => answer.is_object(),
    }
}

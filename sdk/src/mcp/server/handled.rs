//! Methods that plugins have no word for, answered by functions of the author's own.

use rmcp::model::ResultType;
use serde_json::Value;
use tokio::time::Instant;

use super::super::dialogue::{self, Ended};
use super::super::era::{Era, Meta};
use super::super::handlers::HandlerRequest;
use super::super::message::{Fault, Request};
use super::{Arrival, LIST_IS_FRESH, McpServer};
use crate::context::{CallContext, Ending};

/// Methods whose results clients may keep for a while.
const KEPT: [&str; 5] =
    ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "resources/read"];

/// Methods that the newer era has not any more.
const LEGACY_ONLY: [&str; 2] = ["resources/subscribe", "resources/unsubscribe"];

impl McpServer {
    /// Answers by a function of the author's own.
    pub(super) async fn handle(
        &self,
        request: &Request<'_>,
        (era, meta): (Era, &Meta<'_>),
        arrival: Box<Arrival>,
    ) -> Result<String, Fault> {
        let method = &*request.method;
        let is_gone = era == Era::Modern && LEGACY_ONLY.contains(&method);
        let handler = self.handlers.find(method).filter(|_| !is_gone);
        let handler = handler.ok_or_else(|| Fault::unknown_method(method))?;
        let Arrival { visitor, back, remembered, .. } = *arrival;
        let caller = visitor.caller();
        let about = [caller.subject().unwrap_or_default()];
        let dialogue = self.asking.dialogue(request, (era, meta), (back, remembered), &about)?;
        let deadline = Instant::now() + self.call_time;
        let context = CallContext::new(Some(deadline), Some(dialogue.client()));
        let mut ending = Ending::of(Some(context.clone()));
        let work = handler(HandlerRequest { params: request.params()?, context, visitor });
        let work = tokio::time::timeout_at(deadline, dialogue::surviving(work));
        match dialogue.run(work).await? {
            Ended::Answered(outcome) => {
                ending.reached();
                let result = outcome.map_err(|_| Fault::internal("the handler took too long"))??;
                self.write_handled(request, era, result?)
            }
            Ended::Asked(questions) => Ok(self.write_as(request, ResultType::INPUT_REQUIRED, &questions)),
        }
    }

    /// Writes what a handler returned, and adds what the newer era wants to know of a list.
    fn write_handled(&self, request: &Request<'_>, era: Era, mut result: Value) -> Result<String, Fault> {
        if era == Era::Modern && KEPT.contains(&&*request.method) {
            let members = result.as_object_mut();
            let members = members.ok_or_else(|| Fault::internal("the handler's result is no object"))?;
            members.entry("ttlMs").or_insert(LIST_IS_FRESH.into());
            members.entry("cacheScope").or_insert("private".into());
        }
        Ok(self.write(request, era, &result))
    }
}

//! The tools: their list, and one call.

use std::borrow::Cow;

use rmcp::model::{CacheScope, ErrorCode, ResultType};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::answer::{Showing, ToolAnswer};
use super::super::dialogue::Ended;
use super::super::era::{self, Common, Era};
use super::super::message::{Fault, Request};
use super::super::tools::{Tool, ToolSet, Visitor};
use super::{Answered, Arrival, Freshness, McpServer, Told};
use crate::call::{Arguments, Call};
use crate::caller::Door;
use crate::error::PluginError;
use crate::protocol::UserSettings;

impl McpServer {
    pub(super) async fn list_tools(
        &self,
        request: &Request<'_>,
        era: Era,
        arrival: &Arrival,
    ) -> Result<String, Fault> {
        #[derive(Serialize)]
        struct Listed<'a> {
            tools: Vec<&'a RawValue>,
            #[serde(flatten)]
            freshness: Option<Freshness>,
        }
        refuse_cursor(request)?;
        let tools = self.provider.tools(&arrival.visitor).await;
        let profile = arrival.profile.unwrap_or(self.profile);
        let caller = arrival.visitor.caller();
        let may = |tool: &&Tool| caller.has_scopes(tool.operation().get_scopes());
        let is_private =
            tools.is_private() || tools.iter().any(|tool| !tool.operation().get_scopes().is_empty());
        let scope = if is_private { CacheScope::Private } else { CacheScope::Public };
        let listed = Listed {
            tools: tools.iter().filter(may).map(|tool| tool.written(profile)).collect(),
            freshness: (era == Era::Modern).then(|| Freshness::of(scope)),
        };
        Ok(self.write(request, era, &listed))
    }

    pub(super) async fn call_tool(
        &self,
        request: &Request<'_>,
        (era, common): (Era, &Common<'_>),
        arrival: Box<Arrival>,
    ) -> Result<Answered, Fault> {
        let name = common.name.and_then(|name| serde_json::from_str::<String>(name.get()).ok());
        let name = name.ok_or_else(|| Fault::params("`params.name` is to be the name of a tool"))?;
        let Arrival { visitor, settings, back, remembered, .. } = *arrival;
        let tools = self.provider.tools(&visitor).await;
        let tool = tools.find(&name).ok_or_else(|| unknown_tool(&tools, &name))?;
        if !visitor.caller().has_scopes(tool.operation().get_scopes()) {
            return Ok(lacking(request, tool.operation().get_scopes()));
        }
        let links = era::has_links(era, &visitor.headers);
        let showing = Showing { budget: self.text_budget, files: self.files.as_ref(), links };
        let call = self.call(tool, common.arguments, visitor, settings);
        if !tool.operation().is_watched() {
            let answer = self.ask_tool(tool, call, showing).await;
            return Ok(Answered::text(200, self.write(request, era, &answer)));
        }
        let caller = call.as_ref().ok().and_then(|call| call.caller().subject().map(str::to_owned));
        let about = [&*name, caller.as_deref().unwrap_or_default()];
        let dialogue = self.asking.dialogue(request, (era, &common.meta), (back, remembered), &about)?;
        let call = call.map(|call| call.heard_by(dialogue.client()));
        // Boxed, so that calls of tools that ask nothing need no room for it.
        let text = match Box::pin(dialogue.run(self.ask_tool(tool, call, showing))).await? {
            Ended::Answered(answer) => self.write(request, era, &answer),
            Ended::Asked(questions) => self.write_as(request, ResultType::INPUT_REQUIRED, &questions),
        };
        Ok(Answered::text(200, text))
    }

    /// Makes the call of what came, unless its settings cannot be read.
    fn call(
        &self,
        tool: &Tool,
        arguments: Option<&RawValue>,
        Visitor { headers, extensions }: Visitor,
        settings: Result<UserSettings, PluginError>,
    ) -> Result<Call, PluginError> {
        let arguments = arguments.map(|text| Arguments::from_text(text.get().to_owned())).unwrap_or_default();
        let settings = tool.settings(settings?, &headers);
        Ok(Call::new(tool.operation().shared_name(), arguments)
            .with_settings(settings)
            .through(Door::Mcp)
            .within(self.call_time)
            .with_headers(tool.headers(headers))
            .with_extensions(extensions))
    }

    /// Calls a tool, and shows what came of it.
    async fn ask_tool(
        &self,
        tool: &Tool,
        call: Result<Call, PluginError>,
        showing: Showing<'_>,
    ) -> ToolAnswer {
        let reply = async { self.provider.call(tool, call?).await?.collect().await };
        let answer = match reply.await {
            Ok(reply) => ToolAnswer::of_reply(reply, tool, showing).await,
            Err(error) => Err(error),
        };
        answer.unwrap_or_else(|error| ToolAnswer::of_error(&error, tool))
    }
}

/// Refuses a second page: LobeHub reads only the first one, so there is no other.
fn refuse_cursor(request: &Request<'_>) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Params<'a> {
        #[serde(borrow, default)]
        cursor: Option<&'a RawValue>,
    }
    match request.params()? {
        Params { cursor: None } => Ok(()),
        Params { cursor: Some(_) } => {
            Err(Fault::params("the list has one page only, so there is no such cursor"))
        }
    }
}

/// Refuses a tool to a caller who may not call it. It is in no list of his, but he may have learnt of it when he could do
/// more, and a client that reads which scopes are missing can ask for them.
fn lacking(request: &Request<'_>, scopes: &[Cow<'static, str>]) -> Answered {
    let error = PluginError::insufficient_scope(scopes);
    let fault = Fault::new(403, ErrorCode::INVALID_REQUEST, error.message().to_owned());
    let told = Some(Told::Lacks(scopes.to_vec()));
    Answered { told, ..Answered::text(fault.status, fault.write(Some(request.id))) }
}

fn unknown_tool(tools: &ToolSet, asked: &str) -> Fault {
    let asked: String = asked.chars().take(80).collect();
    let hint = tools.nearest(&asked).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    Fault::new(200, ErrorCode::INVALID_PARAMS, format!("unknown tool `{asked}`{hint}"))
}

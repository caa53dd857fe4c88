//! What a request asks for and what came of it, in the few words of a line. Pure.

use http::{HeaderMap, Method, header};
use lobe_plugin_sdk::name;
use serde_json::Value;

use crate::server::GATEWAY_PATH;
use crate::visit::shown;

/// Holds what was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Who asks, and for what: `POST clothes.recommend_clothes`.
    pub(super) line: String,
    operation: Option<String>,
    /// The operations that LobeChat believes in: it keeps the manifest of the day on which it was installed.
    believed: Option<Vec<String>>,
}

impl Asked {
    /// Reads a request; the body is empty where nobody looked into it.
    pub(super) fn of(method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> Self {
        let read = || serde_json::from_slice::<Value>(body).ok();
        if let Some(payload) = (path == GATEWAY_PATH).then(read).flatten() {
            let text = |name: &str| payload[name].as_str().map(shown);
            let operation = text("apiName");
            let (plugin, called) =
                (text("identifier").unwrap_or_default(), operation.clone().unwrap_or_default());
            let believed = payload.get("manifest").map(names);
            return Self { line: format!("{method} {plugin}.{called}"), operation, believed };
        }
        if let Some(message) = path.ends_with("/mcp").then(read).flatten() {
            let asked = message["method"].as_str().map(shown).unwrap_or_default();
            let tool = message["params"]["name"].as_str().map(|name| format!(" {}", shown(name)));
            return Self { line: format!("MCP {asked}{}", tool.unwrap_or_default()), ..Self::default() };
        }
        let page = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let from = page.map(|page| format!(" from {}", shown(page))).unwrap_or_default();
        Self { line: format!("{method} {}{from}", shown(path)), ..Self::default() }
    }

    /// Words what went wrong, and what can be done about it.
    pub(super) fn explain(&self, answer: &[u8], known: &[String]) -> Vec<String> {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let kind = match &answer["errorType"] {
            Value::String(name) => name.clone(),
            Value::Number(status) => status.to_string(),
            _ => return Vec::new(),
        };
        let body = &answer["body"];
        let said = body["message"].as_str().or(body.as_str()).map(shown);
        let mut lines = vec![format!("{kind}: {}", said.unwrap_or_default())];
        let findings = body["error"].as_array().or_else(|| body["error"]["issues"].as_array());
        lines.extend(findings.into_iter().flatten().filter_map(finding));
        lines.extend(self.advice(&kind, known));
        lines
    }

    fn advice(&self, kind: &str, known: &[String]) -> Option<String> {
        let advice = match kind {
            "PluginApiNotFound" => {
                let asked = self.operation.as_deref().unwrap_or_default();
                let meant = name::nearest(asked, known.iter().map(String::as_str));
                let meant = meant.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
                format!("{meant}There are: {}", known.join(", "))
            }
            "PluginApiParamsError" => {
                "what the model wrote does not fit `parameters`: describe them better, or allow more".into()
            }
            "PluginSettingsInvalid" => {
                "fill in the plugin's settings in LobeChat, or pass X-Lobe-Plugin-Settings".into()
            }
            "PluginMetaNotFound" => {
                "LobeChat has another plugin installed than the one that runs here".into()
            }
            "502" => "the plugin's server did not answer, or made no sense: its own lines may say why".into(),
            "504" => "the plugin's server took too long; LobeChat's users wait no longer either".into(),
            _ => return None,
        };
        Some(advice)
    }

    /// Says when LobeChat believes in other operations than there are.
    pub(super) fn staleness(&self, known: &[String]) -> Option<String> {
        let believed = self.believed.as_ref().filter(|believed| !believed.is_empty())?;
        let new: Vec<_> = known.iter().filter(|name| !believed.contains(name)).cloned().collect();
        let gone: Vec<_> = believed.iter().filter(|name| !known.contains(name)).cloned().collect();
        let mut parts = Vec::new();
        if !new.is_empty() {
            parts.push(format!("it does not know {}", new.join(", ")));
        }
        if !gone.is_empty() {
            parts.push(format!("there is no {} any more", gone.join(", ")));
        }
        let what = parts.join(", and ");
        (!what.is_empty())
            .then(|| format!("LobeChat has an older manifest: {what}. Install the plugin again there"))
    }
}

/// Lists the operations of a manifest.
fn names(manifest: &Value) -> Vec<String> {
    let apis = manifest["api"].as_array().into_iter().flatten();
    apis.filter_map(|api| api["name"].as_str().map(shown)).collect()
}

/// Words one thing that a schema found.
fn finding(finding: &Value) -> Option<String> {
    let place =
        finding["instanceLocation"].as_str().map_or_else(|| finding["path"].to_string(), str::to_owned);
    let said = finding["error"].as_str().or(finding["message"].as_str())?;
    Some(shown(&format!("{place}: {said}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(method: &Method, path: &str, body: &Value) -> Asked {
        Asked::of(method, path, &HeaderMap::new(), body.to_string().as_bytes())
    }

    fn call() -> Asked {
        let manifest = json!({ "api": [{ "name": "look_up" }, { "name": "old" }] });
        let payload = json!({ "identifier": "weather", "apiName": "lok_up", "manifest": manifest });
        asked(&Method::POST, GATEWAY_PATH, &payload)
    }

    #[test]
    fn lines_say_what_was_asked() {
        assert_eq!(call().line, "POST weather.lok_up");
        let rude = json!({ "identifier": "a\n", "apiName": "\u{1b}[2J" });
        assert_eq!(asked(&Method::POST, GATEWAY_PATH, &rude).line, "POST a\\n.\\u{1b}[2J");
        assert_eq!(asked(&Method::GET, "/manifest.json", &json!(null)).line, "GET /manifest.json");
        let tool = json!({ "method": "tools/call", "params": { "name": "look_up" } });
        assert_eq!(asked(&Method::POST, "/mcp", &tool).line, "MCP tools/call look_up");
        assert_eq!(asked(&Method::POST, GATEWAY_PATH, &json!(7)).line, "POST .");
    }

    #[test]
    fn errors_come_with_advice() {
        let known = ["look_up".to_owned()];
        let answer =
            json!({ "errorType": "PluginApiNotFound", "body": { "message": "[plugin] api not found" } });
        assert_eq!(
            call().explain(answer.to_string().as_bytes(), &known),
            ["PluginApiNotFound: [plugin] api not found", "did you mean `look_up`? There are: look_up"]
        );
        let answer = json!({ "errorType": "PluginApiParamsError", "body": { "message": "m", "error": [
            { "instanceLocation": "#/mood", "error": "it is wrong" }] } });
        let lines = call().explain(answer.to_string().as_bytes(), &known);
        assert_eq!(lines[..2], ["PluginApiParamsError: m", "#/mood: it is wrong"]);
        assert_eq!(call().explain(b"no JSON", &known), Vec::<String>::new());
    }

    #[test]
    fn an_older_manifest_is_noticed() {
        let said = call().staleness(&["look_up".to_owned(), "new".to_owned()]).unwrap();
        assert!(said.contains("does not know new, and there is no old any more"), "{said}");
        assert_eq!(call().staleness(&["look_up".to_owned(), "old".to_owned()]), None);
    }
}

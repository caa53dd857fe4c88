//! `lobe-gateway call`: one call of a plugin elsewhere, through all of the gateway's steps; or the request that it comes to.

use std::error::Error;

use http::StatusCode;
use lobe_plugin_sdk::protocol::ErrorType;
use lobe_plugin_sdk::{Body, UserSettings, name};
use serde_json::{Value, json};

use super::arguments::{CallOptions, Outcome};
use super::{log, print, waiting};
use crate::config::{Config, Document, PinnedPlugin, try_to_read};
use crate::error::Error as CallError;
use crate::gateway::Gateway;

/// What the plugin is called while it is called: whatever its document calls it.
const IDENTIFIER: &str = "call";
/// How many operations are named to whoever named none of them.
const MAX_NAMES: usize = 20;

/// Makes the call, or shows its request.
pub(super) fn run(options: CallOptions) -> Result<(), Box<dyn Error>> {
    let mut config = match &options.config {
        Some(file) => Config::read(file)?,
        // What holds for whoever tries a plugin out on their own machine.
        None => Config { dev: true, ..Config::default() },
    };
    is_there(&options.plugin)?;
    // Whatever its document calls it.
    config.caller.aliases = true;
    config.plugins.insert(IDENTIFIER.to_owned(), options.plugin);
    log::open(options.log, log::Format::Human);
    let payload = json!({
        "identifier": IDENTIFIER, "apiName": options.operation, "arguments": options.arguments,
    });
    let settings = UserSettings::new(options.settings);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(async {
        let gateway = Gateway::configured(&config)?;
        let payload = payload.to_string();
        let called = match options.outcome {
            Outcome::Answer => waiting("the plugin", gateway.execute(payload.as_bytes(), settings)).await,
            Outcome::Request | Outcome::Curl => gateway.rehearse(payload.as_bytes(), settings).await,
        };
        let reply = match called {
            Ok(reply) => reply,
            Err(error) => return Err(failure(&gateway, &options.operation, &error).await.into()),
        };
        match reply.collect().await.map_err(|error| error.to_string())?.into_body() {
            Body::Whole(bytes) => Ok::<_, Box<dyn Error>>(bytes),
            Body::Stream(_) => unreachable!("a collected reply is whole"),
        }
    })?;
    match options.outcome {
        Outcome::Answer => print(&text),
        Outcome::Request => print(&[&text[..], b"\n"].concat()),
        Outcome::Curl => print(curl(&serde_json::from_slice(&text)?).as_bytes()),
    }
}

/// Says of a file that cannot be read why, in the words of the command line: the configuration would name a key of its own.
fn is_there(plugin: &PinnedPlugin) -> Result<(), String> {
    for document in [&plugin.manifest, &plugin.openapi, &plugin.ai_plugin] {
        if let Some(Document::File(path)) = document {
            try_to_read(path)?;
        }
    }
    Ok(())
}

/// Words a failure, and which operations there are when there is none of that name.
async fn failure(gateway: &Gateway, operation: &str, error: &CallError) -> String {
    let said = explain(error);
    match error.to_wire().error_type {
        ErrorType::PluginApiNotFound => {}
        ErrorType::PluginSettingsInvalid => return format!("{said}\n  settings are given by `--settings`"),
        _ if error.status() == StatusCode::FORBIDDEN => return format!("{said}\n  `--log warn` says why"),
        _ => return said,
    }
    let Ok(target) = gateway.resolver.find(IDENTIFIER).await else { return said };
    let names: Vec<_> = target.apis().iter().map(|api| &*api.name).collect();
    let meant = name::nearest(operation, names.iter().copied());
    let meant = meant.map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    let more = names.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let listed = names.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join(", ");
    match names[..] {
        [] => format!("{said}\n  There are none"),
        _ => format!("{said}\n  {meant}There are: {listed}{more}"),
    }
}

/// Words a failure for people: the error's name, and what its body says.
pub(super) fn explain(error: &CallError) -> String {
    let wire = json!(error.to_wire());
    let name = match &wire["errorType"] {
        Value::String(name) => format!("{name} ({})", error.status()),
        status => status.to_string(),
    };
    let body = &wire["body"];
    let found = body["error"].as_array().or_else(|| body["error"]["issues"].as_array());
    let findings = found.into_iter().flatten().filter_map(finding);
    match body {
        Value::String(text) => format!("{name}: {text}"),
        body => {
            let message = body["message"].as_str().unwrap_or("no reason was given");
            let reason = body["error"]["message"].as_str().map(|reason| format!(": {reason}"));
            format!("{name}: {message}{}{}", reason.unwrap_or_default(), findings.collect::<String>())
        }
    }
}

/// Words one finding of a schema, or one issue of a manifest's shape: where, and what is wrong there.
fn finding(finding: &Value) -> Option<String> {
    let said = finding["error"].as_str().or(finding["message"].as_str())?;
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let place = match &finding["path"] {
        Value::Array(steps) => steps.iter().map(step).collect::<Vec<_>>().join("."),
        _ => step(&finding["instanceLocation"]),
    };
    Some(format!("\n  {place}: {said}"))
}

/// Writes a request as a command of curl.
fn curl(request: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (method, url) = (text(&request["method"]), text(&request["url"]));
    // With `-X HEAD` it would wait for a body.
    let method = if method == "HEAD" { "--head".to_owned() } else { format!("-X {}", method) };
    // These are patterns to it.
    let plain = if url.contains(['[', ']', '{', '}']) { " --globoff" } else { "" };
    let mut command = format!("curl {method}{plain} {}", quoted(&url));
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        let value = text(value);
        // A header without a value would be left out.
        let header = if value.is_empty() { format!("{name};") } else { format!("{name}: {value}") };
        command += &format!(" \\\n  -H {}", quoted(&header));
    }
    match (&request["body"], request.get("bodyEncoding")) {
        // Not `--data-binary`, for which a text that begins with an at sign is the name of a file.
        (Value::String(body), None) => command += &format!(" \\\n  --data-raw {}", quoted(body)),
        (Value::String(body), Some(_)) => {
            command = format!("printf %s {} | base64 -d | {command} \\\n  --data-binary @-", quoted(body));
        }
        _ => {}
    }
    command + "\n"
}

/// Quotes a text for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_written() {
        let check = |request: Value, expected: &str| assert_eq!(curl(&request), expected);
        check(
            json!({ "method": "POST", "url": "https://e.org/?q='d'", "headers": { "accept": "*/*" }, "body": "it's" }),
            "curl -X POST 'https://e.org/?q='\\''d'\\''' \\\n  -H 'accept: */*' \\\n  --data-raw 'it'\\''s'\n",
        );
        check(
            json!({ "method": "GET", "url": "https://e.org/", "headers": {}, "body": null }),
            "curl -X GET 'https://e.org/'\n",
        );
        check(
            json!({ "method": "HEAD", "url": "https://e.org/?a[b]=1", "headers": { "x-empty": "" }, "body": null }),
            "curl --head --globoff 'https://e.org/?a[b]=1' \\\n  -H 'x-empty;'\n",
        );
        check(
            json!({ "method": "PUT", "url": "https://e.org/", "headers": {}, "body": "/w==", "bodyEncoding": "base64" }),
            "printf %s '/w==' | base64 -d | curl -X PUT 'https://e.org/' \\\n  --data-binary @-\n",
        );
    }
}

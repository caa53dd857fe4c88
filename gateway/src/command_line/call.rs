//! `lobe-gateway call`: one call of a plugin elsewhere, through all of the gateway's steps; or the request that it comes to.

use std::error::Error;

use lobe_plugin_sdk::{Body, UserSettings};
use serde_json::{Value, json};

use super::arguments::{CallOptions, Outcome};
use super::{log, print};
use crate::config::Config;
use crate::error::Error as CallError;
use crate::gateway::Gateway;

/// What the plugin is called while it is called: whatever its document calls it.
const IDENTIFIER: &str = "call";

/// Makes the call, or shows its request.
pub(super) fn run(options: CallOptions) -> Result<(), Box<dyn Error>> {
    let mut config = match &options.config {
        Some(file) => Config::read(file)?,
        None => Config::for_development(),
    };
    config.add_plugin(IDENTIFIER, options.plugin);
    log::open(options.log, log::Format::Human);
    let payload = json!({
        "identifier": IDENTIFIER, "apiName": options.operation, "arguments": json!(options.arguments).to_string(),
    });
    let settings = UserSettings::new(options.settings);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(async {
        let gateway = Gateway::configured(&config)?;
        let payload = payload.to_string();
        let called = match options.outcome {
            Outcome::Answer => gateway.execute(payload.as_bytes(), settings).await,
            Outcome::Request | Outcome::Curl => gateway.rehearse(payload.as_bytes(), settings).await,
        };
        let reply = called.map_err(|error| explain(&error))?;
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

/// Words a failure for people: the error's name, and what its body says.
pub(super) fn explain(error: &CallError) -> String {
    let wire = json!(error.to_wire());
    let name = match &wire["errorType"] {
        Value::String(name) => format!("{name} ({})", error.status()),
        status => status.to_string(),
    };
    let body = &wire["body"];
    let findings = body["error"].as_array().into_iter().flatten().map(|finding| {
        let at = finding["instanceLocation"].as_str().or(finding["path"].as_str()).unwrap_or_default();
        format!("\n  {at}: {}", finding["error"].as_str().unwrap_or_default())
    });
    match body {
        Value::String(text) => format!("{name}: {text}"),
        body => {
            let message = body["message"].as_str().unwrap_or("no reason was given");
            format!("{name}: {message}{}", findings.collect::<String>())
        }
    }
}

/// Writes a request as a command of curl.
fn curl(request: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut command = format!("curl -X {} {}", text(&request["method"]), quoted(&text(&request["url"])));
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        command += &format!(" \\\n  -H {}", quoted(&format!("{name}: {}", text(value))));
    }
    match (&request["body"], request.get("bodyEncoding")) {
        (Value::String(body), None) => command += &format!(" \\\n  --data-binary {}", quoted(body)),
        (Value::String(body), Some(_)) => {
            command = format!("base64 -d <<< {} | {command} \\\n  --data-binary @-", quoted(body));
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
            "curl -X POST 'https://e.org/?q='\\''d'\\''' \\\n  -H 'accept: */*' \\\n  --data-binary 'it'\\''s'\n",
        );
        check(
            json!({ "method": "GET", "url": "https://e.org/", "headers": {}, "body": null }),
            "curl -X GET 'https://e.org/'\n",
        );
        check(
            json!({ "method": "PUT", "url": "https://e.org/", "headers": {}, "body": "/w==", "bodyEncoding": "base64" }),
            "base64 -d <<< '/w==' | curl -X PUT 'https://e.org/' \\\n  --data-binary @-\n",
        );
    }
}

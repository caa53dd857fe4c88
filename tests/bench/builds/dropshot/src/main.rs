//! The smallest server with an OpenAPI document.
#![allow(dead_code)]

use dropshot::{
    ApiDescription, ConfigDropshot, ConfigLogging, ConfigLoggingLevel, HttpError, HttpResponseOk,
    RequestContext, ServerBuilder, TypedBody, endpoint,
};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Greeting {
    /// Who is greeted.
    name: String,
    // one more field
}

/// Greet somebody.
#[endpoint { method = POST, path = "/greet" }]
async fn greet(_: RequestContext<()>, body: TypedBody<Greeting>) -> Result<HttpResponseOk<String>, HttpError> {
    Ok(HttpResponseOk(format!("hello, {}!", body.into_inner().name)))
}

#[tokio::main]
async fn main() -> Result<(), String> {
    let log = ConfigLogging::StderrTerminal { level: ConfigLoggingLevel::Info };
    let log = log.to_logger("hello").map_err(|error| error.to_string())?;
    let mut api = ApiDescription::new();
    api.register(greet).map_err(|error| error.to_string())?;
    let document = api.openapi("Hello", semver::Version::new(1, 0, 0)).json();
    println!("{}", document.map_err(|error| error.to_string())?);
    let config = ConfigDropshot { bind_address: ([127, 0, 0, 1], 3000).into(), ..Default::default() };
    let server = ServerBuilder::new(api, (), log).config(config).start().map_err(|error| error.to_string())?;
    server.await
}

//! Tools that ask the client before they answer: in the older era by requests, in the newer one by being called again.

use lobe_plugin_sdk::{Call, CallContext, Context, Operation, Plugin, PluginError, Reply, lobe_plugin};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Who it is.
#[derive(Deserialize, JsonSchema)]
struct Name {
    /// What people call you.
    name: String,
}

/// A colour.
#[derive(Deserialize, JsonSchema)]
struct Color {
    /// The one you like best.
    color: String,
}

/// A consent.
#[derive(Deserialize, JsonSchema)]
struct Consent {
    /// Whether it is right.
    ok: bool,
}

/// Whom to write to.
#[derive(Deserialize, JsonSchema)]
struct Address {
    /// User's response
    username: String,
    /// User's email address
    email: String,
}

fn question(text: &str, tokens: u32) -> Value {
    let content = json!({ "type": "text", "text": text });
    json!({ "messages": [{ "role": "user", "content": content }], "maxTokens": tokens })
}

/// Reads what a model said.
fn said(sampled: &Value) -> String {
    sampled["content"]["text"].as_str().unwrap_or_default().to_owned()
}

/// Ask a model of the client's.
#[lobe_plugin]
async fn test_sampling(
    /// The prompt to send to the LLM
    prompt: String,
    Context(context): Context,
) -> Result<String, PluginError> {
    let sampled = context.request("answer", "sampling/createMessage", question(&prompt, 100)).await?;
    Ok(format!("LLM response: {}", said(&sampled)))
}

/// Ask the user.
#[lobe_plugin]
async fn test_elicitation(
    /// The message to show the user
    message: String,
    Context(context): Context,
) -> Result<String, PluginError> {
    let Address { username, email } = context.ask("address", &message).await?;
    Ok(format!("User response: action: accept, content: {username}, {email}"))
}

/// Asks with a form that is written out.
async fn elicit(context: &CallContext, properties: Value) -> Result<String, PluginError> {
    let form = json!({ "type": "object", "properties": properties });
    let params = json!({ "message": "Please fill in the form", "requestedSchema": form });
    let answer = context.request("form", "elicitation/create", params).await?;
    let action = answer["action"].as_str().unwrap_or_default();
    Ok(format!("Elicitation completed: action={action}, content={}", answer["content"]))
}

/// Ask with defaults of every kind.
#[lobe_plugin]
async fn test_elicitation_sep1034_defaults(Context(context): Context) -> Result<String, PluginError> {
    let properties = json!({
        "name": { "type": "string", "default": "John Doe" },
        "age": { "type": "integer", "default": 30 },
        "score": { "type": "number", "default": 95.5 },
        "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
        "verified": { "type": "boolean", "default": true },
    });
    elicit(&context, properties).await
}

/// Ask with enums of every kind.
#[lobe_plugin]
async fn test_elicitation_sep1330_enums(Context(context): Context) -> Result<String, PluginError> {
    let options = ["option1", "option2", "option3"];
    let titled = json!([
        { "const": "value1", "title": "First Option" },
        { "const": "value2", "title": "Second Option" },
        { "const": "value3", "title": "Third Option" },
    ]);
    let properties = json!({
        "untitledSingle": { "type": "string", "enum": options },
        "titledSingle": { "type": "string", "oneOf": titled },
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": { "type": "array", "items": { "type": "string", "enum": options } },
        "titledMulti": { "type": "array", "items": { "anyOf": titled } },
    });
    elicit(&context, properties).await
}

/// Greet the user by name.
#[lobe_plugin]
async fn test_input_required_result_elicitation(Context(context): Context) -> Result<String, PluginError> {
    let Name { name } = context.ask("user_name", "What is your name?").await?;
    Ok(format!("Hello, {name}!"))
}

/// Ask a model for a capital.
#[lobe_plugin]
async fn test_input_required_result_sampling(Context(context): Context) -> Result<String, PluginError> {
    let asked = question("What is the capital of France?", 100);
    Ok(said(&context.request("capital_question", "sampling/createMessage", asked).await?))
}

/// List the folders that the client has open.
#[lobe_plugin]
async fn test_input_required_result_list_roots(Context(context): Context) -> Result<String, PluginError> {
    let roots = context.request("client_roots", "roots/list", json!({})).await?;
    Ok(format!("roots: {}", roots["roots"]))
}

/// Ask for a consent.
#[lobe_plugin]
async fn test_input_required_result_request_state(Context(context): Context) -> Result<String, PluginError> {
    let Consent { ok } = context.ask("confirm", "Please confirm").await?;
    Ok(format!("state-ok: {ok}"))
}

/// Ask twice.
#[lobe_plugin]
async fn test_input_required_result_multi_round(Context(context): Context) -> Result<String, PluginError> {
    let Name { name } = context.ask("step1", "Step 1: What is your name?").await?;
    let Color { color } = context.ask("step2", "Step 2: What is your favorite color?").await?;
    Ok(format!("{name} likes {color}"))
}

/// Ask for what the client can do.
#[lobe_plugin]
async fn test_input_required_result_capabilities(Context(context): Context) -> Result<String, PluginError> {
    if context.client_can("elicitation") {
        let Name { name } = context.ask("user_name", "What is your name?").await?;
        return Ok(name);
    }
    Ok(said(&context.request("guess", "sampling/createMessage", question("Guess a name", 50)).await?))
}

/// Need a model of the client's.
#[lobe_plugin]
async fn test_missing_capability(Context(context): Context) -> Result<String, PluginError> {
    Ok(said(&context.request("answer", "sampling/createMessage", question("Say something", 50)).await?))
}

/// Ask the user while it runs.
#[lobe_plugin]
async fn test_streaming_elicitation(Context(context): Context) -> Result<String, PluginError> {
    let Name { name } = context.ask("user_name", "What is your name?").await?;
    Ok(name)
}

/// Asks for a name, a greeting and folders at once.
async fn multiple_inputs(call: Call) -> Result<Reply, PluginError> {
    let context = call.context()?;
    let form =
        json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
    let name = json!({ "message": "What is your name?", "requestedSchema": form });
    let (name, greeting, roots) = tokio::join!(
        context.request("user_name", "elicitation/create", name),
        context.request("greeting", "sampling/createMessage", question("Generate a greeting", 50)),
        context.request("client_roots", "roots/list", json!({})),
    );
    Ok(Reply::text(format!("{} {}: {}", said(&greeting?), name?["content"]["name"], roots?["roots"])))
}

/// Asks for a consent that nobody can forge.
async fn tampered_state(call: Call) -> Result<Reply, PluginError> {
    let Consent { ok } = call.context()?.ask("confirm", "Please confirm").await?;
    Ok(Reply::text(format!("confirmed: {ok}")))
}

/// Adds these tools. Two of the suite's names are longer than those that all clients accept, so they are added as a
/// stranger's.
pub(crate) fn add_to(plugin: Plugin) -> Plugin {
    let multiple = Operation::new("test_input_required_result_multiple_inputs", multiple_inputs)
        .summary("Ask for several things at once.")
        .extracts::<Context>();
    let tampered = Operation::new("test_input_required_result_tampered_state", tampered_state)
        .summary("Ask for a consent that nobody can forge.")
        .extracts::<Context>();
    plugin
        .with::<test_sampling>()
        .with::<test_elicitation>()
        .with::<test_elicitation_sep1034_defaults>()
        .with::<test_elicitation_sep1330_enums>()
        .with::<test_input_required_result_elicitation>()
        .with::<test_input_required_result_sampling>()
        .with::<test_input_required_result_list_roots>()
        .with::<test_input_required_result_request_state>()
        .with::<test_input_required_result_multi_round>()
        .with::<test_input_required_result_capabilities>()
        .with::<test_missing_capability>()
        .with::<test_streaming_elicitation>()
        .foreign_operation(multiple)
        .foreign_operation(tampered)
}

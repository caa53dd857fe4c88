//! What is offered beside tools, by functions that speak the protocol's own words: prompts, resources, completion.

use lobe_plugin_sdk::mcp::{HandlerRequest, McpServer, Refusal};
use serde_json::{Value, json};

use crate::tools::PIXEL;

/// Adds it.
pub(crate) fn add_to(server: McpServer) -> McpServer {
    server
        .answering("prompts/list", async |_request| Ok(prompts()))
        .answering("prompts/get", async |request| get_prompt(&request).await)
        .answering("resources/list", async |_request| Ok(resources()))
        .answering("resources/templates/list", async |_request| Ok(templates()))
        .answering("resources/read", async |request| read_resource(&request))
        .answering("resources/subscribe", async |_request| Ok(json!({})))
        .answering("resources/unsubscribe", async |_request| Ok(json!({})))
        .answering("completion/complete", async |request| Ok(complete(&request)))
}

fn prompts() -> Value {
    let argument = |name: &str, about: &str| json!({ "name": name, "description": about, "required": true });
    json!({ "prompts": [
        { "name": "test_simple_prompt", "description": "A prompt without arguments." },
        {
            "name": "test_prompt_with_arguments", "description": "A prompt with two arguments.",
            "arguments": [argument("arg1", "First test argument"), argument("arg2", "Second test argument")],
        },
        {
            "name": "test_prompt_with_embedded_resource", "description": "A prompt with a resource in it.",
            "arguments": [argument("resourceUri", "URI of the resource to embed")],
        },
        { "name": "test_prompt_with_image", "description": "A prompt with a picture in it." },
        { "name": "test_input_required_result_prompt", "description": "A prompt that asks for its context." },
    ] })
}

async fn get_prompt(request: &HandlerRequest) -> Result<Value, Refusal> {
    let argument = |name: &str| request.params["arguments"][name].as_str().unwrap_or_default().to_owned();
    let text = |text: &str| json!({ "type": "text", "text": text });
    let contents = match request.params["name"].as_str().unwrap_or_default() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (one, other) = (argument("arg1"), argument("arg2"));
            vec![text(&format!("Prompt with arguments: arg1='{one}', arg2='{other}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let words = "Embedded resource content for testing.";
            let resource = json!({ "uri": argument("resourceUri"), "mimeType": "text/plain", "text": words });
            let embedded = json!({ "type": "resource", "resource": resource });
            vec![embedded, text("Please process the embedded resource above.")]
        }
        "test_prompt_with_image" => {
            let picture = json!({ "type": "image", "data": PIXEL, "mimeType": "image/png" });
            vec![picture, text("Please analyze the image above.")]
        }
        "test_input_required_result_prompt" => {
            let properties = json!({ "context": { "type": "string" } });
            let form = json!({ "type": "object", "properties": properties, "required": ["context"] });
            let asked = json!({ "message": "What context should the prompt use?", "requestedSchema": form });
            let answer = request.context.request("user_context", "elicitation/create", asked).await?;
            vec![text(&format!("Mind this: {}", answer["content"]["context"]))]
        }
        unknown => return Err(Refusal::invalid_params(format!("there is no prompt `{unknown}`"))),
    };
    let messages = contents.into_iter().map(|content| json!({ "role": "user", "content": content }));
    Ok(json!({ "messages": messages.collect::<Vec<_>>() }))
}

fn resources() -> Value {
    json!({ "resources": [
        { "uri": "test://static-text", "name": "text", "description": "A text.", "mimeType": "text/plain" },
        { "uri": "test://static-binary", "name": "pixel", "description": "A picture.", "mimeType": "image/png" },
        { "uri": "test://watched-resource", "name": "watched", "description": "A text that never changes." },
    ] })
}

fn templates() -> Value {
    json!({ "resourceTemplates": [{
        "uriTemplate": "test://template/{id}/data", "name": "data", "description": "Data by its id.",
        "mimeType": "application/json",
    }] })
}

fn read_resource(request: &HandlerRequest) -> Result<Value, Refusal> {
    let uri = request.params["uri"].as_str().unwrap_or_default();
    let text = |media_type: &str, text: &str| json!({ "uri": uri, "mimeType": media_type, "text": text });
    let contents = match uri {
        "test://static-text" => text("text/plain", "This is the content of the static text resource."),
        "test://watched-resource" => text("text/plain", "This never changes."),
        "test://static-binary" => json!({ "uri": uri, "mimeType": "image/png", "blob": PIXEL }),
        other => match other.strip_prefix("test://template/").and_then(|rest| rest.strip_suffix("/data")) {
            Some(id) => {
                let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
                text("application/json", &data.to_string())
            }
            None => {
                return Err(Refusal::invalid_params("Resource not found").with_data(json!({ "uri": uri })));
            }
        },
    };
    Ok(json!({ "contents": [contents] }))
}

fn complete(request: &HandlerRequest) -> Value {
    let begun = request.params["argument"]["value"].as_str().unwrap_or_default();
    let known = ["paris", "park", "party", "test"];
    let values: Vec<_> = known.into_iter().filter(|word| word.starts_with(begun)).collect();
    json!({ "completion": { "values": values, "total": values.len(), "hasMore": false } })
}

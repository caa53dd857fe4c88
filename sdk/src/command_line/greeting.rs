//! What `serve` says when it is up: every address a user needs, and where to paste it.

use std::fmt::Write as _;

use crate::describe::Site;
use crate::plugin::Plugin;
use crate::schema::Profile;

/// Writes the greeting.
pub(super) fn text(plugin: &Plugin, site: &Site) -> String {
    let identity = plugin.identity();
    let base = site.base_url();
    let mut text = format!("{} {} listens on {base}\n\n", identity.shown_title(), identity.version);
    line(&mut text, "LobeChat 1.x", "Plugin Store > Custom Plugin > paste the manifest's URL:");
    line(&mut text, "", &format!("{base}/manifest.json"));
    if let Some(gateway) = &site.gateway {
        line(&mut text, "Gateway", &format!("{gateway} (the manifest names it; nothing to paste)"));
    }
    #[cfg(feature = "mcp")]
    mcp(&mut text, plugin, base.as_str());
    line(&mut text, "Open WebUI", &format!("Settings > Tools > add {base} (it reads {base}/openapi.json)"));
    line(&mut text, "In a browser", &format!("{base}/docs"));
    if let Some(operation) = plugin.operations().first() {
        let example = operation.get_parameters().in_profile(Profile::Portable).example();
        // A quote in a shell's quotes has to step out of them for a moment.
        let example = example.to_string().replace('\'', r"'\''");
        line(&mut text, "By hand", &format!("curl {base}/api/{} --json '{example}'", operation.name()));
    }
    text.push_str("\nCtrl-C stops it.\n");
    text
}

/// Says how MCP clients are configured, in blocks to paste.
#[cfg(feature = "mcp")]
fn mcp(text: &mut String, plugin: &Plugin, base: &str) {
    use serde_json::json;

    let name = &*plugin.identity().identifier;
    let url = format!("{base}/mcp");
    let served = json!({ name: { "type": "http", "url": url } });
    line(text, "LobeHub 2.x", "add an MCP server by importing this (in a container, see --allow-host):");
    line(text, "", &json!({ "mcpServers": served }).to_string());
    line(text, "Cursor", "~/.cursor/mcp.json:");
    line(text, "", &json!({ "mcpServers": { name: { "url": url } } }).to_string());
    line(text, "VS Code", ".vscode/mcp.json:");
    line(text, "", &json!({ "servers": served }).to_string());
    if let Ok(program) = std::env::current_exe() {
        let started = json!({ name: { "command": program.display().to_string(), "args": ["mcp"] } });
        line(text, "Claude", "claude_desktop_config.json starts it by itself:");
        line(text, "", &json!({ "mcpServers": started }).to_string());
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  {label:<13} {value}");
}

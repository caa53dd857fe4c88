//! `manifest.json`: what LobeChat reads when a user installs a plugin.
//!
//! Source: `LobeChatPluginManifest` of `@lobehub/chat-plugin-sdk`; the fields' order is the order they are written in.
//! A manifest is written here, not judged: strangers' manifests are judged by the gateway.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Describes a plugin to LobeChat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Where the JSON Schema of manifests stands, for editors.
    #[serde(rename = "$schema", default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The plugin's name towards machines; part of every tool name that a model sees.
    pub identifier: String,
    /// The version of the manifest format: always `"1"`. The plugin's own version has no place in a manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was made, as a date such as `2026-01-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// A page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// How it is shown to people.
    pub meta: Meta,
    /// What is done with its answers; absent means [`PluginType::Default`].
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<PluginType>,
    /// What the model is told about using it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_role: Option<String>,
    /// The operations a model may call. Empty when `openapi` names them instead.
    pub api: Vec<ManifestApi>,
    /// JSON Schema of what the user has to enter; LobeChat makes a form of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Map<String, Value>>,
    /// The page that shows answers, or that is the plugin for [`PluginType::Standalone`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui: Option<Ui>,
    /// URL of the gateway that calls go to; absent means LobeChat's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<String>,
    /// URL of an OpenAPI document whose operations join `api`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openapi: Option<String>,
}

/// Describes one operation inside a manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManifestApi {
    /// Its name towards the model.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// Where the gateway posts the arguments to; a standalone plugin needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// JSON Schema of the arguments: an object with `properties`.
    pub parameters: Map<String, Value>,
}

/// Says how a plugin is shown to people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// An emoji or the URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// One or two sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// Says what LobeChat does with a plugin's answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginType {
    /// The answer goes back to the model, which writes the reply.
    #[default]
    Default,
    /// The answer is shown as Markdown and ends the turn.
    Markdown,
    /// The plugin is a page of its own; the gateway is never called.
    Standalone,
}

/// Names the page of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ui {
    /// How the page is embedded; absent means [`UiMode::Iframe`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<UiMode>,
    /// Where it is.
    pub url: String,
    /// In pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// In pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
}

/// Says how a plugin's page is embedded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UiMode {
    /// In an iframe.
    #[default]
    Iframe,
    /// As a module; LobeChat removed its support for security reasons, the word is still legal.
    Module,
}

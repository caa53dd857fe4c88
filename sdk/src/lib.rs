#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod json;
pub mod name;
pub mod protocol;
pub mod schema;
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod arguments;
pub mod build;
mod call;
mod caller;
pub mod check;
mod client;
#[cfg(feature = "cli")]
pub mod command_line;
mod comments;
mod context;
mod describe;
mod error;
mod extract;
mod guard;
mod identity;
#[cfg(feature = "mcp")]
pub mod mcp;
mod operation;
mod operations;
mod plugin;
mod reply;
mod rules;
mod secret;
#[cfg(feature = "http")]
pub mod serve;
#[cfg(any(feature = "http", feature = "mcp"))]
mod setting_sources;
mod state;
#[cfg(feature = "http")]
mod threads;

pub use call::{Arguments, Call};
pub use caller::{CallerIdentity, Door};
pub use client::{LogLevel, Progress};
#[cfg(feature = "cli")]
pub use command_line::run;
pub use context::CallContext;
pub use describe::{
    BaseUrl, BaseUrlFault, ManifestMode, OpenApiDocument, OpenApiVersion, Site, UnknownVersion,
};
pub use error::{ArgumentFault, IntoPluginError, PluginError};
pub use extract::{Args, Caller, Context, FromCall, Needs, Settings, State};
pub use identity::Identity;
#[doc = include_str!("docs/lobe_plugin.md")]
pub use lobe_plugin_sdk_macros::lobe_plugin;
pub use operation::{Answer, Function, Hints, Next, Operation};
pub use plugin::Plugin;
pub use protocol::{ErrorType, PluginType, UserSettings};
pub use reply::{
    Binary, Body, Chunks, File, Image, IntoChunk, IntoReply, Link, Markdown, MarkdownStream, Page, Parts,
    Reply, ReplyDescription, ReplyKind, TextStream,
};
pub use secret::Secret;
pub use state::StartError;

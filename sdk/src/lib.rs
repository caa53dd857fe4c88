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
mod call;
pub mod check;
#[cfg(feature = "cli")]
pub mod command_line;
mod comments;
mod describe;
mod error;
mod extract;
mod identity;
mod operation;
mod plugin;
mod reply;
mod rules;
mod secret;
#[cfg(feature = "http")]
pub mod serve;
mod state;

pub use call::{Arguments, Call, Door};
#[cfg(feature = "cli")]
pub use command_line::run;
pub use describe::{BaseUrl, BaseUrlFault, ManifestMode, OpenApiDocument, Site};
pub use error::{ArgumentFault, IntoPluginError, PluginError};
pub use extract::{Args, FromCall, Needs, Settings, State};
pub use identity::Identity;
#[doc = include_str!("docs/lobe_plugin.md")]
pub use lobe_plugin_sdk_macros::lobe_plugin;
pub use operation::{Answer, Function, Operation};
pub use plugin::Plugin;
pub use protocol::{ErrorType, PluginType, UserSettings};
pub use reply::{IntoReply, Markdown, Reply, ReplyDescription, ReplyKind};
pub use secret::Secret;
pub use state::StartError;

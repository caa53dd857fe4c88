//! LobeChat's plugin protocol as data: the words that stand on the wire, and nothing else.
//!
//! One wire object a file. No I/O, no async, no axum, and no name of another room of this crate, so that every
//! other room may lean on this one. The Rust type is the truth; serde reads and writes it.
//!
//! The protocol has no written specification. Its sources are the types of the npm package
//! `@lobehub/chat-plugin-sdk` 1.32.4 and what LobeChat 1.34.6 was seen to send.

mod error;
mod manifest;
mod settings;

pub use error::{ErrorBody, ErrorType};
pub use manifest::{Manifest, ManifestApi, Meta, PluginType, Ui, UiMode};
#[cfg(any(feature = "http", feature = "mcp"))]
pub(crate) use settings::latin1_or_utf8;
pub(crate) use settings::setting_header;
pub use settings::{SETTINGS_HEADER, SettingsFault, UserSettings};

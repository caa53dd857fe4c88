//! The plugin as an MCP server: the same functions as tools, for LobeHub 2.x and every other MCP client.
//!
//! The protocol's types are rmcp's, and this is the only room that names it; its server is not used. That one opens a
//! service and a task for every request of a client without a session, knows of no schema of ours, and serialises what is
//! text already. What is left of the protocol without sessions is small: read a message, call, write the answer.
//!
//! Not here: HTTP, which is [`serve`](crate::serve)'s.

mod answer;
mod dialogue;
mod environment;
mod era;
mod files;
mod handlers;
mod icons;
mod line;
mod message;
mod names;
mod random;
mod server;
mod shorten;
mod stdio;
mod tools;

#[cfg(feature = "http")]
pub(crate) use self::dialogue::Remembered;
#[cfg(feature = "http")]
pub(crate) use self::era::follows_greeting;
pub use self::files::{FileFuture, FileStore, SignedFiles, StoredFile};
pub use self::handlers::{HandlerRequest, Refusal};
#[cfg(feature = "http")]
pub(crate) use self::line::WAITING_MESSAGES;
#[cfg(feature = "http")]
pub(crate) use self::random::text as random_text;
pub use self::server::McpServer;
#[cfg(feature = "http")]
pub(crate) use self::server::{Answered, Arrival, Told};
pub use self::tools::{Tool, ToolFuture, ToolProvider, ToolSet, ToolsFuture, Visitor};

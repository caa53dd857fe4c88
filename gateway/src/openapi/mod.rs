//! OpenAPI services, purely: a document's bytes become operations, and an operation with arguments and credentials a
//! request. Nothing is fetched or sent here.
//!
//! `text → reader/ → model`, then `build/` (requests), `credentials` (whose settings go along) and `convert/` (what a model
//! and a settings form are shown).

mod about;
mod build;
mod bundle;
mod convert;
mod credentials;
mod fault;
mod headers;
mod model;
#[cfg(feature = "cli")]
mod places;
mod pointer;
mod reader;
mod text;

pub(crate) use build::{REQUEST_BODY, Unbuilt, request, rounded};
pub(crate) use convert::{Description, Room, describe, in_json_schema, settings};
pub(crate) use credentials::{Credential, Grant, Granted, WantedToken, grant};
pub(crate) use fault::Fault;
pub(crate) use model::{Document, FILE, KeyPlace, Operation};
#[cfg(feature = "cli")]
pub(crate) use places::{NoYaml, Place, Places};
#[cfg(feature = "cli")]
pub(crate) use text::read as read_text;

#[cfg(test)]
mod tests;

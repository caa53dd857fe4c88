//! OpenAPI services elsewhere: documents by their URL, and what becomes of a manifest that names one.
//!
//! A document is fetched and compiled once and then kept, so that a call costs the same whether it has one operation or
//! a thousand.

mod call;
pub(crate) mod target;
mod token;

use std::sync::Arc;

use http::StatusCode;

use self::token::Tokens;
use super::documents::Documents;
use super::missing::is_told;
use super::slot::{CacheLimits, Missing};
use crate::beside::Beside;
use crate::openapi::{Document, Fault};
use crate::outbound::{Outbound, TargetUrl, Trust, is_url};
use crate::search::Error;
use crate::target::Target;

/// What one byte of a document costs when it is read: the tree of its values, and its operations.
const COST_OF_A_BYTE: u64 = 24;

/// By which calls of services go out: on behalf of whom, and with which tokens.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    outbound: Outbound,
    trust: Trust,
    base_url: Option<TargetUrl>,
    tokens: Arc<Tokens>,
}

/// Documents that were fetched and compiled.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    documents: Arc<Documents<Document, Unreadable>>,
    pub(crate) door: Door,
    beside: Beside,
}

/// Says why a document is of no use.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Unreadable {
    #[error("there is no document: its server answered {0}")]
    Status(StatusCode),
    #[error(transparent)]
    Document(Fault),
}

impl Door {
    pub(crate) fn new(outbound: Outbound, trust: Trust) -> Self {
        Self { outbound, trust, base_url: None, tokens: Arc::default() }
    }

    /// Says where operations are called, instead of where their document says.
    pub(crate) fn moved_to(mut self, base_url: Option<TargetUrl>) -> Self {
        self.base_url = base_url;
        self
    }
}

impl Services {
    pub(crate) fn new(door: Door, limits: CacheLimits, beside: &Beside) -> Self {
        let (outbound, beside) = (door.outbound.clone(), beside.clone());
        let documents = Documents::new(outbound, door.trust, limits, COST_OF_A_BYTE, beside.clone());
        let documents = documents.accepting("application/json, application/yaml");
        Self { documents: Arc::new(documents), door, beside }
    }

    /// Completes a plugin by the OpenAPI document that its manifest names, if it does.
    pub(crate) async fn complete(&self, manifest: Arc<Target>) -> Result<Arc<Target>, Error> {
        self.complete_with(manifest, |target| target).await
    }

    /// Does the same, and lets what becomes of it be changed.
    pub(crate) async fn complete_with(
        &self,
        manifest: Arc<Target>,
        change: impl FnOnce(Target) -> Target,
    ) -> Result<Arc<Target>, Error> {
        let Some(openapi) = manifest.openapi() else { return Ok(manifest) };
        let document = self.document(&openapi.url).await?;
        let make = || change(target::complete(&manifest, &document, &self.door));
        Ok(openapi.completed(&document, &self.beside, make).await?)
    }

    /// Returns the document at a URL.
    pub(crate) async fn document(&self, openapi: &str) -> Result<Arc<Document>, Error> {
        let useless = |reason: String| Error::OpenApiInvalid { openapi: openapi.to_owned(), reason };
        let url = TargetUrl::parse(openapi).map_err(|fault| match is_url(openapi) {
            true => Error::Outbound(fault.into()),
            false => useless("the address of the document is no URL".to_owned()),
        })?;
        let read = |status: StatusCode, text: &[u8]| match status.is_success() {
            true => Document::read(text, &url).map_err(Unreadable::Document),
            false => Err(Unreadable::Status(status)),
        };
        self.documents.get(&url, read).await.map_err(|missing| match missing {
            Missing::Unreachable(error) if is_told(error) => Error::Outbound(error),
            Missing::Unreachable(_) => useless("the document cannot be fetched".to_owned()),
            Missing::Unreadable(reason) => useless(reason.to_string()),
        })
    }
}

//! The OpenAPI document that a manifest names, and what the manifest becomes by it.

use std::sync::{Arc, Mutex, PoisonError};

use super::Target;
use crate::admission::Busy;
use crate::beside::Beside;
use crate::openapi::Document;

/// Names an OpenAPI document, and remembers what the manifest became by it.
#[derive(Debug)]
pub(crate) struct OpenApi {
    /// Where it stands, as the manifest has it.
    pub(crate) url: String,
    completed: Mutex<Option<(Arc<Document>, Arc<Target>)>>,
    /// Is held by whoever completes it, so that nobody else does at the same time.
    completing: tokio::sync::Mutex<()>,
}

impl OpenApi {
    pub(super) fn at(url: String) -> Self {
        Self { url, completed: Mutex::default(), completing: tokio::sync::Mutex::default() }
    }

    /// Returns what the manifest becomes by its document, which is made once for each document there is.
    pub(crate) async fn completed(
        &self,
        document: &Arc<Document>,
        beside: &Beside,
        make: impl FnOnce() -> Target,
    ) -> Result<Arc<Target>, Busy> {
        if let Some(known) = self.known(document) {
            return Ok(known);
        }
        let _one_at_a_time = self.completing.lock().await;
        if let Some(known) = self.known(document) {
            return Ok(known);
        }
        let target = Arc::new(beside.run("a document to describe", make).await?);
        let completed = Some((Arc::clone(document), Arc::clone(&target)));
        *self.completed.lock().unwrap_or_else(PoisonError::into_inner) = completed;
        Ok(target)
    }

    fn known(&self, document: &Arc<Document>) -> Option<Arc<Target>> {
        let completed = self.completed.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, target) = completed.as_ref().filter(|(known, _)| Arc::ptr_eq(known, document))?;
        Some(Arc::clone(target))
    }
}

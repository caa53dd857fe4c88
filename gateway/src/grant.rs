//! What a caller may do at this gateway, as its key says: which plugins it may call, and what it may bring along.
//!
//! It stands in the extensions of an admitted request. A request without one may do everything that the operator lets
//! callers do.

use std::collections::BTreeSet;

use lobe_plugin_sdk::PluginError;

use crate::error::{Error, Failure};

/// Bounds what one caller may do. The default bounds nothing.
///
/// A [`Credential`](lobe_plugin_sdk::serve::Credential) leaves one with the requests that it admits
/// ([`Admitted::extensions`](lobe_plugin_sdk::serve::Admitted)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The plugins it may call; absent: all.
    pub plugins: Option<BTreeSet<String>>,
    /// Whether it may bring manifests of its own.
    pub manifests: bool,
    /// Whether it may name market indexes of its own.
    pub indexes: bool,
    /// Whether its key may stand in the query of the gateway's URL.
    pub in_query: bool,
}

impl Default for Grant {
    fn default() -> Self {
        Self { plugins: None, manifests: true, indexes: true, in_query: false }
    }
}

impl Grant {
    /// Holds a call to the plugins that its caller may call.
    pub(crate) fn admits(&self, identifier: &str) -> Result<(), Error> {
        match &self.plugins {
            Some(plugins) if !plugins.contains(identifier) => {
                Err(Failure::Refused(PluginError::forbidden("[gateway] this key is not for this plugin"))
                    .into())
            }
            _ => Ok(()),
        }
    }
}

//! Tools of several plugins under one name, as the operator chose them.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::filter::Filter;

/// Chooses plugins, and operations of them. Without a word in it, it has all.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Toolset {
    /// The plugins, by identifier. Empty: all.
    pub(crate) plugins: Vec<String>,
    /// Which of their operations are in it, of those that are there at all. A plugin's own tags count for all of them.
    pub(crate) tools: Filter,
}

impl Toolset {
    /// Returns whether a plugin may have operations in it.
    pub(crate) fn has_plugin(&self, identifier: &str) -> bool {
        self.plugins.is_empty() || self.plugins.iter().any(|plugin| plugin == identifier)
    }
}

//! What a document says beside how it is called: its title, and what its operations are filed under.

use serde_json::Value;

use super::model::{Document, Operation};
use super::pointer::items;

impl Document {
    /// Returns what the document says of the service as a whole: `title`, `description`, `version`.
    pub(crate) fn info(&self, member: &str) -> Option<&str> {
        self.root.get("info")?.get(member)?.as_str().filter(|text| !text.is_empty())
    }

    /// Returns what an operation is filed under.
    pub(crate) fn tags(&self, operation: &Operation) -> Vec<String> {
        let (_, described) = operation.place.find(self.tree());
        items(described, "tags").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

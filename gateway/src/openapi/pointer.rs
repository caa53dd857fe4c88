//! Finding one's way in a document: members, and what `$ref` leads to.
//!
//! Only places in the document itself are ever looked at.

use serde_json::{Map, Value};

use super::fault::Fault;

/// How many references are followed from one to the next.
const MAX_HOPS: usize = 32;
/// How long one may be: it is read again for each that leads to it. No path that can be called is longer.
const MAX_REFERENCE: usize = 8 << 10;

/// A document as a tree of values, and the names that it has for itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree<'doc> {
    pub(super) root: &'doc Value,
    /// The URL that the document was read from.
    pub(super) url: &'doc str,
}

impl<'doc> Tree<'doc> {
    /// Follows a value's `$ref`, and that of what it leads to.
    pub(super) fn follow(self, value: &'doc Value) -> Result<&'doc Value, Fault> {
        let mut value = value;
        for _ in 0..MAX_HOPS {
            match reference(value) {
                Some(reference) => value = self.place(reference)?,
                None => return Ok(value),
            }
        }
        Err(Fault::CircularReference)
    }

    /// Follows a value's `$ref` as far as it leads; what leads nowhere is nothing.
    pub(super) fn follow_or_null(self, value: &'doc Value) -> &'doc Value {
        self.follow(value).unwrap_or(&Value::Null)
    }

    /// Finds the place that a reference names.
    pub(super) fn place(self, reference: &str) -> Result<&'doc Value, Fault> {
        let pointer = self.own_fragment(reference).ok_or(Fault::RemoteReference)?;
        if pointer.len() > MAX_REFERENCE {
            return Err(Fault::LostReference);
        }
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        self.root.pointer(&pointer).ok_or(Fault::LostReference)
    }

    /// Returns the fragment of a reference into this document: a bare one, or one behind a name of the document's.
    fn own_fragment(self, reference: &str) -> Option<&str> {
        let (document, fragment) = reference.split_once('#')?;
        let own = self.root.get("$self").and_then(Value::as_str);
        (document.is_empty() || document == self.url || Some(document) == own).then_some(fragment)
    }
}

/// Returns where a value says that something else stands in its place.
pub(super) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// Returns a member that is a text.
pub(super) fn text<'doc>(value: &'doc Value, name: &str) -> Option<&'doc str> {
    value.get(name)?.as_str()
}

/// Returns a member that is `true`.
pub(super) fn is_true(value: &Value, name: &str) -> bool {
    value.get(name) == Some(&Value::Bool(true))
}

/// Returns the items of a member that is a list.
pub(super) fn items<'doc>(value: &'doc Value, name: &str) -> &'doc [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Returns the members of a member that is an object.
pub(super) fn members<'doc>(value: &'doc Value, name: &str) -> Option<&'doc Map<String, Value>> {
    value.get(name)?.as_object()
}

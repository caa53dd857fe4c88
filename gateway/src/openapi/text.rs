//! From a document's bytes to a tree of values: JSON or YAML, whatever the server called it, within a budget.
//!
//! The room that reads with serde-saphyr, the one YAML reader that was found to stay within bounds whatever it is given.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use super::fault::Fault;

/// How deep YAML may be nested: its reader takes more of the stack for a level than that of JSON, which reads 128.
const MAX_DEPTH: usize = 64;
/// The most nodes of a YAML document, aliases followed; the largest real ones have some 400,000.
const MAX_NODES: usize = 1_000_000;
/// The most bytes of scalars in it, aliases followed.
const MAX_SCALARS: usize = 16 << 20;
/// The most nodes that aliases stand for.
const MAX_REPLAYED: usize = 20_000;
/// The most anchors, and aliases of them; reading takes longer for each that there is.
const MAX_ANCHORS: usize = 1_000;

/// Reads a document.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Fault> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| Fault::Unreadable)?;
    match serde_json::from_str(text) {
        Ok(document) => Ok(document),
        // What is broken JSON is no YAML either; the few that write YAML in braces name members without quotes.
        Err(_) if is_json(text) => Err(Fault::Unreadable),
        Err(_) => yaml(text),
    }
}

fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    let rest = text.strip_prefix('{').map(str::trim_start);
    text.starts_with('[') || rest.is_some_and(|rest| rest.starts_with(['"', '}', '{']))
}

fn yaml(text: &str) -> Result<Value, Fault> {
    if text.contains('\0') {
        return Err(Fault::Unreadable);
    }
    from_yaml(text).map_err(|_| Fault::Unreadable)
}

/// Reads YAML within the budget.
pub(super) fn from_yaml<T: DeserializeOwned>(text: &str) -> Result<T, serde_saphyr::Error> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_total_scalar_bytes: MAX_SCALARS,
            max_documents: 1,
            max_anchors: MAX_ANCHORS,
            max_aliases: 10 * MAX_ANCHORS,
            max_merge_keys: 100,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPLAYED },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options)
}

//! The rewrites that profiles are made of: one file each.
//!
//! Every pass is pure, changes nothing when it runs again, and does not depend on the order of an object's keys.
//! A pass may narrow nothing that serde accepts: it leaves out, or it widens. (`closed`, `all_required` and `scalars` do
//! narrow, for clients that refuse anything wider; their profiles only guide what a model writes.) Its order among the
//! others stands in the profile.

pub(crate) mod all_of;
pub(crate) mod all_required;
pub(crate) mod boolean_bounds;
pub(crate) mod booleans;
pub(crate) mod bounds;
pub(crate) mod closed;
pub(crate) mod conditions;
pub(crate) mod constants;
pub(crate) mod dialect;
pub(crate) mod empty_objects;
pub(crate) mod formats;
pub(crate) mod lone_refs;
pub(crate) mod maps;
pub(crate) mod nullable;
pub(crate) mod nulls;
pub(crate) mod numbers;
pub(crate) mod objects;
pub(crate) mod one_example;
pub(crate) mod refs;
pub(crate) mod required;
pub(crate) mod root;
pub(crate) mod scalars;
pub(crate) mod shapes;
pub(crate) mod spoken;
pub(crate) mod string_enums;
pub(crate) mod subset;
pub(crate) mod tuples;
pub(crate) mod types;
pub(crate) mod unions;
pub(crate) mod variants;
pub(crate) mod wide_bounds;

use serde_json::Value;

/// Rewrites a whole schema in place.
pub(crate) type Pass = fn(&mut Value);

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "tables of literals read better")]
fn check(pass: Pass, before: Value, after: Value) {
    let mut schema = before;
    pass(&mut schema);
    assert_eq!(schema, after);
    pass(&mut schema);
    assert_eq!(schema, after, "a second run changes something");
}

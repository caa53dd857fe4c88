//! The bounds of 64-bit integers go: they are true, and say nothing that a model has to know.

use serde_json::Value;

use crate::schema::{Object, walk};

/// 2^53: from here on JavaScript, and with it most clients, cannot count exactly any more.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    for keyword in ["maximum", "minimum"] {
        if schema.get(keyword).is_some_and(is_wide) {
            schema.remove(keyword);
        }
    }
}

/// Tells a bound that is only the end of a type.
pub(crate) fn is_wide(bound: &Value) -> bool {
    bound.as_f64().is_some_and(|bound| bound.abs() >= EXACT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_wide_bounds_go() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"minimum": 0, "maximum": u64::MAX}), json!({"minimum": 0}));
        check(json!({"items": {"minimum": i64::MIN, "maximum": i64::MAX}}), json!({"items": {}}));
        check(json!({"minimum": -5, "maximum": i32::MAX}), json!({"minimum": -5, "maximum": i32::MAX}));
    }
}

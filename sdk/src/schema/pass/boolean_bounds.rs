//! `exclusiveMinimum` and `exclusiveMaximum` are truth values beside `minimum` and `maximum` in OpenAPI 3.0, which
//! follows an older draft (<https://spec.openapis.org/oas/v3.0.3#schema-object>).

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    join(schema, "exclusiveMinimum", "minimum", Ordering::Greater);
    join(schema, "exclusiveMaximum", "maximum", Ordering::Less);
}

/// Makes one bound of two: the inclusive one counts where it is narrower than the exclusive one.
fn join(schema: &mut Object, exclusive: &str, inclusive: &str, narrower: Ordering) {
    let Some(Value::Number(bound)) = schema.get(exclusive).cloned() else { return };
    schema.remove(exclusive);
    let known = schema.get(inclusive).and_then(Value::as_f64);
    if known.is_some_and(|known| known.partial_cmp(&as_f64(&bound)) == Some(narrower)) {
        return;
    }
    schema.insert(inclusive.to_owned(), Value::Number(bound));
    schema.insert(exclusive.to_owned(), Value::Bool(true));
}

fn as_f64(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn exclusive_bounds_are_truth_values() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(json!({"exclusiveMinimum": 0}), json!({"minimum": 0, "exclusiveMinimum": true}));
        check(json!({"exclusiveMaximum": 1.5}), json!({"maximum": 1.5, "exclusiveMaximum": true}));
        check(json!({"exclusiveMinimum": 0, "minimum": 1}), json!({"minimum": 1}));
        check(json!({"exclusiveMaximum": 5, "maximum": 5}), json!({"maximum": 5, "exclusiveMaximum": true}));
    }
}

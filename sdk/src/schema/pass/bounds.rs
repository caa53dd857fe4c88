//! Exclusive bounds, `multipleOf` and `uniqueItems` are unknown to Gemini
//! (<https://github.com/weave-os/router/pull/65>, <https://github.com/ahmadrosid/nakama/issues/292>): whole numbers
//! get inclusive bounds instead, the rest becomes words.

use serde_json::{Number, Value};

use crate::schema::note::note;
use crate::schema::{Object, walk};

pub(crate) fn apply(schema: &mut Value) {
    walk::each_object(schema, rewrite);
}

fn rewrite(schema: &mut Object) {
    let whole = schema.get("type").is_some_and(|name| name == "integer");
    if let Some(Value::Number(bound)) = schema.remove("exclusiveMinimum") {
        match next_whole(&bound, Side::Above).filter(|_| whole) {
            Some(least) => narrow(schema, "minimum", least, |ours, theirs| ours > theirs),
            None => note(schema, &format!("Must be greater than {bound}.")),
        }
    }
    if let Some(Value::Number(bound)) = schema.remove("exclusiveMaximum") {
        match next_whole(&bound, Side::Below).filter(|_| whole) {
            Some(most) => narrow(schema, "maximum", most, |ours, theirs| ours < theirs),
            None => note(schema, &format!("Must be less than {bound}.")),
        }
    }
    if let Some(Value::Number(step)) = schema.remove("multipleOf") {
        note(schema, &format!("Must be a multiple of {step}."));
    }
    if schema.remove("uniqueItems") == Some(Value::Bool(true)) {
        note(schema, "Items must be unique.");
    }
}

#[derive(Clone, Copy)]
enum Side {
    Above,
    Below,
}

/// The nearest whole number beyond a bound, where it can be told exactly.
fn next_whole(bound: &Number, side: Side) -> Option<Number> {
    if let Some(bound) = bound.as_i128() {
        let next = match side {
            Side::Above => bound + 1,
            Side::Below => bound - 1,
        };
        return Number::from_i128(next);
    }
    let bound = bound.as_f64().filter(|bound| bound.abs() < 9e15)?;
    let next = match side {
        Side::Above => bound.floor() + 1.0,
        Side::Below => bound.ceil() - 1.0,
    };
    Some(Number::from(next as i64))
}

/// Sets a bound unless the one that stands there is as narrow.
fn narrow(schema: &mut Object, keyword: &str, bound: Number, narrower: fn(f64, f64) -> bool) {
    let known = schema.get(keyword).and_then(Value::as_f64);
    let narrows = |known: f64| bound.as_f64().is_some_and(|bound| narrower(bound, known));
    if known.is_none_or(narrows) {
        schema.insert(keyword.to_owned(), Value::Number(bound));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_are_inclusive_or_words() {
        let check = |before, after| crate::schema::pass::check(apply, before, after);
        check(
            json!({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}),
            json!({"type": "integer", "minimum": 1, "maximum": 9}),
        );
        check(
            json!({"type": "integer", "exclusiveMinimum": 0.5, "exclusiveMaximum": -0.5}),
            json!({"type": "integer", "minimum": 1, "maximum": -1}),
        );
        check(
            json!({"type": "integer", "minimum": 5, "exclusiveMinimum": 0}),
            json!({"type": "integer", "minimum": 5}),
        );
        check(
            json!({"type": "integer", "exclusiveMinimum": u64::MAX}),
            json!({"type": "integer", "description": "Must be greater than 18446744073709551615."}),
        );
        check(
            json!({"type": "number", "exclusiveMinimum": 0.5, "description": "Width"}),
            json!({"type": "number", "description": "Width\nMust be greater than 0.5."}),
        );
        check(
            json!({"type": "integer", "multipleOf": 5}),
            json!({"type": "integer", "description": "Must be a multiple of 5."}),
        );
        check(
            json!({"type": "array", "uniqueItems": true, "description": "Items must be unique."}),
            json!({"type": "array", "description": "Items must be unique."}),
        );
        check(json!({"type": "array", "uniqueItems": false}), json!({"type": "array"}));
    }
}

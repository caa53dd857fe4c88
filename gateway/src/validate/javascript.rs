//! Reads JSON values as JavaScript would: as numbers, as text, and in the order of its objects.
//!
//! The edge is written in JavaScript and its words show it: `minimum: "5"` is a limit, `1e21` is printed
//! `1e+21`, and members named like array indexes come first. Equality lives in `equality`.

/// Names a value as the edge does: `integer` is not a kind of its own.
pub(super) use lobe_plugin_sdk::json::type_name as kind;
use serde_json::{Map, Number, Value};

/// Reads a number as the double that `JSON.parse` makes of it, so 2^53 + 1 is 2^53.
pub(super) fn double(number: &Number) -> f64 {
    number.as_f64().unwrap_or(f64::NAN)
}

/// Converts as `Number(value)` does, ECMA-262 section 7.1.4; comparisons do so too.
pub(super) fn to_number(value: &Value) -> f64 {
    match value {
        Value::Null => 0.0,
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Number(number) => double(number),
        Value::String(text) => text_to_number(text),
        Value::Array(_) => text_to_number(&to_text(value)),
        Value::Object(_) => f64::NAN,
    }
}

fn text_to_number(text: &str) -> f64 {
    let text = text.trim_matches(jsonschema_regex::is_ecma_whitespace);
    match text {
        "" => 0.0,
        "Infinity" | "+Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        // Rust would also take `inf` and `nan`, which JavaScript does not.
        _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) => {
            text.parse().unwrap_or(f64::NAN)
        }
        _ => radix_to_number(text),
    }
}

fn radix_to_number(text: &str) -> f64 {
    let radix = match text.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => return f64::NAN,
    };
    let digits = &text[2..];
    if digits.is_empty() {
        return f64::NAN;
    }
    let add = |sum: f64, digit: char| digit.to_digit(radix).map(|d| sum * f64::from(radix) + f64::from(d));
    digits.chars().try_fold(0.0, add).unwrap_or(f64::NAN)
}

/// Converts as a template literal does, ECMA-262 section 7.1.17.
pub(super) fn to_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number_text(double(number)),
        Value::String(text) => text.clone(),
        Value::Array(items) => join(items, ","),
        Value::Object(_) => "[object Object]".to_owned(),
    }
}

/// Joins as `Array.prototype.join` does: `null` is nothing.
pub(super) fn join(items: &[Value], separator: &str) -> String {
    let item = |item: &Value| if item.is_null() { String::new() } else { to_text(item) };
    items.iter().map(item).collect::<Vec<_>>().join(separator)
}

/// Says whether JavaScript takes a value for true.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => double(number) != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// Prints a double as ECMA-262 section 6.1.6.1.20 says.
pub(crate) fn number_text(number: f64) -> String {
    if number == 0.0 {
        return "0".to_owned();
    }
    if !number.is_finite() {
        return number.to_string().replace("inf", "Infinity");
    }
    let scientific = format!("{:e}", number.abs());
    // Cannot fail because `{:e}` always prints an `e` and an integer behind it.
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let exponent = exponent.parse().unwrap_or(0);
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{}", place_point(&digits, exponent))
}

fn place_point(digits: &str, exponent: i32) -> String {
    let count = digits.len();
    let width = usize::try_from(exponent.unsigned_abs()).unwrap_or(0);
    match exponent {
        0..=20 if count <= width + 1 => format!("{digits}{}", "0".repeat(width + 1 - count)),
        0..=20 => format!("{}.{}", &digits[..=width], &digits[width + 1..]),
        -6..=-1 => format!("0.{}{digits}", "0".repeat(width - 1)),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            let rest = if count > 1 { format!(".{}", &digits[1..]) } else { String::new() };
            format!("{}{rest}e{sign}{width}", &digits[..1])
        }
    }
}

/// Prints a value as `JSON.stringify` does.
pub(crate) fn stringify(value: &Value) -> String {
    match value {
        Value::Number(number) => number_text(double(number)),
        Value::Array(items) => format!("[{}]", items.iter().map(stringify).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let member = |(name, value): (&str, &Value)| format!("{}:{}", quote(name), stringify(value));
            format!("{{{}}}", in_order(members).into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        Value::String(text) => quote(text),
        Value::Null | Value::Bool(_) => value.to_string(),
    }
}

fn quote(text: &str) -> String {
    Value::from(text).to_string()
}

/// Lists members in JavaScript's order: array indexes first, ascending, then as written
/// (ECMA-262 section 10.1.11.1).
pub(super) fn in_order(members: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut listed: Vec<_> = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
    if members.keys().any(|name| array_index(name).is_some()) {
        listed.sort_by_key(|(name, _)| array_index(name).unwrap_or(u32::MAX));
    }
    listed
}

fn array_index(name: &str) -> Option<u32> {
    let canonical = name == "0" || (name.starts_with(|c: char| matches!(c, '1'..='9')) && name.len() <= 10);
    canonical.then(|| name.parse().ok()).flatten().filter(|index| *index < u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_print_as_in_javascript() {
        let cases = [
            (1.0, "1"),
            (-0.0, "0"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-7"),
            (0.000001, "0.000001"),
            (123.456, "123.456"),
            (-1.25e25, "-1.25e+25"),
            (9_007_199_254_740_993_f64, "9007199254740992"),
        ];
        for (number, expected) in cases {
            assert_eq!(number_text(number), expected);
        }
    }

    #[test]
    fn values_become_numbers_as_in_javascript() {
        assert_eq!(to_number(&json!("0x10")), 16.0);
        assert_eq!(to_number(&json!(" 5 ")), 5.0);
        assert_eq!(to_number(&json!([7])), 7.0);
        assert_eq!(to_number(&json!(true)), 1.0);
        assert!(to_number(&json!("inf")).is_nan());
        assert!(to_number(&json!({})).is_nan());
    }
}

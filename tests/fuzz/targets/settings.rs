//! The settings header: what comes in, and what goes on to a plugin elsewhere, which must mean the same.

#![no_main]

use axum::http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::__fuzzing as gateway;
use lobe_plugin_sdk::serve;
use serde_json::Value;

fuzz_target!(|header: &[u8]| within_a_second(|| hand_on(header)));

fn hand_on(header: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(header) else { return };
    let headers = HeaderMap::from_iter([("x-lobe-plugin-settings".parse().unwrap(), value)]);
    let Ok(settings) = serve::read_settings(&headers, &serve::Limits::default()) else { return };
    let written = gateway::write_settings(&settings);
    let text = written.to_str().expect("the header that goes on is visible ASCII");
    let read: Value = serde_json::from_str(text).expect("the header that goes on is JSON");
    let sent = Value::Object(settings.expose().clone());
    assert!(means_the_same(&sent, &read), "{sent} goes on as {text}");
}

/// Compares as JavaScript would, on whose account a number is a double. serde_json reads one that may be the neighbour of
/// the nearest, each time that it is read.
fn means_the_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => is_near(left.as_f64(), right.as_f64()),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| means_the_same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let agrees = |(name, value)| right.get(name).is_some_and(|other| means_the_same(value, other));
            left.len() == right.len() && left.iter().all(agrees)
        }
        _ => left == right,
    }
}

fn is_near(left: Option<f64>, right: Option<f64>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return false };
    (left - right).abs() <= 2.0 * f64::EPSILON * left.abs().max(f64::MIN_POSITIVE)
}

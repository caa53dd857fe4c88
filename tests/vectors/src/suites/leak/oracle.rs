//! Whether what the operator lent can be guessed by what callers are answered: the same calls of gateways that differ in
//! nothing but that.

use std::time::Duration;

use regex_lite::Regex;
use serde_json::{Value, json};

use super::plan::{Call, Plan};
use super::sinks::Sinks;
use super::{OPERATOR, PATIENCE, judge};
use crate::documents;
use crate::gateway::Gateway;
use crate::gateway::config::{Needs, Pin};
use crate::stage::Stage;
use crate::suites::welch;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use crate::world::journal::Seen;

/// How many guesses are tried, and how often a call is timed, unless the run is a long one.
const TRIES: usize = 400;
/// The headers that are another from answer to answer.
const CHANGING: [&str; 3] = ["date", "x-request-id", "traceparent"];

/// Returns whether a vector asks this.
pub(super) fn is_asked(vector: &Vector) -> bool {
    let expect = vector.expect().as_object();
    vector.group == "oracle" || expect.into_iter().flatten().any(|(name, _)| is_member(name))
}

/// Returns whether a member of an expectation is judged here.
pub(super) fn is_member(name: &str) -> bool {
    let words = ["oracle", "identical", "same", "equal", "differ", "statistic", "distinguish"];
    words.iter().any(|word| name.contains(word))
}

/// Returns whether a member of a setup may list what the operator lends.
pub(super) fn names_values(name: &str) -> bool {
    name.contains("value") || name.contains("operator")
}

/// Runs a vector.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let mut vector = vector.clone();
    let tries = if stage.long { 10_000 } else { TRIES };
    let guesses = guesses(&vector, tries);
    if guesses.is_some() || is_timed(&vector) {
        // The words say how often, and what is called is any call.
        vector.put("call", json!("call"));
    }
    let plan = Plan::of(&vector)?;
    let calls = guesses.unwrap_or_else(|| plan.calls.clone());
    stage.world.set(plan.scene.clone(), &vector.ports()).await?;
    let values = values(&vector);
    let mut gateways = Vec::new();
    for value in &values {
        gateways.push(stage.fresh(&lending(&plan.needs, value)).await?);
    }
    let mut faults = Faults::default();
    let mut last = Answer::default();
    for call in &calls {
        let first = post(&gateways[0], call).await;
        for (gateway, value) in gateways.iter().zip(&values).skip(1) {
            let other = post(gateway, call).await;
            faults.unless(told(&first) == told(&other), || {
                format!("{} for {}, {} for {value}", first.summary(), values[0], other.summary())
            });
        }
        last = first;
    }
    faults.unless(last.status > 0, || format!("there was {}", last.summary()));
    let sinks = Sinks::gather(&gateways[0], stage, &last).await;
    judge(&vector, &last, &sinks, &Seen::default(), &mut faults)?;
    if is_timed(&vector) {
        time(&gateways, &calls[0], tries, &mut faults).await;
    }
    Ok(faults)
}

async fn post(gateway: &Gateway, call: &Call) -> Answer {
    gateway.post(&call.headers, &call.body, PATIENCE).await
}

/// Returns all of an answer that tells anything.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, &[u8]) {
    let mut headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    headers.retain(|(name, _)| !CHANGING.contains(&name.as_str()));
    (answer.status, headers, &answer.body)
}

/// What the operator lends: what the vector's words quote or list, or two values of different lengths.
fn values(vector: &Vector) -> Vec<Value> {
    let words = vector.expect().to_string();
    let quoted: Vec<Value> = words.split('\'').skip(1).step_by(2).map(Value::from).collect();
    let listed = vector.member("setup").as_object().into_iter().flatten();
    let listed = listed.filter(|(name, _)| names_values(name));
    let listed = listed.filter_map(|(_, list)| list.as_array()).find(|list| list.len() > 1);
    match listed {
        Some(list) => list.clone(),
        None if quoted.len() > 1 => quoted,
        None => vec![OPERATOR.into(), "X".into()],
    }
}

/// The same needs, with another value lent: a text in the place of every text, whole settings in that of all.
fn lending(needs: &Needs, value: &Value) -> Needs {
    let mut needs = needs.clone();
    if needs.pins.is_empty() {
        needs.pins.push(super::plan::good_plugin(json!({ "API_KEY": OPERATOR })));
    }
    let replace = |pin: &mut Pin| match value {
        Value::Object(_) => pin.settings = value.clone(),
        Value::Null => pin.settings = json!({}),
        _ => pin
            .settings
            .as_object_mut()
            .into_iter()
            .flatten()
            .for_each(|(_, setting)| *setting = value.clone()),
    };
    needs.pins.iter_mut().for_each(replace);
    needs
}

/// `10000 random caller manifests`: schemas that ask for everything that may be asked of a setting.
fn guesses(vector: &Vector, most: usize) -> Option<Vec<Call>> {
    let many = Regex::new(r"(\d[\d,_ ]*) .*(?:manifest|schema|pattern|probe|guess)")
        .expect("cannot fail because it is a constant");
    let count: String =
        many.captures(vector.text("call")?)?[1].chars().filter(char::is_ascii_digit).collect();
    let count: usize = count.parse().ok()?;
    Some((0..count.min(most)).map(guess).collect())
}

/// One of many guesses at what is in a setting.
fn guess(number: usize) -> Call {
    let character = char::from(b"OPERATOR-SECRET-7f3aX"[number / 10 % 21]);
    let asked = match number % 10 {
        0 => json!({ "pattern": format!("^{character}") }),
        1 => json!({ "pattern": format!("{character}$") }),
        2 => json!({ "minLength": number / 10 }),
        3 => json!({ "maxLength": number / 10 }),
        4 => json!({ "const": if number % 20 == 4 { OPERATOR } else { "X" } }),
        5 => json!({ "enum": ["X", OPERATOR] }),
        6 => json!({ "not": { "pattern": format!("{character}") } }),
        7 => json!({ "type": (["string", "number", "null"][number / 10 % 3]) }),
        8 => json!({ "format": "uri", "contentEncoding": "base64" }),
        _ => json!(false),
    };
    let mut manifest = documents::manifest("known", "https://evil.vec.test/x");
    manifest["settings"] = json!({ "type": "object", "properties": { "API_KEY": asked } });
    if number.is_multiple_of(3) {
        manifest["settings"]["required"] = json!(["API_KEY"]);
    }
    let body = documents::call(&manifest, "{}").to_string().into_bytes();
    Call { headers: Vec::new(), body }
}

fn is_timed(vector: &Vector) -> bool {
    let text = format!("{} {}", vector.member("call"), vector.expect()).to_ascii_lowercase();
    ["timing", "welch", "statistic"].iter().any(|word| text.contains(word))
}

/// Compares how long the first two take, in turns.
async fn time(gateways: &[Gateway], call: &Call, tries: usize, faults: &mut Faults) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..tries {
        for (gateway, times) in gateways.iter().zip(&mut times) {
            times.push(
                gateway.post(&call.headers, &call.body, Duration::from_secs(5)).await.elapsed.as_secs_f64()
                    * 1e6,
            );
        }
    }
    let t = welch::compare(&times[0], &times[1]);
    faults.unless_in_time(t.abs() < welch::MOST, || format!("Welch's t is {t:.1}"));
}

//! Compares both modules with what the JavaScript packages said, case by case, to the letter.
//!
//! The cases are data, written by `generate-cases.mjs`; those with a `deviation` say why we answer otherwise.

use lobe_plugin_gateway::shape::{self, ShapeError};
use lobe_plugin_gateway::validate::{CheckError, Validator};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct ValidateCase {
    group: String,
    schema: Value,
    instance: Value,
    expected: Value,
    ours: Option<Value>,
    deviation: Option<String>,
}

#[derive(Deserialize)]
struct ShapeCase {
    shape: String,
    document: Value,
    expected: Option<String>,
}

fn answer(case: &ValidateCase) -> Value {
    match Validator::new(&case.schema).check(&case.instance) {
        Ok(()) => Value::Array(Vec::new()),
        Err(CheckError::Invalid(findings)) => serde_json::to_value(findings).unwrap(),
        Err(CheckError::Broken(_)) => "broken".into(),
        Err(CheckError::TooCostly) => "too costly".into(),
    }
}

#[test]
fn findings_are_those_of_the_edge() {
    let cases: Vec<ValidateCase> = serde_json::from_str(include_str!("../data/validate-cases.json")).unwrap();
    let mut wrong = 0;
    for case in &cases {
        assert_eq!(case.ours.is_some(), case.deviation.is_some(), "every deviation has a reason");
        let expected = case.ours.as_ref().unwrap_or(&case.expected);
        let answer = answer(case);
        // As text, because the order of keys counts.
        let texts = [answer.to_string(), expected.to_string()];
        if texts[0] != texts[1] {
            wrong += 1;
            println!(
                "{}: {} | {}\n  want {expected}\n  have {answer}",
                case.group, case.schema, case.instance
            );
        }
    }
    assert_eq!(wrong, 0, "of {} cases", cases.len());
}

#[test]
fn issues_are_those_of_zod() {
    let cases: Vec<ShapeCase> = serde_json::from_str(include_str!("../data/shape-cases.json")).unwrap();
    let mut wrong = 0;
    for case in &cases {
        let judge: fn(&Value) -> Result<(), ShapeError> = match case.shape.as_str() {
            "payload" => shape::payload,
            "manifest" => shape::manifest,
            "market_index" => shape::market_index,
            "market_entry" => shape::market_entry,
            other => panic!("unknown shape {other}"),
        };
        let answer = judge(&case.document).err().map(|error| serde_json::to_string(&error).unwrap());
        if answer != case.expected {
            wrong += 1;
            println!("{} {}\n  want {:?}\n  have {answer:?}", case.shape, case.document, case.expected);
        }
    }
    assert_eq!(wrong, 0, "of {} cases", cases.len());
}

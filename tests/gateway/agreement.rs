//! Asks a second, independent validator whether it agrees about what is valid, over the generated cases.
//!
//! Only about validity: its words are its own. Formats are off. Every disagreement has to be explained below.

use lobe_plugin_gateway::validate::Validator;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    group: String,
    schema: Value,
    instance: Value,
}

type Explanation = (&'static str, fn(&Case) -> bool);

/// Explains why the two validators may disagree about a case; each is a habit of the edge.
const EXPLANATIONS: [Explanation; 2] = [
    ("to the edge {} equals [] if the object is on the left", |case| {
        let compares = ["const", "enum", "uniqueItems"].iter().any(|keyword| says(case, keyword));
        compares && case.instance.to_string().contains("{}")
    }),
    ("the edge knows `prefixItems`, which draft 2019-09 does not", |case| says(case, "prefixItems")),
];

const GROUPS: [&str; 20] = [
    "generated",
    "boolean",
    "type",
    "const",
    "enum",
    "not",
    "anyOf",
    "allOf",
    "oneOf",
    "condition",
    "required",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "dependencies",
    "items",
    "contains",
    "uniqueItems",
    "unevaluated",
];

fn says(case: &Case, keyword: &str) -> bool {
    case.schema.to_string().contains(keyword)
}

#[test]
fn a_second_validator_agrees() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../data/validate-cases.json")).unwrap();
    let (mut agreed, mut refused) = (0, 0);
    let mut explained = vec![0; EXPLANATIONS.len()];
    let mut unexplained = 0;
    for case in cases.iter().filter(|case| GROUPS.contains(&case.group.as_str())) {
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft201909);
        let Ok(other) = options.should_validate_formats(false).build(&case.schema) else {
            // It checks schemas against the meta-schema first; the edge does not.
            refused += 1;
            continue;
        };
        let ours = Validator::new(&case.schema).check(&case.instance).is_ok();
        if ours == other.is_valid(&case.instance) {
            agreed += 1;
        } else if let Some(index) = EXPLANATIONS.iter().position(|(_, explains)| explains(case)) {
            explained[index] += 1;
            println!("({index}) {} | {} we say {ours}", case.schema, case.instance);
        } else {
            unexplained += 1;
            println!("UNEXPLAINED {}: {} | {} we say {ours}", case.group, case.schema, case.instance);
        }
    }
    println!("{agreed} agree, {refused} refused, {unexplained} unexplained");
    for ((reason, _), count) in EXPLANATIONS.iter().zip(&explained) {
        println!("{count:4} {reason}");
    }
    assert_eq!(unexplained, 0);
    assert!(agreed > 1000);
}

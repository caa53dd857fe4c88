//! Shows that no schema, however hostile, hangs a check, exhausts the stack, or answers without measure.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use lobe_plugin_gateway::validate::{CheckError, SchemaLimits, Validator};
use serde_json::{Value, json};

/// Runs on a stack of one MiB, half of what a thread has.
fn check(schema: Value, instance: Value) -> Result<(), CheckError> {
    let work = move || {
        let start = Instant::now();
        let verdict = Validator::new(&schema).check(&instance);
        assert!(start.elapsed() < Duration::from_secs(10), "took {:?}", start.elapsed());
        verdict
    };
    std::thread::Builder::new().stack_size(1 << 20).spawn(work).unwrap().join().unwrap()
}

fn nested(depth: usize, open: &str, inner: &str, close: &str) -> Value {
    serde_json::from_str(&format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))).unwrap()
}

#[test]
fn a_schema_that_is_itself_is_too_costly() {
    assert_eq!(check(json!({"$ref": "#"}), json!(1)), Err(CheckError::TooCostly));
    assert_eq!(check(json!({"allOf": [{"$ref": "#"}]}), json!({})), Err(CheckError::TooCostly));
    assert_eq!(check(json!({"not": {"$ref": "#"}}), json!({})), Err(CheckError::TooCostly));
}

#[test]
fn every_way_of_nesting_stays_within_the_stack() {
    let ways = [
        json!({"$ref": "#"}),
        json!({"$recursiveRef": "#"}),
        json!({"not": {"$ref": "#"}}),
        json!({"anyOf": [{"$ref": "#"}]}),
        json!({"if": {"$ref": "#"}}),
        json!({"dependentSchemas": {"a": {"$ref": "#"}}}),
        json!({"dependencies": {"a": {"$ref": "#"}}}),
    ];
    for schema in ways {
        assert_eq!(check(schema.clone(), json!({"a": 1})), Err(CheckError::TooCostly), "{schema}");
    }
    let objects = nested(80, "{\"a\":", "1", "}");
    let arrays = nested(80, "[", "1", "]");
    for (schema, instance) in [
        (json!({"properties": {"a": {"$ref": "#"}}}), &objects),
        (json!({"patternProperties": {"a": {"$ref": "#"}}}), &objects),
        (json!({"additionalProperties": {"$ref": "#"}}), &objects),
        (json!({"unevaluatedProperties": {"allOf": [{"$ref": "#"}]}}), &objects),
        (json!({"items": {"$ref": "#"}}), &arrays),
        (json!({"items": [{"anyOf": [{"$ref": "#"}]}]}), &arrays),
        (json!({"contains": {"$ref": "#"}}), &arrays),
    ] {
        let verdict = check(schema.clone(), instance.clone());
        assert_ne!(verdict, Err(CheckError::TooCostly), "{schema}");
    }
}

#[test]
fn doubling_is_too_costly() {
    let mut definitions = serde_json::Map::new();
    for level in 0..40 {
        let next = json!({"$ref": format!("#/$defs/{}", level + 1)});
        definitions.insert(level.to_string(), json!({"allOf": [next, next]}));
    }
    definitions.insert("40".to_owned(), json!(true));
    let schema = json!({"$ref": "#/$defs/0", "$defs": definitions});
    assert_eq!(check(schema, json!(1)), Err(CheckError::TooCostly));
}

#[test]
fn long_answers_are_too_costly() {
    let name = "x".repeat(1 << 16);
    let branches: Vec<Value> = (0..1000).map(|_| json!({"properties": {&name: false}})).collect();
    assert_eq!(check(json!({"anyOf": branches}), json!({&name: 1})), Err(CheckError::TooCostly));
}

#[test]
fn unique_items_are_found_quickly() {
    let unique: Vec<Value> = (0..50_000).map(|number| json!({"number": number})).collect();
    assert_eq!(check(json!({"uniqueItems": true}), json!(unique)), Ok(()));
    let mut doubled = unique;
    doubled.push(json!({"number": 49_999}));
    let Err(CheckError::Invalid(findings)) = check(json!({"uniqueItems": true}), json!(doubled)) else {
        panic!("the double was not found");
    };
    assert_eq!(findings[0].error, "Duplicate items at indexes 49999 and 50000.");
}

/// More findings than are kept are findings all the same: what they are about does not fit.
#[test]
fn what_nobody_words_any_more_still_does_not_fit() {
    let check = |schema: Value, instance: &Value, fits: bool| {
        assert_eq!(check(schema.clone(), instance.clone()).is_ok(), fits, "{schema}");
    };
    let many = Vec::from_iter(0..700);
    let names: Vec<_> = many.iter().map(ToString::to_string).collect();
    let members = Value::from_iter(names.iter().map(|name| (name.clone(), Value::from(1))));
    let consts: Vec<_> = many.iter().map(|number| json!({ "const": number })).collect();
    check(json!({ "contains": { "const": -1 } }), &json!(many), false);
    check(json!({ "contains": { "const": 699 } }), &json!(many), true);
    check(json!({ "anyOf": [{ "additionalProperties": false }, { "type": "null" }] }), &members, false);
    check(json!({ "anyOf": [{ "required": names }, { "type": "null" }] }), &json!({}), false);
    check(json!({ "anyOf": consts }), &json!(-1), false);
    check(json!({ "oneOf": consts }), &json!(699), true);
    check(json!({ "not": { "anyOf": consts } }), &json!(-1), true);
    check(json!({ "if": { "required": names }, "then": true, "else": false }), &json!({}), false);
    let Err(CheckError::Invalid(findings)) = self::check(json!({ "anyOf": consts }), json!(-1)) else {
        panic!("-1 is none of them");
    };
    assert_eq!(findings.len(), 500);
}

#[test]
fn patterns_are_bounded() {
    let text = format!("{}!", "a".repeat(30_000));
    let verdict = check(json!({"pattern": "^(a+)+$"}), json!(text));
    assert!(matches!(verdict, Err(CheckError::Invalid(_))), "linear engines do not mind");
    let costly = [
        ("^(?=x|(a+)+$).*", "a".repeat(20_000) + "!"),
        ("(?<=(a|aa)+)b", "a".repeat(2_100)),
        ("^(a|aa)+\\1!?$", "a".repeat(64) + "?"),
        ("a{5000}{5000}", "a".to_owned()),
        ("(?:\\w{500}){500}", "a".to_owned()),
    ];
    for (pattern, text) in costly {
        let verdict = check(json!({"pattern": pattern}), json!(text));
        println!("{pattern}: {verdict:?}");
        assert_eq!(
            matches!(verdict, Err(CheckError::Broken(_))),
            pattern.ends_with("000}") || pattern.ends_with("500}"),
            "{pattern}"
        );
    }
    // Few enough letters for every step to look at all of them, once and not a hundred times.
    let looking = json!({ "pattern": "(?=a*b)a" });
    assert!(matches!(check(looking.clone(), json!("a".repeat(2_000))), Err(CheckError::Invalid(_))));
    let many = json!({ "items": looking });
    assert_eq!(check(many, json!(vec!["a".repeat(2_000) + "b"; 10])), Err(CheckError::TooCostly));
    let heavy = check(json!({"pattern": "^(?:[^a]|a.{0,800}b){1,8}$"}), json!("ab".repeat(200_000)));
    println!("heavy: {heavy:?}");
}

#[test]
fn a_great_many_patterns_are_more_than_anybody_judges_by() {
    let mut schema = String::from("{\"allOf\":[true");
    for number in 0..20_000 {
        write!(schema, ",{{\"pattern\":\"\\\\w{{{number}}}\"}}").unwrap();
    }
    schema.push_str("]}");
    let verdict = check(serde_json::from_str(&schema).unwrap(), json!("a"));
    let Err(CheckError::Broken(finding)) = verdict else { panic!("{verdict:?}") };
    assert_eq!(finding.error, "The pattern is too large to judge by.");
}

#[test]
fn schemas_of_strangers_are_bounded_by_what_they_are() {
    let limits = SchemaLimits::default();
    let check = |schema: Value, error: &str| {
        let Err(CheckError::Broken(finding)) = Validator::within(&limits, &schema).map(drop) else {
            panic!("no error, where `{error}` is expected")
        };
        assert_eq!(finding.error, error);
    };
    let many: Vec<Value> = (0..10_000).map(|number| json!({ "minimum": number })).collect();
    check(json!({ "allOf": many }), "The schema has more than 10000 schemas within it.");
    let many: Vec<Value> = (0..1_001).map(|_| json!({ "$ref": "#/$defs/a" })).collect();
    check(json!({ "$defs": { "a": true }, "anyOf": many }), "The schema has more than 1000 references.");
    let link = |number: u32| {
        let next = json!({ "$ref": format!("#/$defs/d{}", number + 1) });
        (format!("d{number}"), json!({ "anyOf": [next, next] }))
    };
    let mut chain: serde_json::Map<String, Value> = (0..30).map(link).collect();
    chain.insert("d30".to_owned(), json!({ "type": "string" }));
    let doubling = json!({ "$ref": "#/$defs/d0", "$defs": chain });
    check(doubling, "The schema has more than 100000 ways through its references.");
    let tree = json!({ "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" } } });
    assert!(Validator::within(&limits, &tree).is_ok(), "what leads back is no way");
}

#[test]
fn a_schema_without_sense_is_broken_where_it_is_reached() {
    let schema = json!({"properties": {"a": {"pattern": "("}, "b": {"$ref": "#/nowhere"}}});
    assert_eq!(check(schema.clone(), json!({})), Ok(()));
    let Err(CheckError::Broken(finding)) = check(schema.clone(), json!({"a": "x"})) else {
        panic!("not broken")
    };
    assert_eq!(
        serde_json::to_string(&finding).unwrap(),
        concat!(
            r##"{"instanceLocation":"#/a","keyword":"pattern","keywordLocation":"#/properties/a/pattern","##,
            r#""error":"The pattern is not a regular expression."}"#
        )
    );
    assert!(matches!(check(schema, json!({"b": 1})), Err(CheckError::Broken(_))));
}

#[test]
fn validators_go_between_threads() {
    fn goes<T: Send + Sync>() {}
    goes::<Validator>();
}

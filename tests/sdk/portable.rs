//! The portable profile over real types: what it makes of them, and what it must never do.
//!
//! `portable.golden` holds the schemas (in `tests/data`); `BLESS=1 cargo test` writes it anew, and the diff is the review. Single
//! rewrites are tested beside their code.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use lobe_plugin_sdk::schema::{Profile, Schema};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How somebody feels.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
enum Mood {
    /// Full of joy.
    #[default]
    Happy,
    Sad,
    /// Better left
    /// alone.
    VeryAngry,
}

#[derive(Deserialize, JsonSchema, Serialize)]
enum Size {
    Small,
    Large,
}

/// A place.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Place {
    /// Its name.
    city: String,
    country: Option<String>,
}

/// Everything nested.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Nested {
    /// Where it starts.
    from: Place,
    to: Place,
    via: Vec<Place>,
    /// The reason.
    mood: Mood,
    #[serde(default)]
    size: Option<Size>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Options {
    text: Option<String>,
    number: Option<u32>,
    flag: Option<bool>,
    /// Perhaps a mood.
    mood: Option<Mood>,
    size: Option<Size>,
    place: Option<Place>,
    list: Option<Vec<Option<String>>>,
    map: Option<BTreeMap<String, Option<u8>>>,
    value: Option<Value>,
    tuple: Option<(u8, String)>,
    twice: Option<Option<i64>>,
    unit: Option<()>,
    #[serde(default = "five")]
    defaulted: Option<u8>,
    #[serde(default)]
    absent: Option<u8>,
}

fn five() -> Option<u8> {
    Some(5)
}

/// A value that must be given, and may be null.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Nullable<T>(Option<T>);

/// Null says something here.
#[derive(Deserialize, JsonSchema, Serialize)]
struct MeaningfulNull {
    /// A number or null.
    number: Nullable<u8>,
    /// A mood or null.
    mood: Nullable<Mood>,
    size: Nullable<Size>,
}

/// A command.
#[derive(Deserialize, JsonSchema, Serialize)]
enum External {
    /// Stops.
    Stop,
    /// Goes on.
    Go,
    /// Waits for seconds.
    Wait(u8),
    Pair(u8, String),
    /// Moves.
    Move {
        by: i32,
        /// How fast.
        speed: Option<f64>,
    },
}

/// A shape.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Internal {
    /// Nothing at all.
    Nothing,
    /// Around a centre.
    Circle {
        /// In cm.
        radius: f64,
    },
    Square {
        /// In cm.
        side: f64,
        label: Option<String>,
    },
    At(Place),
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    Empty,
    /// A number.
    Number(u8),
    Pair(u8, String),
    Named {
        name: String,
    },
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    /// By name.
    Name {
        name: String,
    },
    Id {
        id: u64,
    },
    Nothing,
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
enum UntaggedMap {
    Known { a: u8 },
    Any(BTreeMap<String, String>),
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct HoldsEnums {
    external: External,
    internal: Option<Internal>,
    /// One of these.
    adjacent: Vec<Adjacent>,
    untagged: Untagged,
    untagged_option: Option<Untagged>,
    result: Option<Result<u8, String>>,
}

/// A tree.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Tree {
    /// What stands here.
    value: String,
    #[serde(default)]
    children: Vec<Tree>,
    parent: Option<Box<Tree>>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Chicken {
    egg: Option<Box<Egg>>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Egg {
    /// Who came out.
    chicken: Chicken,
    friends: Vec<Chicken>,
}

/// Any document.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
enum Document {
    Null,
    Flag(bool),
    Text(String),
    List(Vec<Document>),
    Map(BTreeMap<String, Document>),
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct HoldsDocument {
    document: Document,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Tuples {
    pair: (u8, String),
    same: (f64, f64),
    /// With a doc.
    array: [u8; 3],
    moods: (Mood, Size, Option<u8>),
    named: Named,
    numbers: (i32, i64),
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Named(u8, String);

#[derive(Deserialize, JsonSchema, Serialize)]
struct Collections {
    map: HashMap<String, Place>,
    by_number: BTreeMap<u8, String>,
    set: BTreeSet<u8>,
    anything: BTreeMap<String, Value>,
    lists: Vec<Vec<Option<Mood>>>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct FlattenStruct {
    own: u8,
    #[serde(flatten)]
    place: Place,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct FlattenEnums {
    own: u8,
    #[serde(flatten)]
    shape: Internal,
    #[serde(flatten)]
    adjacent: External,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct HoldsFlatten {
    inner: FlattenEnums,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct FlattenMap {
    own: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    a: u8,
    b: Option<u8>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
struct Rules {
    #[schemars(range(min = 1, max = 10))]
    range: u8,
    #[schemars(length(min = 1, max = 20))]
    text: String,
    #[schemars(regex(pattern = "^a+$"))]
    pattern: String,
    /// Yours
    #[schemars(email)]
    email: Option<String>,
    #[schemars(url)]
    url: String,
    #[schemars(length(min = 1), inner(length(min = 2)))]
    list: Vec<String>,
    #[schemars(extend("exclusiveMinimum" = 0, "multipleOf" = 5))]
    step: i32,
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1.5))]
    ratio: f32,
    #[schemars(extend("format" = "date-time"))]
    when: String,
    letter: char,
    address: std::net::IpAddr,
}

/// Integers with names.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Level(#[schemars(extend("enum" = [1, 2]))] u8);

#[derive(Deserialize, JsonSchema, Serialize)]
struct HoldsValue {
    /// Whatever you like.
    anything: Value,
    undescribed: Value,
    level: Level,
    list: Vec<Value>,
    object: serde_json::Map<String, Value>,
    unit: (),
}

/// Nothing to give.
#[derive(Deserialize, JsonSchema, Serialize)]
struct Empty {}

/// One type, what it looks like, and values that serde reads.
struct Sample {
    name: &'static str,
    raw: Schema,
    output: Schema,
    values: Vec<Value>,
    /// The same values as serde writes them.
    written: Vec<Value>,
}

fn sample<T: DeserializeOwned + JsonSchema + Serialize>(values: Value) -> Sample {
    let name = std::any::type_name::<T>().rsplit("::").next().unwrap();
    let Value::Array(values) = values else { panic!("{name}: samples are a list") };
    let read = |value: &Value| match serde_json::from_value::<T>(value.clone()) {
        Ok(value) => serde_json::to_value(value).unwrap(),
        Err(error) => panic!("{name}: serde refuses {value}: {error}"),
    };
    let written = values.iter().map(read).collect();
    Sample { name, raw: Schema::input_of::<T>(), output: Schema::output_of::<T>(), values, written }
}

fn samples() -> Vec<Sample> {
    let place = json!({"city": "Rome", "country": null});
    [structs(&place), enums(), recursive(), collections(&place), roots(&place)]
        .into_iter()
        .flatten()
        .collect()
}

fn structs(place: &Value) -> Vec<Sample> {
    vec![
        sample::<Place>(json!([place, {"city": "Rome"}, {"city": "", "country": "Italy", "unknown": 1}])),
        sample::<Nested>(json!([
            {"from": place, "to": {"city": "b"}, "via": [], "mood": "sad"},
            {"from": place, "to": place, "via": [place, place], "mood": "very_angry", "size": "Small"},
        ])),
        sample::<Options>(json!([
            {},
            {"text": "a", "number": 1, "flag": true, "mood": "happy", "size": "Large", "place": place,
             "list": ["a", null], "map": {"a": 1, "b": null}, "value": [1], "tuple": [1, "a"], "twice": -1,
             "unit": null, "defaulted": 3, "absent": 1},
            {"text": null, "number": null, "mood": null, "list": null, "value": null, "tuple": null, "absent": null},
        ])),
        sample::<MeaningfulNull>(json!([
            {"number": null, "mood": null, "size": null}, {"number": 1, "mood": "sad", "size": "Small"},
        ])),
    ]
}

fn enums() -> Vec<Sample> {
    vec![
        sample::<External>(json!([
            "Stop", "Go", {"Wait": 3}, {"Pair": [1, "a"]}, {"Move": {"by": -1}}, {"Move": {"by": 1, "speed": 0.5}},
        ])),
        sample::<Internal>(json!([
            {"kind": "nothing"}, {"kind": "circle", "radius": 1.5}, {"kind": "square", "side": 2, "label": "a"},
            {"kind": "square", "side": 2, "label": null}, {"kind": "at", "city": "Rome"},
        ])),
        sample::<Adjacent>(json!([
            {"type": "Empty"}, {"type": "Number", "content": 1}, {"type": "Pair", "content": [1, "a"]},
            {"type": "Named", "content": {"name": "a"}},
        ])),
        sample::<Untagged>(json!([7, null, {"name": "a"}, {"id": 1}, {"id": 1, "more": true}])),
        sample::<UntaggedMap>(json!([{"a": 1}, {"a": "text", "b": "more"}, {}])),
        sample::<HoldsEnums>(json!([
            {"external": "Stop", "adjacent": [], "untagged": 1},
            {"external": "Go", "adjacent": [{"type": "Empty"}], "untagged": null, "untagged_option": null},
            {"external": {"Wait": 1}, "internal": {"kind": "nothing"}, "adjacent": [{"type": "Number", "content": 1}],
             "untagged": {"name": "a"}, "untagged_option": {"id": 3}, "result": {"Ok": 1}},
            {"external": {"Move": {"by": 1, "speed": null}}, "internal": {"kind": "at", "city": "a"}, "result": {"Err": "a"},
             "adjacent": [{"type": "Pair", "content": [1, "a"]}, {"type": "Named", "content": {"name": "a"}}],
             "untagged": {"id": 1}},
        ])),
    ]
}

fn recursive() -> Vec<Sample> {
    vec![
        sample::<Tree>(json!([
            {"value": "a"}, {"value": "a", "parent": null, "children": [{"value": "b"}]}, deep_tree(12),
        ])),
        sample::<Chicken>(json!([
            {}, {"egg": {"chicken": {}, "friends": [{}]}},
            {"egg": {"chicken": {"egg": {"chicken": {"egg": {"chicken": {"egg": null}, "friends": [{}]}}, "friends": []}},
                     "friends": [{"egg": {"chicken": {"egg": {"chicken": {}, "friends": []}}, "friends": []}}]}},
        ])),
        sample::<HoldsDocument>(json!([
            {"document": null}, {"document": "a"}, {"document": [[[[["a", true, null]]]]]},
            {"document": {"a": {"b": {"c": {"d": [{"e": "f"}]}}}}},
        ])),
    ]
}

fn collections(place: &Value) -> Vec<Sample> {
    vec![
        sample::<Tuples>(json!([
            {"pair": [1, "a"], "same": [1, 2.5], "array": [1, 2, 3], "moods": ["sad", "Small", null], "named": [1, "a"],
             "numbers": [1, 2]},
            {"pair": [0, ""], "same": [0, 0], "array": [1, 2, 3], "moods": ["happy", "Large", 3], "named": [1, "a"],
             "numbers": [-1, -2]},
        ])),
        sample::<Collections>(json!([
            {"map": {}, "by_number": {}, "set": [], "anything": {}, "lists": []},
            {"map": {"a": place}, "by_number": {"1": "a"}, "set": [1, 2], "anything": {"a": [null, 1]},
             "lists": [[], ["sad", null]]},
        ])),
        sample::<FlattenStruct>(
            json!([{"own": 1, "city": "Rome"}, {"own": 1, "city": "a", "country": null}]),
        ),
        sample::<FlattenEnums>(json!([
            {"own": 1, "kind": "nothing", "Wait": 1}, {"own": 1, "kind": "circle", "radius": 1, "Move": {"by": 1}},
        ])),
        sample::<HoldsFlatten>(json!([
            {"inner": {"own": 1, "kind": "nothing", "Wait": 1}},
            {"inner": {"own": 1, "kind": "at", "city": "a", "Pair": [1, "a"]}},
        ])),
        sample::<FlattenMap>(json!([{"own": 1}, {"own": 1, "other": [1], "more": null}])),
    ]
}

fn roots(place: &Value) -> Vec<Sample> {
    vec![
        sample::<Strict>(json!([{"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": null}])),
        sample::<Rules>(json!([
            {"range": 1, "text": "a", "pattern": "aa", "url": "https://a.b", "list": ["ab"], "step": 5, "ratio": 0.5,
             "when": "2026-01-01T00:00:00Z", "letter": "x", "address": "::1"},
            {"range": 10, "text": "abc", "pattern": "a", "url": "https://a.b", "list": ["ab", "abc"], "step": 10,
             "ratio": 1, "when": "2026-01-01T00:00:00Z", "letter": "x", "address": "1.1.1.1", "email": "a@b.c"},
        ])),
        sample::<HoldsValue>(json!([
            {"anything": null, "undescribed": 1, "level": 1, "list": [], "object": {}, "unit": null},
            {"anything": {"a": 1}, "undescribed": ["a"], "level": 2, "list": [null, 1, "a", {}], "object": {"a": [1]},
             "unit": null},
        ])),
        sample::<Empty>(json!([{}])),
        sample::<Vec<Place>>(json!([[place]])),
        sample::<Option<Place>>(json!([place, null])),
        sample::<BTreeMap<String, Mood>>(json!([{}, {"a": "sad"}])),
        sample::<Value>(json!([{}])),
        sample::<()>(json!([null])),
    ]
}

fn deep_tree(depth: usize) -> Value {
    let inner = if depth == 0 { json!([]) } else { json!([deep_tree(depth - 1)]) };
    json!({"value": "a", "children": inner, "parent": {"value": "b"}})
}

#[test]
fn schemas_are_as_blessed() {
    let mut printed = String::new();
    for sample in samples() {
        let schema = serde_json::to_string_pretty(&sample.raw.in_profile(Profile::Portable)).unwrap();
        write!(printed, "# {}\n{schema}\n\n", sample.name).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/portable.golden");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    assert!(
        printed == std::fs::read_to_string(path).unwrap(),
        "{path} is stale; BLESS=1 renews it:\n{printed}"
    );
}

#[test]
fn a_second_rewrite_changes_nothing() {
    for sample in samples() {
        for schema in [sample.raw, sample.output] {
            for profile in PROFILES {
                let once = schema.in_profile(profile);
                assert_eq!(once.in_profile(profile), once, "{} {profile:?}", sample.name);
            }
        }
    }
}

#[test]
fn nothing_valid_is_refused() {
    for Sample { name, raw, output, values, written } in samples() {
        assert_admits(name, &raw, &values);
        assert_admits(name, &output, &written);
    }
}

fn assert_admits(name: &str, schema: &Schema, values: &[Value]) {
    let portable = schema.in_profile(Profile::Portable).to_value();
    let raw = jsonschema::validator_for(&schema.to_value()).unwrap();
    // A root of another type can be no argument, and is not shown.
    for value in values.iter().filter(|value| value.is_object()) {
        assert!(raw.is_valid(value), "{name}: {value} is no sample, its own schema refuses it");
        assert!(admits(&portable, value), "{name}: {value} is refused by {portable:#}");
    }
}

/// The profiles of the models that want it narrower ask for less than is accepted, and for nothing else; but that they
/// say some of it in words, which an example cannot follow.
#[test]
fn what_a_narrow_profile_asks_for_is_accepted() {
    let mut asked = 0;
    for Sample { name, raw, values, .. } in samples() {
        // A root of another type can be no argument, and is not shown.
        if !values.iter().any(Value::is_object) {
            continue;
        }
        let mut portable = raw.in_profile(Profile::Portable).to_value();
        forget_what_is_said(&mut portable);
        for profile in [Profile::OpenAiStrict, Profile::Gemini] {
            let example = raw.in_profile(profile).example();
            assert!(admits(&portable, &example), "{name} {profile}: {example} is refused by {portable:#}");
            asked += 1;
        }
    }
    assert!(asked > 50, "only {asked} were asked for");
}

fn forget_what_is_said(schema: &mut Value) {
    const SAID: [&str; 8] =
        ["format", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern"];
    if let Value::Object(members) = schema {
        members.retain(|keyword, value| value.is_object() || !SAID.contains(&keyword.as_str()));
        // Gemini lists texts only.
        let texts = |members: &Value| members.as_array().is_some_and(|all| all.iter().all(Value::is_string));
        members.retain(|keyword, value| keyword != "enum" || value.is_object() || texts(value));
        members.values_mut().for_each(forget_what_is_said);
    } else if let Value::Array(items) = schema {
        items.iter_mut().for_each(forget_what_is_said);
    }
}

#[test]
fn any_schema_becomes_readable_and_stays_so() {
    let mut dice = Dice(7);
    for round in 0..2_000 {
        let mut schema = dice.schema(4);
        schema["$defs"] = json!({"A": dice.schema(3), "B": dice.schema(3)});
        assert_readable(RANDOM, &Schema::from_value(schema.clone()).in_profile(Profile::Portable).to_value());
        // Portable, which most others build on, every time; the others take turns.
        for profile in [Profile::Portable, PROFILES[round % PROFILES.len()]] {
            let once = Schema::from_value(schema.clone()).in_profile(profile);
            let twice = once.in_profile(profile);
            let shown = [once.to_value(), twice.to_value()];
            assert_eq!(once, twice, "{profile:?} {round}: {schema}\n{:#}\n{:#}", shown[0], shown[1]);
        }
    }
}

const PROFILES: [Profile; 5] =
    [Profile::Portable, Profile::OpenApi31, Profile::OpenApi30, Profile::OpenAiStrict, Profile::Gemini];

const RANDOM: &str = "random";

/// A small generator of schemas; always the same ones.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, options: &[&'a str]) -> &'a str {
        options[self.roll(options.len() as u64) as usize]
    }

    fn some(&mut self, depth: u64) -> Vec<Value> {
        (0..1 + self.roll(3)).map(|_| self.schema(depth)).collect()
    }

    fn schema(&mut self, depth: u64) -> Value {
        let mut schema = json!({});
        for _ in 0..self.roll(4) + 1 {
            let deep = depth > 0;
            let (keyword, value) = match self.roll(16) {
                0 if deep => ("anyOf", json!(self.some(depth - 1))),
                1 if deep => ("oneOf", json!(self.some(depth - 1))),
                2 if deep => ("allOf", json!(self.some(depth - 1))),
                3 if deep => ("prefixItems", json!(self.some(depth - 1))),
                4 if deep => ("items", self.schema(depth - 1)),
                5 if deep => ("additionalProperties", json!(self.roll(2) == 0)),
                6 | 7 if deep => {
                    let name = self.pick(&["a", "b", "kind"]);
                    (
                        "properties",
                        json!({name: self.schema(depth - 1), "kind": {"const": self.pick(&["x", "y"])}}),
                    )
                }
                8 => ("required", json!([self.pick(&["a", "b", "kind", "unknown"])])),
                9 => ("$ref", json!(self.pick(&["#", "#/$defs/A", "#/$defs/B", "#/nowhere"]))),
                10 => ("enum", json!([self.pick(&["x", "y"]), self.roll(2), null])),
                11 => ("const", json!(self.pick(&["x", "y", "z"]))),
                12 => ("description", json!(self.pick(&["One.", "Two."]))),
                13 => ("format", json!(self.pick(&["uint8", "email", "date"]))),
                14 => ("exclusiveMinimum", json!(self.roll(3))),
                _ => (
                    "type",
                    match self.roll(3) {
                        0 => json!([self.pick(&["string", "object", "array"]), "null"]),
                        _ => json!(self.pick(&["string", "integer", "object", "array", "null"])),
                    },
                ),
            };
            schema[keyword] = value;
        }
        schema
    }
}

#[test]
fn no_rewrite_multiplies() {
    let mut schema = json!({"type": "string"});
    for _ in 0..24 {
        let branch = json!({"minItems": 1});
        schema =
            json!({"type": ["array", "object"], "items": schema, "anyOf": [branch, branch, {"maxItems": 9}]});
    }
    let size = schema.to_string().len();
    let schema = json!({"type": "object", "properties": {"a": schema}});
    let portable = Schema::from_value(schema).in_profile(Profile::Portable).to_value();
    assert!(portable.to_string().len() < 2 * size, "{portable:#}");
}

/// Null for an optional property means that it is absent.
fn admits(schema: &Value, value: &Value) -> bool {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.is_valid(value) || validator.is_valid(&without_nulls(schema, value))
}

fn without_nulls(schema: &Value, value: &Value) -> Value {
    let branches = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    if let Some(branch) = branches.into_iter().find(|branch| admits(branch, value)) {
        return without_nulls(branch, value);
    }
    match value {
        Value::Array(items) => items.iter().map(|item| without_nulls(&schema["items"], item)).collect(),
        Value::Object(members) => {
            let required =
                |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|r| r == name));
            let optional = |name: &str| schema["properties"].get(name).is_some() && !required(name);
            let kept = members.iter().filter(|(name, member)| !(member.is_null() && optional(name)));
            kept.map(|(name, member)| {
                let inner = schema["properties"].get(name).unwrap_or(&schema["additionalProperties"]);
                (name.clone(), without_nulls(inner, member))
            })
            .collect()
        }
        other => other.clone(),
    }
}

#[test]
fn every_client_can_read_it() {
    for sample in samples() {
        for schema in [sample.raw, sample.output] {
            let portable = schema.in_profile(Profile::Portable).to_value();
            assert_eq!(portable["type"], "object", "{}", sample.name);
            assert!(portable["properties"].is_object(), "{}", sample.name);
            assert_eq!(portable.get("anyOf"), None, "{}", sample.name);
            assert_readable(sample.name, &portable);
        }
    }
}

/// Asserts the promises of the profile at a schema and below.
fn assert_readable(name: &str, schema: &Value) {
    const KNOWN: &[&str] = &[
        "additionalProperties",
        "anyOf",
        "default",
        "deprecated",
        "description",
        "enum",
        "examples",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
    ];
    let members = schema.as_object().unwrap_or_else(|| panic!("{name}: {schema} is no object"));
    let unknown: Vec<_> = members.keys().filter(|key| !KNOWN.contains(&key.as_str())).collect();
    assert!(unknown.is_empty(), "{name}: {unknown:?} in {schema}");
    assert!(schema.get("type").is_none_or(Value::is_string), "{name}: {schema}");
    assert!(
        schema.get("format").is_none_or(|format| format == "date-time" || format == "date"),
        "{name}: {schema}"
    );
    assert_eq!(schema.get("items").is_some(), schema["type"] == "array", "{name}: {schema}");
    assert_eq!(schema.get("properties").is_some(), schema["type"] == "object", "{name}: {schema}");
    if let Some(branches) = schema.get("anyOf") {
        assert_eq!(schema.get("type"), None, "{name}: {schema}");
        for branch in branches.as_array().unwrap() {
            // A random branch may leave its type open; nothing tells what it could be.
            assert!(branch["type"].is_string() || name == RANDOM, "{name}: {schema}");
            assert_readable(name, branch);
        }
    }
    for child in
        schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|named| named.values())
    {
        assert_readable(name, child);
    }
    let more = schema.get("additionalProperties").filter(|more| !more.is_boolean());
    schema.get("items").into_iter().chain(more).for_each(|child| assert_readable(name, child));
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        assert!(schema["properties"].get(required.as_str().unwrap()).is_some(), "{name}: {schema}");
    }
}

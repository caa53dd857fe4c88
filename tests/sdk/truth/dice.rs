//! Values for a schema, always the same ones: some that it admits, and some that went wrong a little.
//!
//! It follows the schemas that schemars writes, not all of JSON Schema. What it makes need not be valid, because both
//! sides are asked about every value; it has to be near the border between valid and not.

use serde_json::{Map, Value, json};

/// How deep a recursive schema is followed.
const DEPTH: usize = 5;

/// Numbers at which integer types end, and some that are no integers.
const NUMBERS: &[i64] = &[
    0,
    1,
    -1,
    2,
    127,
    128,
    -128,
    -129,
    255,
    256,
    32_767,
    32_768,
    -32_768,
    -32_769,
    65_535,
    65_536,
    2_147_483_647,
    2_147_483_648,
    -2_147_483_648,
    -2_147_483_649,
    4_294_967_295,
    4_294_967_296,
    i64::MAX,
    i64::MIN,
];

/// A small generator of random numbers.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: &str) -> Self {
        Self(
            seed.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            }),
        )
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }

    fn one_of<'a, T>(&mut self, options: &'a [T]) -> &'a T {
        &options[self.roll(options.len())]
    }

    /// Makes a value that the schema should admit.
    pub(super) fn value(&mut self, schema: &Value) -> Value {
        Maker { dice: self, root: schema }.value(schema, DEPTH)
    }

    /// Changes a value in one to three places.
    pub(super) fn mutated(&mut self, value: &Value, words: &[String]) -> Value {
        let mut value = value.clone();
        for _ in 0..=self.roll(3) {
            self.mutate(&mut value, words);
        }
        value
    }

    fn mutate(&mut self, value: &mut Value, words: &[String]) {
        let inside = self.roll(3) > 0;
        match value {
            Value::Array(items) if inside && !items.is_empty() => {
                let index = self.roll(items.len());
                self.mutate(&mut items[index], words);
            }
            Value::Object(members) if inside && !members.is_empty() => {
                let name = self.name_in(members);
                self.mutate(&mut members[&name], words);
            }
            Value::Array(items) => self.mutate_items(items, words),
            Value::Object(members) if self.roll(4) > 0 => self.mutate_members(members, words),
            // Never a list in the place of an object: see `a struct is read from a list`.
            _ => *value = self.other(words),
        }
    }

    fn mutate_items(&mut self, items: &mut Vec<Value>, words: &[String]) {
        match self.roll(3) {
            0 => drop(items.pop()),
            1 => items.extend(items.first().cloned()),
            _ => items.push(self.other(words)),
        }
    }

    fn mutate_members(&mut self, members: &mut Map<String, Value>, words: &[String]) {
        let name = (!members.is_empty()).then(|| self.name_in(members));
        let value = name.as_ref().and_then(|name| if self.roll(3) > 0 { members.remove(name) } else { None });
        if self.roll(2) == 0 {
            let value = value.unwrap_or_else(|| self.other(words));
            members.insert(self.one_of(words).clone(), value);
        }
    }

    fn name_in(&mut self, members: &Map<String, Value>) -> String {
        // Sorted, so that the values are the same whatever the map keeps.
        let mut names: Vec<_> = members.keys().collect();
        names.sort();
        (*self.one_of(&names)).clone()
    }

    fn other(&mut self, words: &[String]) -> Value {
        match self.roll(8) {
            0 => Value::Null,
            1 => json!(self.roll(2) == 0),
            2 => json!(1.5),
            3 => json!(3.0),
            4 => json!(u64::MAX),
            5 => json!({}),
            6 => json!(self.one_of(words)),
            _ => json!(self.one_of(NUMBERS)),
        }
    }
}

/// Lists the texts of a schema: names, constants, and some that it does not know, aliases among them.
pub(super) fn words(schema: &Value) -> Vec<String> {
    let mut words: Vec<String> =
        ["", "x", "unknown", "-7", "300", "nickname", "years", "glad"].map(str::to_owned).into();
    collect(schema, &mut words);
    words.sort();
    words.dedup();
    words
}

fn collect(schema: &Value, words: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            let properties = members.get("properties").and_then(Value::as_object).into_iter().flatten();
            words.extend(properties.map(|(name, _)| name.clone()));
            let constants = members.get("enum").and_then(Value::as_array).into_iter().flatten();
            let constants = constants.chain(members.get("const"));
            words.extend(constants.filter_map(|constant| constant.as_str().map(str::to_owned)));
            members.values().for_each(|member| collect(member, words));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, words)),
        _ => {}
    }
}

struct Maker<'a> {
    dice: &'a mut Dice,
    root: &'a Value,
}

impl<'a> Maker<'a> {
    fn value(&mut self, schema: &'a Value, depth: usize) -> Value {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let target = self.root.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
            return join(self.value(target, depth), self.own(schema, depth));
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(Value::Array(branches)) = schema.get(keyword) {
                let branch = self.branch(branches, depth);
                return join(self.value(branch, depth), self.own(schema, depth));
            }
        }
        if let Some(Value::Array(parts)) = schema.get("allOf") {
            let whole = self.own(schema, depth);
            return parts.iter().fold(whole, |whole, part| join(self.value(part, depth), whole));
        }
        self.own(schema, depth)
    }

    /// Deep down, the branch that is surely no recursion.
    fn branch(&mut self, branches: &'a [Value], depth: usize) -> &'a Value {
        let plain = branches.iter().find(|branch| depth == 0 && !branch.to_string().contains("$ref"));
        plain.unwrap_or_else(|| self.dice.one_of(branches))
    }

    fn own(&mut self, schema: &'a Value, depth: usize) -> Value {
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(Value::Array(members)) = schema.get("enum") {
            return self.dice.one_of(members).clone();
        }
        let name = match schema.get("type") {
            Some(Value::Array(types)) => self.dice.one_of(types).as_str(),
            Some(name) => name.as_str(),
            None if schema.get("properties").is_some() => Some("object"),
            None => None,
        };
        match name {
            Some("array") => Value::Array(self.items(schema, depth)),
            Some("boolean") => json!(self.dice.roll(2) == 0),
            Some("integer") => self.integer(schema),
            Some("null") => Value::Null,
            Some("number") => [json!(0.5), json!(-3), json!(1e300), json!(7)][self.dice.roll(4)].clone(),
            Some("object") => Value::Object(self.members(schema, depth)),
            Some("string") => json!(self.text(schema)),
            _ => [json!(1), json!("any"), json!([null]), json!({"a": 1})][self.dice.roll(4)].clone(),
        }
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let bounds: Vec<_> =
            ["minimum", "maximum"].into_iter().filter_map(|keyword| schema.get(keyword)).collect();
        match self.dice.roll(4) {
            0 if !bounds.is_empty() => (*self.dice.one_of(&bounds)).clone(),
            1 => json!(2.0),
            2 => json!(self.dice.one_of(NUMBERS)),
            _ => json!(self.dice.roll(100)),
        }
    }

    fn text(&mut self, schema: &Value) -> String {
        let length = schema.get("minLength").and_then(Value::as_u64).unwrap_or(self.dice.roll(4) as u64);
        (0..length).map(|_| *self.dice.one_of(&['a', 'Z', '7', 'ß', '🦀', '"'])).collect()
    }

    fn items(&mut self, schema: &'a Value, depth: usize) -> Vec<Value> {
        let parts = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let mut items: Vec<_> = parts.iter().map(|part| self.value(part, depth.saturating_sub(1))).collect();
        let Some(rest) = schema.get("items").filter(|rest| **rest != false) else { return items };
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0) as usize;
        let more = if depth == 0 { 0 } else { self.dice.roll(3) };
        let most = schema.get("maxItems").and_then(Value::as_u64).map_or(usize::MAX, |most| most as usize);
        while items.len() < least.max(more).min(most) {
            items.push(self.value(rest, depth.saturating_sub(1)));
        }
        items
    }

    fn members(&mut self, schema: &'a Value, depth: usize) -> Map<String, Value> {
        let mut members = Map::new();
        let mut properties: Vec<_> =
            schema.get("properties").and_then(Value::as_object).into_iter().flatten().collect();
        properties.sort_by_key(|(name, _)| *name);
        let required = schema.get("required").and_then(Value::as_array);
        for (name, property) in properties {
            let wanted = required.is_some_and(|names| names.iter().any(|known| known == name));
            if wanted || depth > 0 && self.dice.roll(2) == 0 {
                members.insert(name.clone(), self.value(property, depth.saturating_sub(1)));
            }
        }
        let patterns = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
        let others = patterns.map(|(_, values)| (["3", "12"][self.dice.roll(2)], values)).collect::<Vec<_>>();
        let more = schema.get("additionalProperties").filter(|more| **more != false);
        for (name, values) in
            others.into_iter().chain(more.map(|more| (["x", "other"][self.dice.roll(2)], more)))
        {
            if depth > 0 && self.dice.roll(2) == 0 {
                members.insert(name.to_owned(), self.value(values, depth - 1));
            }
        }
        members
    }
}

/// Joins two objects; of anything else the first counts.
fn join(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            for (name, value) in second {
                first.entry(name).or_insert(value);
            }
            Value::Object(first)
        }
        (first, _) => first,
    }
}

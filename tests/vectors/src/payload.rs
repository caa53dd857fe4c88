//! The generators of the vectors: `{"rep": "[", "n": 100000}` and its kin, made into bytes or into JSON.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use regex_lite::{Captures, Regex};
use serde_json::{Map, Value};

/// Says which words of a generator have no meaning here.
type Made<T> = Result<T, String>;

/// Makes the bytes of a payload: a text, or a generator.
pub(crate) fn bytes(payload: &Value) -> Made<Vec<u8>> {
    match payload {
        Value::Null => Ok(Vec::new()),
        Value::String(text) => Ok(text.clone().into_bytes()),
        Value::Object(generator) => generated(generator),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => Err(format!("payload {payload}")),
    }
}

fn generated(generator: &Map<String, Value>) -> Made<Vec<u8>> {
    let mut made = body_of(generator)?;
    if let Some(then) = generator.get("then") {
        made.extend(bytes(then)?);
    }
    Ok(made)
}

fn body_of(generator: &Map<String, Value>) -> Made<Vec<u8>> {
    if let Some(Value::Array(parts)) = generator.get("parts") {
        return Ok(parts.iter().map(bytes).collect::<Made<Vec<_>>>()?.concat());
    }
    if let Some(repeated) = generator.get("rep") {
        return Ok(bytes(repeated)?.repeat(count(generator, "n")?));
    }
    if let Some(range) = generator.get("seq") {
        return Ok(sequence(range, text(generator, "template")?)?.concat().into_bytes());
    }
    if generator.contains_key("stairs") {
        return Ok(stairs(count(generator, "stairs")?, text(generator, "template")?).into_bytes());
    }
    if generator.contains_key("hex") {
        return unhex(text(generator, "hex")?);
    }
    if generator.contains_key("utf16le") {
        return Ok(text(generator, "utf16le")?.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    if let Some(inner) = generator.get("gzip_of") {
        return Ok(gzip(&bytes(inner)?));
    }
    if let Some(document) = generator.get("json") {
        return Ok(json(document)?.to_string().into_bytes());
    }
    Err(format!("generator {}", Value::Object(generator.clone())))
}

fn text<'a>(generator: &'a Map<String, Value>, name: &str) -> Made<&'a str> {
    generator.get(name).and_then(Value::as_str).ok_or_else(|| format!("generator without a text `{name}`"))
}

fn count(generator: &Map<String, Value>, name: &str) -> Made<usize> {
    let number = generator.get(name).and_then(Value::as_u64).and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| format!("generator without a number `{name}`"))
}

fn sequence(range: &Value, template: &str) -> Made<Vec<String>> {
    let bounds = || Some((range.get(0)?.as_i64()?, range.get(1)?.as_i64()?));
    let (first, last) = bounds().ok_or_else(|| format!("range {range}"))?;
    Ok((first..=last).map(|index| fill(template, index)).collect())
}

/// Writes `{i}`, `{i-1}` and `{i+1}` out.
fn fill(template: &str, index: i64) -> String {
    let place = Regex::new(r"\{i([+-]\d+)?\}").expect("cannot fail because it is a constant");
    let written = |found: &Captures<'_>| {
        let offset: i64 = found.get(1).and_then(|offset| offset.as_str().parse().ok()).unwrap_or(0);
        (index + offset).to_string()
    };
    place.replace_all(template, written).into_owned()
}

fn stairs(steps: usize, template: &str) -> String {
    (0..steps).map(|step| format!("{}{template}\n", " ".repeat(step))).collect()
}

fn unhex(digits: &str) -> Made<Vec<u8>> {
    let pair = |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..digits.len()).step_by(2).map(|at| pair(at).ok_or_else(|| format!("hex {digits}"))).collect()
}

/// Compresses as `gzip` does.
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("cannot fail because it writes into memory");
    encoder.finish().expect("cannot fail because it writes into memory")
}

/// Writes the generators in a JSON value out: `gen_list`, `gen_map`, `gen_chain`, `gen_nest` and `gen`.
pub(crate) fn json(value: &Value) -> Made<Value> {
    match value {
        Value::Array(items) => Ok(Value::Array(items.iter().map(json).collect::<Made<_>>()?)),
        Value::Object(members) => object(members),
        plain => Ok(plain.clone()),
    }
}

fn object(members: &Map<String, Value>) -> Made<Value> {
    if let Some(Value::Object(list)) = members.get("gen_list") {
        return Ok(Value::Array(each(list)?));
    }
    if let Some(Value::Object(nest)) = members.get("gen_nest") {
        return nested(nest);
    }
    let mut written = Map::new();
    for (name, member) in members {
        match (name.as_str(), member) {
            ("gen", Value::Object(generator)) => written.extend(named(generator)?),
            ("gen_map", Value::Object(generator)) => written.extend(mapped(generator)?),
            ("gen_chain", Value::Object(generator)) => written.extend(chain(generator)?),
            _ => drop(written.insert(name.clone(), json(member)?)),
        }
    }
    Ok(Value::Object(written))
}

fn each(generator: &Map<String, Value>) -> Made<Vec<Value>> {
    let template = generator.get("each").ok_or("generator without `each`")?;
    let n = i64::try_from(count(generator, "n")?).map_err(|error| error.to_string())?;
    (0..n).map(|index| filled(template, index)).collect()
}

/// Fills the numbers into every text of a template.
fn filled(template: &Value, index: i64) -> Made<Value> {
    match template {
        Value::String(text) => Ok(Value::String(fill(text, index))),
        Value::Array(items) => {
            Ok(Value::Array(items.iter().map(|item| filled(item, index)).collect::<Made<_>>()?))
        }
        Value::Object(members) => {
            let member = |(name, member): (&String, &Value)| Ok((fill(name, index), filled(member, index)?));
            json(&Value::Object(members.iter().map(member).collect::<Made<_>>()?))
        }
        plain => Ok(plain.clone()),
    }
}

/// `{seq, template}` as the names of an object: any schema under each.
fn named(generator: &Map<String, Value>) -> Made<Vec<(String, Value)>> {
    let range = generator.get("seq").ok_or("gen without `seq`")?;
    let member = generator.get("each").or_else(|| generator.get("value")).cloned();
    let member = member.unwrap_or_else(|| Value::Object(Map::new()));
    Ok(sequence(range, text(generator, "template")?)?
        .into_iter()
        .map(|name| (name, member.clone()))
        .collect())
}

fn mapped(generator: &Map<String, Value>) -> Made<Vec<(String, Value)>> {
    let key =
        ["key", "name", "template"].iter().find_map(|name| generator.get(*name)?.as_str()).unwrap_or("k{i}");
    let template =
        ["each", "value"].iter().find_map(|name| generator.get(*name)).ok_or("gen_map without `each`")?;
    let n = i64::try_from(count(generator, "n")?).map_err(|error| error.to_string())?;
    (0..n).map(|index| Ok((fill(key, index), filled(template, index)?))).collect()
}

/// `d0` to `d{n}`, each naming the next.
fn chain(generator: &Map<String, Value>) -> Made<Vec<(String, Value)>> {
    let last = generator.get("last").cloned().ok_or("gen_chain without `last`")?;
    let mut links: Vec<_> =
        each(generator)?.into_iter().enumerate().map(|(index, link)| (format!("d{index}"), link)).collect();
    links.push((format!("d{}", links.len()), last));
    Ok(links)
}

/// A template put into itself where it says `"{inner}"`, or around a keyword: `{"n": 3, "key": "not", "last": {}}`.
fn nested(generator: &Map<String, Value>) -> Made<Value> {
    let mut inner =
        ["last", "leaf", "inner"].iter().find_map(|name| generator.get(*name).cloned()).unwrap_or_default();
    let n = count(generator, "n")?;
    for _ in 0..n {
        inner = match (generator.get("key").and_then(Value::as_str), generator.get("each")) {
            (Some(key), _) => Value::Object(Map::from_iter([(key.to_owned(), inner)])),
            (None, Some(template)) => around(template, &inner),
            (None, None) => return Err("gen_nest without `each` or `key`".to_owned()),
        };
    }
    Ok(inner)
}

fn around(template: &Value, inner: &Value) -> Value {
    match template {
        Value::String(text) if matches!(text.as_str(), "{inner}" | "{}" | "{next}") => inner.clone(),
        Value::Array(items) => items.iter().map(|item| around(item, inner)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), around(member, inner))).collect()
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(payload: &Value, expected: &[u8]) {
        assert_eq!(bytes(payload).as_deref(), Ok(expected), "{payload}");
    }

    #[test]
    fn payloads_are_made() {
        check(&json!("x"), b"x");
        check(&json!({ "rep": "ab", "n": 3 }), b"ababab");
        check(&json!({ "parts": ["[", { "rep": "1,", "n": 2 }, "0]"] }), b"[1,1,0]");
        check(&json!({ "seq": [1, 3], "template": "{i}<{i-1} " }), b"1<0 2<1 3<2 ");
        check(&json!({ "stairs": 3, "template": "a:" }), b"a:\n a:\n  a:\n");
        check(&json!({ "hex": "efbbbf", "then": "{}" }), b"\xef\xbb\xbf{}");
        check(&json!({ "utf16le": "a" }), b"a\0");
        check(
            &json!({ "json": { "a": { "gen_list": { "n": 2, "each": "k{i}" } } } }),
            br#"{"a":["k0","k1"]}"#,
        );
    }

    #[test]
    fn gzip_is_gzip() {
        let made = bytes(&json!({ "gzip_of": { "rep": "0", "n": 1000 } })).unwrap();
        assert!(made.starts_with(&[0x1f, 0x8b]) && made.len() < 100, "{} bytes", made.len());
    }

    #[test]
    fn json_is_written_out() {
        let written = json(&json!({ "$defs": { "gen_chain": {
            "n": 2, "each": { "$ref": "#/$defs/d{i+1}" }, "last": { "type": "string" }
        } } }));
        let expected = json!({ "$defs": {
            "d0": { "$ref": "#/$defs/d1" }, "d1": { "$ref": "#/$defs/d2" }, "d2": { "type": "string" }
        } });
        assert_eq!(written, Ok(expected));
        let nested = json(&json!({ "gen_nest": { "n": 2, "each": { "not": "{inner}" }, "last": true } }));
        assert_eq!(nested, Ok(json!({ "not": { "not": true } })));
        let named = json(&json!({ "patternProperties": { "gen": { "seq": [1, 2], "template": "^k{i}$" } } }));
        assert_eq!(named.unwrap()["patternProperties"].as_object().unwrap().len(), 2);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for payload in [json!({ "rot13": "x" }), json!({ "rep": "x" }), json!(1), json!({ "hex": "zz" })] {
            assert!(bytes(&payload).is_err(), "{payload}");
        }
    }
}

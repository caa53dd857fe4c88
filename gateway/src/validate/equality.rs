//! Compares JSON values as the edge compares them, within the budget.
//!
//! Two oddities of the edge are kept because they show on the wire: numbers are doubles, so 2^53 and 2^53 + 1
//! are one number; and an object on the left equals an array on the right if its members are just the array's
//! indexes, so `{}` fits `const: []`.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use serde_json::{Map, Value};

use super::CheckError;
use super::fuel::Fuel;
use super::javascript;

/// How deep a fingerprint looks; what lies deeper is left to the exact comparison.
const FINGERPRINT_DEPTH: u32 = 64;

/// Says whether the left value equals the right one. Not recursive, for values may be deep.
pub(super) fn equal(left: &Value, right: &Value, fuel: &mut Fuel) -> Result<bool, CheckError> {
    let mut pairs = vec![(left, right)];
    while let Some((left, right)) = pairs.pop() {
        fuel.burn_text(16)?;
        if !equal_outside(left, right, &mut pairs, fuel)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Compares scalars at once and puts the parts of the others on the list.
fn equal_outside<'v>(
    left: &'v Value,
    right: &'v Value,
    pairs: &mut Vec<(&'v Value, &'v Value)>,
    fuel: &mut Fuel,
) -> Result<bool, CheckError> {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            fuel.burn_text(left.len())?;
            pairs.extend(left.iter().zip(right));
            Ok(true)
        }
        (Value::Object(left), right) => pair_members(left, right, pairs, fuel),
        (Value::Number(left), Value::Number(right)) => {
            Ok(javascript::double(left) == javascript::double(right))
        }
        (Value::String(left), Value::String(right)) => {
            fuel.burn_text(if left.len() == right.len() { left.len() / 8 } else { 0 })?;
            Ok(left == right)
        }
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_), _) => {
            Ok(left == right)
        }
    }
}

fn pair_members<'v>(
    left: &'v Map<String, Value>,
    right: &'v Value,
    pairs: &mut Vec<(&'v Value, &'v Value)>,
    fuel: &mut Fuel,
) -> Result<bool, CheckError> {
    let right_len = match right {
        Value::Object(members) => members.len(),
        Value::Array(items) => items.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Ok(false),
    };
    if left.len() != right_len {
        return Ok(false);
    }
    fuel.burn(left.len() / 4)?;
    for (name, value) in left {
        match member(right, name) {
            Some(other) => pairs.push((value, other)),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        // A canonical index only: JavaScript has `list["1"]` but not `list["01"]`.
        Value::Array(items) => {
            let index = name.parse::<usize>().ok()?;
            items.get(index).filter(|_| index.to_string() == name)
        }
        _ => value.get(name),
    }
}

/// Finds the first item that has a double, and the first of its doubles, in the edge's order.
pub(super) fn first_duplicate(
    items: &[Value],
    fuel: &mut Fuel,
) -> Result<Option<(usize, usize)>, CheckError> {
    let hasher = RandomState::new();
    let mut groups: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut prints = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let print = fingerprint(item, &hasher, FINGERPRINT_DEPTH, fuel)?;
        groups.entry(print).or_default().push(index);
        prints.push(print);
    }
    for (index, print) in prints.iter().enumerate() {
        for &other in &groups[print] {
            if other != index && equal(&items[index], &items[other], fuel)? {
                return Ok(Some((index, other)));
            }
        }
    }
    Ok(None)
}

/// Hashes so that equal values have equal prints; arrays count as objects for the oddity named above.
fn fingerprint(value: &Value, hasher: &RandomState, depth: u32, fuel: &mut Fuel) -> Result<u64, CheckError> {
    fuel.burn(1)?;
    if depth == 0 {
        return Ok(0);
    }
    match value {
        Value::Null => Ok(hasher.hash_one("null")),
        Value::Bool(flag) => Ok(hasher.hash_one(flag)),
        // Adding zero turns the negative zero, which equals zero, into it.
        Value::Number(number) => Ok(hasher.hash_one((javascript::double(number) + 0.0).to_bits())),
        Value::String(text) => {
            fuel.burn_text(text.len())?;
            Ok(hasher.hash_one(text))
        }
        Value::Array(items) => items.iter().enumerate().try_fold(7, |sum: u64, (index, item)| {
            let item = fingerprint(item, hasher, depth - 1, fuel)?;
            Ok(sum.wrapping_add(member_print(&index.to_string(), item, hasher)))
        }),
        Value::Object(members) => members.iter().try_fold(7, |sum: u64, (name, value)| {
            fuel.burn_text(name.len())?;
            let value = fingerprint(value, hasher, depth - 1, fuel)?;
            Ok(sum.wrapping_add(member_print(name, value, hasher)))
        }),
    }
}

fn member_print(name: &str, value: u64, hasher: &RandomState) -> u64 {
    let mut state = hasher.build_hasher();
    name.hash(&mut state);
    value.hash(&mut state);
    state.finish()
}

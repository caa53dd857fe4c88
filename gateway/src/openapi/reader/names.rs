//! The names by which an operation is known: one that every client takes, and all those that others call it by.

use std::collections::{HashMap, HashSet};

use lobe_plugin_sdk::name::{MAX_NAME_LENGTH, fault};

use super::super::model::{Operation, OperationPlace};

/// Names the operations, and returns which of them is meant by what.
///
/// A document's own `operationId` always means that operation, the first one if there are two. LobeHub's convertor
/// calls one without an id `GET /pets`; swagger-client makes `get_pets` and `get-/pets` of it, writes `_` for what is no
/// letter or digit in any id, and numbers those that come twice.
pub(super) fn name(operations: &mut [Operation], ids: &[Option<String>]) -> HashMap<String, usize> {
    let mut taken = Taken::default();
    for (operation, id) in operations.iter_mut().zip(ids) {
        operation.name = taken.free(legal(id.as_deref(), &operation.place));
    }
    let mut known = HashMap::with_capacity(4 * operations.len());
    let mut learn = |name: String, index: usize| {
        known.entry(name).or_insert(index);
    };
    for (index, id) in ids.iter().enumerate() {
        if let Some(id) = id {
            learn(id.clone(), index);
        }
    }
    for (index, operation) in operations.iter().enumerate() {
        learn(operation.name.clone(), index);
    }
    let numbers = numbers(ids);
    for (index, (operation, id)) in operations.iter().zip(ids).enumerate() {
        let OperationPlace { path, method } = &operation.place;
        match id {
            Some(id) => {
                let plain = underscored(id);
                if let Some(number) = numbers[index] {
                    learn(format!("{plain}{number}"), index);
                }
                learn(plain, index);
            }
            None => learn(format!("{method}{}", underscored(path)), index),
        }
        learn(format!("{} {path}", method.to_ascii_uppercase()), index);
        learn(format!("{method}-{path}"), index);
    }
    known
}

/// Counts the operations of one id, from 1, where there are several.
fn numbers(ids: &[Option<String>]) -> Vec<Option<usize>> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for id in ids.iter().flatten() {
        *counts.entry(id).or_default() += 1;
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut number = |id: &Option<String>| {
        let id = id.as_deref().filter(|id| counts[id] > 1)?;
        let seen = seen.entry(counts.get_key_value(id)?.0).or_default();
        *seen += 1;
        Some(*seen)
    };
    ids.iter().map(&mut number).collect()
}

/// Makes a name that is legal for every client.
fn legal(id: Option<&str>, place: &OperationPlace) -> String {
    let wanted = match id {
        Some(id) => plain(id),
        None => plain(&format!("{}_{}", place.method, place.path)),
    };
    if fault(&wanted).is_none() { wanted } else { "operation".to_owned() }
}

/// The names that are taken, and for what stands before a number the first one that may be free. A document may want one name
/// for all its operations: to count from the beginning for each would take the square of their number.
#[derive(Default)]
struct Taken {
    names: HashSet<String>,
    next: HashMap<(String, usize), usize>,
}

impl Taken {
    /// Takes a name, with the smallest number behind it that makes it free where it is not.
    fn free(&mut self, wanted: String) -> String {
        if self.names.insert(wanted.clone()) {
            return wanted;
        }
        // What a number leaves room for depends on how many digits it has.
        let (mut digits, mut end) = (1, 10);
        loop {
            let stem = cut(&wanted, MAX_NAME_LENGTH - 1 - digits).to_owned();
            let next = self.next.entry((stem, digits)).or_insert(if digits == 1 { 2 } else { end / 10 });
            while *next < end {
                let name = format!("{}_{next}", cut(&wanted, MAX_NAME_LENGTH - 1 - digits));
                *next += 1;
                if self.names.insert(name.clone()) {
                    return name;
                }
            }
            (digits, end) = (digits + 1, end * 10);
        }
    }
}

/// Writes one `_` for whatever a name cannot have, and cuts off what is too long.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' => plain.push(letter),
            _ if plain.is_empty() || plain.ends_with('_') => {}
            _ => plain.push('_'),
        }
    }
    cut(&plain, MAX_NAME_LENGTH).to_owned()
}

fn cut(name: &str, length: usize) -> &str {
    name.get(..length).unwrap_or(name).trim_end_matches('_')
}

/// Writes `_` for what JavaScript's `\W` takes: every UTF-16 unit that is no letter, digit or `_`.
fn underscored(text: &str) -> String {
    let letter = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' => letter.to_string(),
        _ => "_".repeat(letter.len_utf16()),
    };
    text.chars().map(letter).collect()
}

//! How much there is to read: what stands once in a document may be referred to by everything in it, and is read anew each
//! time. So the steps are counted, and there are no more of them than a few for each value of the document.

use std::cell::Cell;

use serde_json::Value;

use super::super::fault::Fault;

/// How often each value may be looked at, on average. Of documents of services hardly any has more than one operation that
/// refers to what another one has.
const TIMES: usize = 4;
/// How many steps any document has, however small: references may be all that there is.
const AT_LEAST: usize = 300_000;

/// What an operation takes that says nothing: its names, above all. One that is written out has as many values or nearly so.
const STEPS_OF_AN_OPERATION: usize = 8;
/// How many letters are read in a step, where a text may be long.
pub(super) const LENGTH_OF_A_STEP: usize = 128;

/// The steps that are left.
#[derive(Debug)]
pub(super) struct Work(Cell<usize>);

impl Work {
    pub(super) fn for_document(root: &Value) -> Self {
        Self(Cell::new(AT_LEAST + TIMES * values(root, usize::MAX)))
    }

    /// Takes a step, if one is left.
    pub(super) fn step(&self) -> Result<(), Fault> {
        self.steps(1)
    }

    /// Takes so many steps.
    pub(super) fn steps(&self, count: usize) -> Result<(), Fault> {
        let left = self.0.get().checked_sub(count);
        self.0.set(left.unwrap_or_default());
        left.map(drop).ok_or(Fault::TooRepetitive)
    }

    /// Takes the steps of an operation by itself, which takes its path along.
    pub(super) fn operation(&self, path: &str) -> Result<(), Fault> {
        self.steps(STEPS_OF_AN_OPERATION + path.len() / LENGTH_OF_A_STEP)
    }

    /// Takes a step for each value within this one, before it is read.
    pub(super) fn look_over(&self, value: &Value) -> Result<(), Fault> {
        self.step()?;
        self.steps(values(value, self.0.get()))
    }
}

/// Counts the values within one and itself, until there are more than `most`.
fn values(value: &Value, most: usize) -> usize {
    let (mut waiting, mut count) = (vec![value], 1);
    while let Some(value) = waiting.pop().filter(|_| count <= most) {
        match value {
            Value::Array(items) => {
                count += items.len();
                waiting.extend(items);
            }
            Value::Object(members) => {
                count += members.len();
                waiting.extend(members.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    count
}

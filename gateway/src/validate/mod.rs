//! Holds a JSON value against a JSON schema and words every objection as the edge gateway does.
//!
//! The edge gateway validates with `@cfworker/json-schema` 1.12.8, draft 2019-09, stopping at the first wrong
//! member; its list of findings is part of the wire, so the same list in the same order with the same words
//! comes out of here. Schemas come from strangers: nothing in this room may hang, recurse without end, or
//! answer with more text than [`BUDGET`] allows.
//!
//! Deliberately not in here: fetching of remote `$ref`, filling in `default`, rewriting of instances, and any
//! caching of validators.

mod array;
mod compile;
mod composite;
mod ecma;
mod equality;
mod format;
mod fuel;
mod grammar;
mod javascript;
mod object;
mod pattern;
mod references;
mod report;
mod rules;
mod run;
mod scalar;
mod seen;
mod size;
mod trail;

use serde::Serialize;
use serde_json::Value;

pub use fuel::BUDGET;
pub use fuel::DEPTH;
pub(crate) use javascript::{number_text, stringify};
pub use size::SchemaLimits;

use rules::Program;

/// Holds instances against one schema, which is read once.
///
/// ```
/// use lobe_plugin_gateway::validate::Validator;
/// use serde_json::json;
///
/// let validator = Validator::new(&json!({"type": "object", "required": ["city"]}));
/// assert!(validator.check(&json!({"city": "Bern"})).is_ok());
/// assert!(validator.check(&json!({})).is_err());
/// ```
#[derive(Debug)]
pub struct Validator {
    program: Program,
}

/// Says why an instance was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckError {
    /// Carries every objection to the instance, outermost first.
    Invalid(Vec<Finding>),
    /// Carries the one keyword of the schema that cannot be judged by anybody: a pattern that is no regular
    /// expression, or a `$ref` to nowhere, where the edge throws; a pattern, or a schema, that is too large.
    Broken(Box<Finding>),
    /// Says that the budget ran out before there was a verdict.
    TooCostly,
}

/// States one objection, in the wire's words and key order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Points to the part of the instance that was judged, as a URI fragment.
    pub instance_location: String,
    /// Names the keyword that objected.
    pub keyword: &'static str,
    /// Points to the keyword by the way the judgement took, through `$ref`s.
    pub keyword_location: String,
    /// Explains the objection in English.
    pub error: String,
}

impl Validator {
    /// Reads a schema. What makes no sense in it is ignored where the edge ignores it.
    #[must_use]
    pub fn new(schema: &Value) -> Self {
        Self::within(&SchemaLimits::NONE, schema).expect("cannot fail because there is no limit")
    }

    /// Reads a stranger's schema.
    ///
    /// # Errors
    ///
    /// [`CheckError::Broken`] for a schema that is larger than the limits allow.
    pub fn within(limits: &SchemaLimits, schema: &Value) -> Result<Self, CheckError> {
        Ok(Self { program: compile::compile(schema, limits)? })
    }

    /// Holds an instance against the schema.
    ///
    /// # Errors
    ///
    /// [`CheckError`] says which objections there are, or why no verdict was reached.
    pub fn check(&self, instance: &Value) -> Result<(), CheckError> {
        self.check_within(BUDGET, instance)
    }

    /// Does the same within a budget of one's own.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn check_within(&self, budget: u64, instance: &Value) -> Result<(), CheckError> {
        run::run(&self.program, instance, budget)
    }
}

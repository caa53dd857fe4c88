//! Defines what a schema becomes once it is read: a flat list of nodes that name one another by number.
//!
//! Numbers, not pointers, because schemas refer to themselves. How nodes are read stands in `compile`, how they
//! judge in `run`, `object`, `array` and `scalar`.

use std::sync::Arc;

use serde_json::Value;

use super::format::Format;
use super::javascript;
use super::pattern::Pattern;

/// Names a node of a [`Program`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodeId(pub(super) usize);

/// Holds every node that judging can reach; the first one is the schema itself.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) nodes: Vec<Node>,
    /// Whether any node asks for what is unevaluated; if none does, nobody needs to remember.
    pub(super) remembers: bool,
}

#[derive(Debug)]
pub(super) enum Node {
    /// `true`, and whatever is no schema: both let everything pass.
    Anything,
    /// `false`.
    Nothing,
    Rules(Box<Rules>),
}

#[derive(Debug)]
pub(super) struct Rules {
    /// The node's own number.
    pub(super) id: NodeId,
    pub(super) recursive_anchor: bool,
    /// The root that `$recursiveRef` means when no anchor was passed on the way.
    pub(super) recursive_reference: Option<NodeId>,
    pub(super) reference: Option<Reference>,
    pub(super) kinds: Option<Kinds>,
    pub(super) constant: Option<Constant>,
    pub(super) choices: Option<Choices>,
    pub(super) not: Option<NodeId>,
    pub(super) combinators: Option<Combinators>,
    pub(super) condition: Option<Condition>,
    pub(super) object: Option<ObjectRules>,
    pub(super) array: Option<ArrayRules>,
    pub(super) number: Option<NumberRules>,
    pub(super) string: Option<StringRules>,
}

#[derive(Debug)]
pub(super) enum Reference {
    To(NodeId),
    Nowhere(String),
}

#[derive(Debug)]
pub(super) struct Kinds {
    pub(super) names: Vec<String>,
    /// `nullable: true` of OpenAPI 3.0, which the edge does not know.
    pub(super) nullable: bool,
    pub(super) printed: String,
}

#[derive(Debug)]
pub(super) struct Constant {
    pub(super) value: Value,
    pub(super) printed: String,
}

#[derive(Debug)]
pub(super) struct Choices {
    pub(super) values: Vec<Value>,
    pub(super) printed: String,
}

#[derive(Debug, Default)]
pub(super) struct Combinators {
    pub(super) any_of: Option<Vec<NodeId>>,
    pub(super) all_of: Option<Vec<NodeId>>,
    pub(super) one_of: Option<Vec<NodeId>>,
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) test: NodeId,
    pub(super) then: Option<NodeId>,
    pub(super) otherwise: Option<NodeId>,
}

#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    pub(super) required: Vec<String>,
    pub(super) min_properties: Option<Limit>,
    pub(super) max_properties: Option<Limit>,
    pub(super) property_names: Option<NodeId>,
    pub(super) dependent_required: Vec<(String, Vec<String>)>,
    pub(super) dependent_schemas: Vec<(String, NodeId)>,
    pub(super) dependencies: Vec<(String, Dependency)>,
    pub(super) properties: Vec<(String, NodeId)>,
    pub(super) pattern_properties: Vec<(String, Arc<Pattern>, NodeId)>,
    pub(super) additional_properties: Option<NodeId>,
    pub(super) unevaluated_properties: Option<NodeId>,
}

#[derive(Debug)]
pub(super) enum Dependency {
    Names(Vec<String>),
    Schema(NodeId),
}

#[derive(Debug, Default)]
pub(super) struct ArrayRules {
    pub(super) min_items: Option<Limit>,
    pub(super) max_items: Option<Limit>,
    pub(super) prefix_items: Vec<NodeId>,
    pub(super) items: Option<Items>,
    pub(super) additional_items: Option<NodeId>,
    pub(super) contains: Option<Contains>,
    pub(super) unevaluated_items: Option<NodeId>,
    pub(super) unique: bool,
}

#[derive(Debug)]
pub(super) enum Items {
    One(NodeId),
    Each(Vec<NodeId>),
}

#[derive(Debug)]
pub(super) struct Contains {
    pub(super) schema: NodeId,
    pub(super) min: Option<Limit>,
    pub(super) max: Option<Limit>,
}

#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) minimum: Option<Limit>,
    pub(super) maximum: Option<Limit>,
    pub(super) exclusive_minimum: Option<Limit>,
    pub(super) exclusive_maximum: Option<Limit>,
    pub(super) multiple_of: Option<Limit>,
}

#[derive(Debug, Default)]
pub(super) struct StringRules {
    pub(super) min_length: Option<Limit>,
    pub(super) max_length: Option<Limit>,
    pub(super) pattern: Option<Arc<Pattern>>,
    pub(super) format: Option<Format>,
}

/// Keeps a limit as the number that JavaScript compares with and as the words it prints.
#[derive(Debug)]
pub(super) struct Limit {
    pub(super) number: f64,
    pub(super) printed: String,
}

impl Limit {
    pub(super) fn of(value: &Value) -> Self {
        Self { number: javascript::to_number(value), printed: javascript::to_text(value) }
    }
}

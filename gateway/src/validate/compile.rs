//! Reads a schema into a [`Program`], once.
//!
//! Works through a list instead of calling itself, so a deep schema cannot exhaust the stack, and reads each
//! schema once however many references lead to it. A keyword whose value makes no sense is dropped here if the
//! edge either ignores it or throws on it; if the edge makes some sense of it (`minimum: "5"`), so does this.

use std::collections::{HashMap, VecDeque};
use std::fmt::Display;
use std::ptr;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::format::Format;
use super::javascript::{self, in_order, to_text};
use super::pattern::{Pattern, Patterns};
use super::references::References;
use super::rules::{
    ArrayRules, Choices, Combinators, Condition, Constant, Contains, Dependency, Items, Kinds, Limit, Node,
    NodeId, NumberRules, ObjectRules, Program, Reference, Rules, StringRules,
};
use super::size::{Graph, SchemaLimits};
use super::{CheckError, Finding};

type Schema = Map<String, Value>;

/// Reads a schema and everything it refers to, unless that is more than the limits allow.
pub(super) fn compile(schema: &Value, limits: &SchemaLimits) -> Result<Program, CheckError> {
    let references = refers(schema).then(|| References::of(schema)).flatten();
    let mut compiler = Compiler { references, ..Compiler::default() };
    compiler.node(schema);
    let mut nodes = Vec::new();
    while let Some(value) = compiler.waiting.pop_front() {
        let id = NodeId(nodes.len());
        compiler.graph.begin_node();
        nodes.push(compiler.read(id, value));
        if compiler.numbers.len() > limits.nodes {
            return Err(oversized(limits.nodes, "schemas within it"));
        }
        if compiler.referred > limits.references {
            return Err(oversized(limits.references, "references"));
        }
    }
    // Without references there are as many ways as schemas.
    if compiler.referred > 0 && compiler.graph.paths() > limits.paths {
        return Err(oversized(limits.paths, "ways through its references"));
    }
    Ok(Program { nodes, remembers: compiler.remembers })
}

/// Words the one finding about a schema that is too large.
fn oversized(limit: impl Display, what: &str) -> CheckError {
    let error = format!("The schema has more than {limit} {what}.");
    let root = || "#".to_owned();
    CheckError::Broken(Box::new(Finding {
        instance_location: root(),
        keyword: "$schema",
        keyword_location: root(),
        error,
    }))
}

/// Says whether any object in the document has a reference; most documents have none.
fn refers(document: &Value) -> bool {
    let mut waiting = vec![document];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(members)
                if ["$ref", "$recursiveRef"].iter().any(|key| members.contains_key(*key)) =>
            {
                return true;
            }
            Value::Object(members) => waiting.extend(members.values()),
            Value::Array(items) => waiting.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    false
}

#[derive(Default)]
struct Compiler<'s> {
    references: Option<References<'s>>,
    /// Schemas that have a number but have not been read; numbers are given in this order.
    waiting: VecDeque<&'s Value>,
    numbers: HashMap<usize, NodeId>,
    patterns: Patterns,
    remembers: bool,
    graph: Graph,
    /// How many references there are.
    referred: usize,
}

impl<'s> Compiler<'s> {
    /// Numbers a schema and puts it on the list, unless it has been there.
    fn node(&mut self, value: &'s Value) -> NodeId {
        let next = NodeId(self.numbers.len());
        let number = *self.numbers.entry(ptr::from_ref(value).addr()).or_insert(next);
        if number == next {
            self.waiting.push_back(value);
        }
        self.graph.leads_to(number);
        number
    }

    /// Numbers the schema under a keyword; `null`, on which the edge throws, is dropped.
    fn child(&mut self, schema: &'s Schema, keyword: &str) -> Option<NodeId> {
        schema.get(keyword).filter(|value| !value.is_null()).map(|value| self.node(value))
    }

    fn children(&mut self, schema: &'s Schema, keyword: &str) -> Vec<NodeId> {
        let list = schema.get(keyword).and_then(Value::as_array);
        list.into_iter().flatten().map(|value| self.node(value)).collect()
    }

    fn named_children(&mut self, schema: &'s Schema, keyword: &str) -> Vec<(String, NodeId)> {
        let members = entries(schema, keyword);
        members.into_iter().map(|(name, value)| (name.to_owned(), self.node(value))).collect()
    }

    fn read(&mut self, id: NodeId, value: &'s Value) -> Node {
        match value {
            Value::Object(schema) if schema.is_empty() => Node::Anything,
            Value::Object(schema) => Node::Rules(Box::new(self.rules(id, schema))),
            Value::Bool(false) => Node::Nothing,
            Value::Bool(true) | Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Node::Anything
            }
        }
    }

    fn rules(&mut self, id: NodeId, schema: &'s Schema) -> Rules {
        Rules {
            id,
            recursive_anchor: schema.get("$recursiveAnchor") == Some(&Value::Bool(true)),
            recursive_reference: self.recursive_reference(schema),
            reference: schema.get("$ref").map(|reference| self.reference(schema, reference)),
            kinds: kinds(schema),
            constant: schema.get("const").map(constant),
            choices: schema.get("enum").and_then(choices),
            not: self.child(schema, "not"),
            combinators: has(schema, &["anyOf", "allOf", "oneOf"]).then(|| self.combinators(schema)),
            condition: self.condition(schema),
            object: has(schema, &OBJECT_KEYWORDS).then(|| self.object(schema)),
            array: has(schema, &ARRAY_KEYWORDS).then(|| self.array(schema)),
            number: has(schema, &NUMBER_KEYWORDS).then(|| number(schema)),
            string: has(schema, &STRING_KEYWORDS).then(|| self.string(schema)),
        }
    }

    fn recursive_reference(&mut self, schema: &'s Schema) -> Option<NodeId> {
        schema.get("$recursiveRef").filter(|reference| *reference == "#")?;
        let root = self.references.as_ref()?.root(schema);
        self.referred += 1;
        Some(self.node(root))
    }

    fn reference(&mut self, schema: &'s Schema, reference: &Value) -> Reference {
        let text = to_text(reference);
        self.referred += 1;
        match self.references.as_ref().and_then(|references| references.target(schema, &text)) {
            Some(target) => Reference::To(self.node(target)),
            None => Reference::Nowhere(text),
        }
    }

    fn combinators(&mut self, schema: &'s Schema) -> Combinators {
        Combinators {
            any_of: self.branches(schema, "anyOf"),
            all_of: self.branches(schema, "allOf"),
            one_of: schema
                .get("oneOf")
                .filter(|list| list.is_array())
                .map(|_| self.children(schema, "oneOf")),
        }
    }

    /// Reads `anyOf` and `allOf`: to the edge, what is no list but has no length either is an empty list.
    fn branches(&mut self, schema: &'s Schema, keyword: &str) -> Option<Vec<NodeId>> {
        match schema.get(keyword)? {
            Value::Array(_) => Some(self.children(schema, keyword)),
            Value::String(text) if !text.is_empty() => None,
            Value::String(_) | Value::Object(_) | Value::Number(_) | Value::Bool(_) => Some(Vec::new()),
            Value::Null => None,
        }
    }

    fn condition(&mut self, schema: &'s Schema) -> Option<Condition> {
        let test = self.child(schema, "if")?;
        Some(Condition { test, then: self.child(schema, "then"), otherwise: self.child(schema, "else") })
    }

    fn object(&mut self, schema: &'s Schema) -> ObjectRules {
        let unevaluated_properties = self.child(schema, "unevaluatedProperties");
        self.remembers |= unevaluated_properties.is_some();
        ObjectRules {
            required: schema.get("required").map(names).unwrap_or_default(),
            min_properties: limit(schema, "minProperties"),
            max_properties: limit(schema, "maxProperties"),
            property_names: self.child(schema, "propertyNames"),
            dependent_required: dependent_required(schema),
            dependent_schemas: self.named_children(schema, "dependentSchemas"),
            dependencies: self.dependencies(schema),
            properties: self.named_children(schema, "properties"),
            pattern_properties: self.pattern_properties(schema),
            additional_properties: self.child(schema, "additionalProperties"),
            unevaluated_properties,
        }
    }

    fn dependencies(&mut self, schema: &'s Schema) -> Vec<(String, Dependency)> {
        let mut dependencies = Vec::new();
        for (name, value) in entries(schema, "dependencies") {
            let dependency = match value {
                Value::Null => continue,
                Value::Array(_) => Dependency::Names(names(value)),
                _ => Dependency::Schema(self.node(value)),
            };
            dependencies.push((name.to_owned(), dependency));
        }
        dependencies
    }

    fn pattern_properties(&mut self, schema: &'s Schema) -> Vec<(String, Arc<Pattern>, NodeId)> {
        let members = entries(schema, "patternProperties").into_iter();
        members.map(|(name, value)| (name.to_owned(), self.patterns.get(name), self.node(value))).collect()
    }

    fn array(&mut self, schema: &'s Schema) -> ArrayRules {
        let unevaluated_items = self.child(schema, "unevaluatedItems");
        self.remembers |= unevaluated_items.is_some();
        let items = match schema.get("items") {
            None | Some(Value::Null) => None,
            Some(Value::Array(_)) => Some(Items::Each(self.children(schema, "items"))),
            Some(single) => Some(Items::One(self.node(single))),
        };
        let contains = self.child(schema, "contains");
        let (min, max) = (limit(schema, "minContains"), limit(schema, "maxContains"));
        ArrayRules {
            min_items: limit(schema, "minItems"),
            max_items: limit(schema, "maxItems"),
            prefix_items: self.children(schema, "prefixItems"),
            items,
            additional_items: self.child(schema, "additionalItems"),
            contains: contains.map(|schema| Contains { schema, min, max }),
            unevaluated_items,
            unique: schema.get("uniqueItems").is_some_and(javascript::truthy),
        }
    }

    fn string(&mut self, schema: &'s Schema) -> StringRules {
        StringRules {
            min_length: limit(schema, "minLength"),
            max_length: limit(schema, "maxLength"),
            pattern: schema.get("pattern").map(|pattern| self.patterns.get(&to_text(pattern))),
            format: schema.get("format").and_then(|format| Format::named(&to_text(format))),
        }
    }
}

const OBJECT_KEYWORDS: [&str; 11] = [
    "required",
    "minProperties",
    "maxProperties",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
];
const ARRAY_KEYWORDS: [&str; 7] =
    ["minItems", "maxItems", "prefixItems", "items", "contains", "unevaluatedItems", "uniqueItems"];
const NUMBER_KEYWORDS: [&str; 5] =
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
const STRING_KEYWORDS: [&str; 4] = ["minLength", "maxLength", "pattern", "format"];

fn has(schema: &Schema, keywords: &[&str]) -> bool {
    keywords.iter().any(|keyword| schema.contains_key(*keyword))
}

fn limit(schema: &Schema, keyword: &str) -> Option<Limit> {
    schema.get(keyword).map(Limit::of)
}

fn number(schema: &Schema) -> NumberRules {
    NumberRules {
        minimum: limit(schema, "minimum"),
        maximum: limit(schema, "maximum"),
        exclusive_minimum: limit(schema, "exclusiveMinimum"),
        exclusive_maximum: limit(schema, "exclusiveMaximum"),
        multiple_of: limit(schema, "multipleOf"),
    }
}

fn kinds(schema: &Schema) -> Option<Kinds> {
    let kind = schema.get("type")?;
    let (names, printed) = match kind {
        Value::Array(list) => {
            let names = list.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            (names, javascript::join(list, "\", \""))
        }
        Value::String(name) => (vec![name.clone()], name.clone()),
        // No instance is of such a type, and the edge says so: `Expected "true".`
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => (Vec::new(), to_text(kind)),
    };
    Some(Kinds { names, nullable: schema.get("nullable") == Some(&Value::Bool(true)), printed })
}

fn constant(value: &Value) -> Constant {
    let printed = format!("Instance does not match {}.", javascript::stringify(value));
    Constant { value: value.clone(), printed }
}

fn choices(value: &Value) -> Option<Choices> {
    let values = value.as_array()?.clone();
    Some(Choices {
        values,
        printed: format!("Instance does not match any of {}.", javascript::stringify(value)),
    })
}

/// Lists the names in a list; a string is a list of its characters, and anything else is none.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().map(to_text).collect(),
        Value::String(text) => text.chars().map(String::from).collect(),
        // `required: true` of draft 3 stands in many a manifest.
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

fn dependent_required(schema: &Schema) -> Vec<(String, Vec<String>)> {
    let members = entries(schema, "dependentRequired").into_iter();
    members.map(|(name, value)| (name.to_owned(), names(value))).collect()
}

fn entries<'s>(schema: &'s Schema, keyword: &str) -> Vec<(&'s str, &'s Value)> {
    schema.get(keyword).and_then(Value::as_object).map(in_order).unwrap_or_default()
}

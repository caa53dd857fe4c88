//! Walks an instance and a program together and collects the findings, in the edge's order.
//!
//! Here stand the keywords that apply to any instance; those of objects, arrays and scalars have their own
//! files, and so have those that judge by another schema.

use serde_json::Value;

use super::CheckError;
use super::equality::equal;
use super::fuel::{DEPTH, Fuel};
use super::javascript;
use super::report::Findings;
use super::rules::{Choices, Constant, Kinds, Node, NodeId, Program, Rules};
use super::seen::Seen;
use super::trail::{Place, Trail};

/// Says whether an instance fits, unless the judgement had to stop.
pub(super) type Verdict = Result<bool, CheckError>;

/// Judges an instance by a program.
pub(super) fn run(program: &Program, instance: &Value, budget: u64) -> Result<(), CheckError> {
    let mut run =
        Run { program, fuel: Fuel::new(budget), depth: 0, silent: 0, findings: Findings::default() };
    let place = Place { instance: &Trail::ROOT, schema: &Trail::ROOT, anchor: None };
    let fits = run.visit(NodeId(0), instance, place, &mut Seen::default())?;
    if fits { Ok(()) } else { Err(CheckError::Invalid(run.findings.into_kept())) }
}

pub(super) struct Run<'p> {
    pub(super) program: &'p Program,
    pub(super) fuel: Fuel,
    depth: u32,
    /// How many judgements are under way whose findings nobody will read; words are spared there.
    pub(super) silent: u32,
    pub(super) findings: Findings,
}

impl<'p> Run<'p> {
    /// Judges an instance by one node.
    pub(super) fn visit<'i>(
        &mut self,
        node: NodeId,
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Verdict {
        self.fuel.burn(1)?;
        match &self.program.nodes[node.0] {
            Node::Anything => Ok(true),
            Node::Nothing => {
                // The edge gives the instance's place twice here.
                let place = place.at_schema(place.instance);
                self.object_to(place, "false", || "False boolean schema.".to_owned())?;
                Ok(false)
            }
            Node::Rules(rules) => self.descend(rules, instance, place, seen),
        }
    }

    /// Judges a member or an item: what it has seen is of no concern to its owner.
    pub(super) fn visit_inner(&mut self, node: NodeId, instance: &Value, place: Place<'_>) -> Verdict {
        self.visit(node, instance, place, &mut Seen::default())
    }

    fn descend<'i>(
        &mut self,
        rules: &'p Rules,
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Verdict {
        if self.depth == DEPTH {
            return Err(CheckError::TooCostly);
        }
        self.depth += 1;
        let start = self.findings.count();
        let anchor = place.anchor.or(rules.recursive_anchor.then_some(rules.id));
        self.judge(rules, instance, place.with_anchor(anchor), seen)?;
        self.depth -= 1;
        Ok(self.findings.count() == start)
    }

    fn judge<'i>(
        &mut self,
        rules: &'p Rules,
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        if let Some(root) = rules.recursive_reference {
            self.recursive_reference((rules.id, root), instance, place, seen)?;
        }
        if let Some(reference) = &rules.reference {
            self.reference(reference, instance, place, seen)?;
        }
        self.judge_value(rules, instance, place)?;
        if let Some(not) = rules.not {
            self.not(not, instance, place)?;
        }
        if let Some(combinators) = &rules.combinators {
            let anchor = place.anchor.filter(|_| rules.recursive_anchor);
            self.combinators(combinators, instance, place.with_anchor(anchor), seen)?;
        }
        if let Some(condition) = &rules.condition {
            self.condition(condition, instance, place, seen)?;
        }
        match instance {
            Value::Object(_) => match &rules.object {
                Some(rules) => self.object(rules, instance, place, seen),
                None => Ok(()),
            },
            Value::Array(items) => match &rules.array {
                Some(rules) => self.array(rules, items, place, seen),
                None => Ok(()),
            },
            Value::Number(number) => match &rules.number {
                Some(rules) => self.number(rules, javascript::double(number), place),
                None => Ok(()),
            },
            Value::String(text) => match &rules.string {
                Some(rules) => self.string(rules, text, place),
                None => Ok(()),
            },
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn judge_value(&mut self, rules: &Rules, instance: &Value, place: Place<'_>) -> Result<(), CheckError> {
        if let Some(kinds) = &rules.kinds {
            self.kinds(kinds, instance, place)?;
        }
        if let Some(constant) = &rules.constant {
            self.constant(constant, instance, place)?;
        }
        if let Some(choices) = &rules.choices {
            self.choices(choices, instance, place)?;
        }
        Ok(())
    }

    fn kinds(&mut self, kinds: &Kinds, instance: &Value, place: Place<'_>) -> Result<(), CheckError> {
        let kind = javascript::kind(instance);
        let is = |name: &String| name == kind || (name == "integer" && is_integer(instance));
        // The edge does not know `nullable`, so it refuses the null that OpenAPI 3.0 allows by it.
        if kinds.names.iter().any(is) || (kinds.nullable && instance.is_null()) {
            return Ok(());
        }
        self.object_at(place, "type", || {
            format!("Instance type \"{kind}\" is invalid. Expected \"{}\".", kinds.printed)
        })
    }

    fn constant(
        &mut self,
        constant: &Constant,
        instance: &Value,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        if equal(instance, &constant.value, &mut self.fuel)? {
            return Ok(());
        }
        self.object_at(place, "const", || constant.printed.clone())
    }

    fn choices(&mut self, choices: &Choices, instance: &Value, place: Place<'_>) -> Result<(), CheckError> {
        for choice in &choices.values {
            if equal(instance, choice, &mut self.fuel)? {
                return Ok(());
            }
        }
        self.fuel.burn(choices.values.len() / 16)?;
        self.object_at(place, "enum", || choices.printed.clone())
    }
}

fn is_integer(value: &Value) -> bool {
    matches!(value, Value::Number(number) if javascript::double(number).fract() == 0.0)
}

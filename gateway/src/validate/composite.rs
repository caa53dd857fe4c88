//! Judges by other schemas: references, `not`, `anyOf`, `allOf`, `oneOf`, and `if`.
//!
//! All of them judge the same instance once more, so what they have seen of it is handed on with care: that is
//! what `unevaluatedProperties` asks for.

use serde_json::Value;

use super::CheckError;
use super::report::broken;
use super::rules::{Combinators, Condition, NodeId, Reference};
use super::run::{Run, Verdict};
use super::seen::{Marks, Seen};
use super::trail::Place;

impl Run<'_> {
    /// Without an anchor on the way, the edge judges by the same schema once more before it goes to the root.
    pub(super) fn recursive_reference<'i>(
        &mut self,
        (own, root): (NodeId, NodeId),
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        let trail = place.schema.name("$recursiveRef");
        let place = place.at_schema(&trail);
        let (target, inner) = match place.anchor {
            Some(anchor) => (anchor, place),
            None => (own, place.with_anchor(Some(root))),
        };
        self.section(
            place,
            "$recursiveRef",
            || "A subschema had errors.".to_owned(),
            |run| run.visit(target, instance, inner, seen),
        )?;
        Ok(())
    }

    pub(super) fn reference<'i>(
        &mut self,
        reference: &Reference,
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        let trail = place.schema.name("$ref");
        let place = place.at_schema(&trail);
        match reference {
            Reference::To(target) => {
                let heading = || "A subschema had errors.".to_owned();
                self.section(place, "$ref", heading, |run| run.visit(*target, instance, place, seen))?;
                Ok(())
            }
            Reference::Nowhere(name) => Err(broken(place, "$ref", format!("Unresolved $ref \"{name}\"."))),
        }
    }

    pub(super) fn not(&mut self, not: NodeId, instance: &Value, place: Place<'_>) -> Result<(), CheckError> {
        let trail = place.schema.name("not");
        let place = place.at_schema(&trail);
        if self.silently(|run| run.visit_inner(not, instance, place))? {
            self.object_to(place, "not", || "Instance matched \"not\" schema.".to_owned())?;
        }
        Ok(())
    }

    pub(super) fn combinators<'i>(
        &mut self,
        combinators: &Combinators,
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        let mut marks = Vec::new();
        if let Some(branches) = &combinators.any_of {
            let heading = |_| "Instance does not match any subschemas.".to_owned();
            let fits = |matches| matches > 0;
            self.branches(("anyOf", branches, fits, heading), instance, place, (seen, &mut marks))?;
        }
        if let Some(branches) = &combinators.all_of {
            let heading = |_| "Instance does not match every subschema.".to_owned();
            let fits = |matches| matches == branches.len();
            self.branches(("allOf", branches, fits, heading), instance, place, (seen, &mut marks))?;
        }
        if let Some(branches) = &combinators.one_of {
            let heading =
                |matches| format!("Instance does not match exactly one subschema ({matches} matches).");
            let fits = |matches| matches == 1;
            self.branches(("oneOf", branches, fits, heading), instance, place, (seen, &mut marks))?;
        }
        for marks in marks {
            self.fuel.burn(marks.len() / 4)?;
            seen.add(marks);
        }
        Ok(())
    }

    fn branches<'i>(
        &mut self,
        (keyword, branches, fits, heading): (
            &'static str,
            &[NodeId],
            impl Fn(usize) -> bool,
            impl Fn(usize) -> String,
        ),
        instance: &'i Value,
        place: Place<'_>,
        (seen, marks): (&Seen<'_, 'i>, &mut Vec<Marks<'i>>),
    ) -> Result<(), CheckError> {
        let list = place.schema.name(keyword);
        let slot = self.open_section();
        let mut matches = 0;
        for (index, branch) in branches.iter().enumerate() {
            let trail = list.index(index);
            let mut own = Seen::branch(seen);
            if self.visit(*branch, instance, place.at_schema(&trail), &mut own)? {
                matches += 1;
                if self.program.remembers {
                    marks.push(own.into_marks());
                }
            }
        }
        if fits(matches) {
            self.findings.truncate(slot);
            return Ok(());
        }
        self.close_section(slot, place.at_schema(&list), keyword, || heading(matches))
    }

    /// The edge passes its own memory to the condition, so what a failing `if` saw counts as evaluated.
    pub(super) fn condition<'i>(
        &mut self,
        condition: &Condition,
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        let test = place.schema.name("if");
        let place_of_test = place.at_schema(&test);
        let holds = self.silently(|run| run.visit(condition.test, instance, place_of_test, seen))?;
        let (branch, keyword) = if holds { (condition.then, "then") } else { (condition.otherwise, "else") };
        let Some(branch) = branch else { return Ok(()) };
        let trail = place.schema.name(keyword);
        self.section(
            place_of_test,
            "if",
            || format!("Instance does not match \"{keyword}\" schema."),
            |run| run.visit(branch, instance, place.at_schema(&trail), seen),
        )?;
        Ok(())
    }

    fn silently(&mut self, judge: impl FnOnce(&mut Self) -> Verdict) -> Verdict {
        let start = self.findings.count();
        self.silent += 1;
        let fits = judge(self)?;
        self.silent -= 1;
        self.findings.truncate(start);
        Ok(fits)
    }
}

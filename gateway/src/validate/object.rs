//! Judges objects: names, numbers of members, dependencies, and the members themselves.
//!
//! A name is there only if it is the object's own. To the edge, `toString` is in every object, which satisfies
//! `required: ["toString"]`; that is a slip of its language and not repeated.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::CheckError;
use super::javascript::in_order;
use super::rules::{Dependency, Limit, NodeId, ObjectRules};
use super::run::Run;
use super::seen::Seen;
use super::trail::Place;

type Members = Map<String, Value>;

impl Run<'_> {
    pub(super) fn object<'i>(
        &mut self,
        rules: &ObjectRules,
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        let Value::Object(members) = instance else { return Ok(()) };
        self.required(&rules.required, members, place)?;
        self.count(rules, members, place)?;
        if let Some(schema) = rules.property_names {
            self.property_names(schema, members, place)?;
        }
        for (name, required) in &rules.dependent_required {
            // The edge spells the keyword this way in the location.
            let keyword = ("dependentRequired", "dependantRequired");
            self.dependent_names(keyword, (name, required), members, place)?;
        }
        for (name, schema) in &rules.dependent_schemas {
            self.dependent_schema(("dependentSchemas", name, *schema), instance, place, seen)?;
        }
        self.dependencies(&rules.dependencies, instance, members, place)?;
        self.members(rules, members, place, seen)
    }

    fn required(&mut self, names: &[String], members: &Members, place: Place<'_>) -> Result<(), CheckError> {
        self.fuel.burn(names.len() / 16)?;
        for name in names.iter().filter(|name| !members.contains_key(*name)) {
            let words = || format!("Instance does not have required property \"{name}\".");
            self.object_at(place, "required", words)?;
        }
        Ok(())
    }

    /// The edge says "at least" for both limits.
    fn count(&mut self, rules: &ObjectRules, members: &Members, place: Place<'_>) -> Result<(), CheckError> {
        let count = members.len() as f64;
        let words = |limit: &Limit| format!("Instance does not have at least {} properties.", limit.printed);
        if let Some(limit) = rules.min_properties.as_ref().filter(|limit| count < limit.number) {
            self.object_at(place, "minProperties", || words(limit))?;
        }
        if let Some(limit) = rules.max_properties.as_ref().filter(|limit| count > limit.number) {
            self.object_at(place, "maxProperties", || words(limit))?;
        }
        Ok(())
    }

    fn property_names(
        &mut self,
        schema: NodeId,
        members: &Members,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        let keyword = place.schema.name("propertyNames");
        let place = place.at_schema(&keyword);
        for (name, _) in in_order(members) {
            self.fuel.burn_text(name.len())?;
            let (trail, text) = (place.instance.name(name), Value::from(name));
            self.section(
                place,
                "propertyNames",
                || format!("Property name \"{name}\" does not match schema."),
                |run| run.visit_inner(schema, &text, place.at_instance(&trail)),
            )?;
        }
        Ok(())
    }

    fn dependent_names(
        &mut self,
        (keyword, location): (&'static str, &'static str),
        (name, required): (&str, &[String]),
        members: &Members,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        if !members.contains_key(name) {
            return Ok(());
        }
        let trail = place.schema.name(location);
        for missing in required.iter().filter(|required| !members.contains_key(*required)) {
            let words = || format!("Instance has \"{name}\" but does not have \"{missing}\".");
            self.object_to(place.at_schema(&trail), keyword, words)?;
        }
        Ok(())
    }

    fn dependent_schema<'i>(
        &mut self,
        (keyword, name, schema): (&'static str, &str, NodeId),
        instance: &'i Value,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        if instance.get(name).is_none() {
            return Ok(());
        }
        let keyword_trail = place.schema.name(keyword);
        let trail = keyword_trail.name(name);
        self.section(
            place.at_schema(&keyword_trail),
            keyword,
            || format!("Instance has \"{name}\" but does not match dependant schema."),
            |run| run.visit(schema, instance, place.at_schema(&trail), seen),
        )?;
        Ok(())
    }

    fn dependencies(
        &mut self,
        dependencies: &[(String, Dependency)],
        instance: &Value,
        members: &Members,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        for (name, dependency) in dependencies {
            match dependency {
                Dependency::Names(required) => {
                    let keyword = ("dependencies", "dependencies");
                    self.dependent_names(keyword, (name, required), members, place)?;
                }
                Dependency::Schema(schema) => {
                    let mut unshared = Seen::default();
                    self.dependent_schema(("dependencies", name, *schema), instance, place, &mut unshared)?;
                }
            }
        }
        Ok(())
    }

    fn members<'i>(
        &mut self,
        rules: &ObjectRules,
        members: &'i Members,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<(), CheckError> {
        let mut matched = BTreeSet::new();
        let fits = self.properties(rules, members, place, seen)?
            && self.pattern_properties(rules, members, place, (seen, &mut matched))?;
        if !fits {
            return Ok(());
        }
        if let Some(schema) = rules.additional_properties {
            matched.extend(rules.properties.iter().map(|(name, _)| name.as_str()));
            return self.rest((ADDITIONAL, schema), members, place, (seen, |_, name| matched.contains(name)));
        }
        if let Some(schema) = rules.unevaluated_properties {
            return self.rest(
                (UNEVALUATED, schema),
                members,
                place,
                (seen, |seen, name| seen.has_name(name)),
            );
        }
        Ok(())
    }

    /// Stops at the first wrong member, as the edge does.
    fn properties<'i>(
        &mut self,
        rules: &ObjectRules,
        members: &'i Members,
        place: Place<'_>,
        seen: &mut Seen<'_, 'i>,
    ) -> Result<bool, CheckError> {
        let keyword = place.schema.name("properties");
        self.fuel.burn(rules.properties.len() / 16)?;
        for (name, schema) in &rules.properties {
            let Some((own_name, value)) = members.get_key_value(name) else { continue };
            let (instance_trail, schema_trail) = (place.instance.name(name), keyword.name(name));
            let fits = self.section(
                place.at_schema(&keyword),
                "properties",
                || format!("Property \"{name}\" does not match schema."),
                |run| {
                    run.visit_inner(
                        *schema,
                        value,
                        place.at_instance(&instance_trail).at_schema(&schema_trail),
                    )
                },
            )?;
            if !fits {
                return Ok(false);
            }
            if self.program.remembers {
                seen.mark_name(own_name);
            }
        }
        Ok(true)
    }

    /// Does not stop at a wrong member; the edge does not either, here.
    fn pattern_properties<'m, 'i: 'm>(
        &mut self,
        rules: &ObjectRules,
        members: &'i Members,
        place: Place<'_>,
        (seen, matched): (&mut Seen<'_, 'i>, &mut BTreeSet<&'m str>),
    ) -> Result<bool, CheckError> {
        if rules.pattern_properties.is_empty() {
            return Ok(true);
        }
        let keyword = place.schema.name("patternProperties");
        let ordered = in_order(members);
        let mut all_fit = true;
        for (source, pattern, schema) in &rules.pattern_properties {
            let schema_trail = keyword.name(source);
            self.require_sense(pattern, "patternProperties", place.at_schema(&keyword))?;
            for &(name, value) in &ordered {
                if !self.matches(pattern, name)? {
                    continue;
                }
                let trail = place.instance.name(name);
                let fits = self.section(
                    place.at_schema(&keyword),
                    "patternProperties",
                    || {
                        format!(
                            "Property \"{name}\" matches pattern \"{source}\" but does not match associated schema."
                        )
                    },
                    |run| run.visit_inner(*schema, value, place.at_instance(&trail).at_schema(&schema_trail)),
                )?;
                all_fit &= fits;
                if fits {
                    matched.insert(name);
                    seen.mark_name(name);
                }
            }
        }
        Ok(all_fit)
    }

    fn rest<'o, 'i>(
        &mut self,
        ((keyword, which), schema): ((&'static str, &'static str), NodeId),
        members: &'i Members,
        place: Place<'_>,
        (seen, is_known): (&mut Seen<'o, 'i>, impl Fn(&Seen<'o, 'i>, &str) -> bool),
    ) -> Result<(), CheckError> {
        let keyword_trail = place.schema.name(keyword);
        let place = place.at_schema(&keyword_trail);
        self.fuel.burn(members.len() / 16)?;
        for (name, value) in in_order(members) {
            if is_known(seen, name) {
                continue;
            }
            let trail = place.instance.name(name);
            let fits = self.section(
                place,
                keyword,
                || format!("Property \"{name}\" does not match {which} properties schema."),
                |run| run.visit_inner(schema, value, place.at_instance(&trail)),
            )?;
            if fits && self.program.remembers {
                seen.mark_name(name);
            }
        }
        Ok(())
    }
}

/// A keyword that judges the members that are left, and its word for them.
const ADDITIONAL: (&str, &str) = ("additionalProperties", "additional");
const UNEVALUATED: (&str, &str) = ("unevaluatedProperties", "unevaluated");

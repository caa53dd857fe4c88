//! Judges arrays: numbers of items, the items by their place, `contains`, and what is left over.
//!
//! One count runs through `prefixItems`, `items` and `additionalItems`, as in the edge: each goes on where the
//! one before stopped, and what was passed is never looked at by `unevaluatedItems`.

use serde_json::Value;

use super::CheckError;
use super::equality::first_duplicate;
use super::rules::{ArrayRules, Contains, Items, Limit, NodeId};
use super::run::{Run, Verdict};
use super::seen::Seen;
use super::trail::Place;

/// Tells how far the items have been judged, and whether one of them was wrong.
struct Progress {
    next: usize,
    stopped: bool,
}

/// Names a keyword over items, and its objection.
#[derive(Clone, Copy)]
struct Keyword {
    name: &'static str,
    words: &'static str,
}

const PREFIX_ITEMS: Keyword = Keyword { name: "prefixItems", words: "Items did not match schema." };
const ITEMS: Keyword = Keyword { name: "items", words: "Items did not match schema." };
const ADDITIONAL_ITEMS: Keyword =
    Keyword { name: "additionalItems", words: "Items did not match additional items schema." };
const UNEVALUATED_ITEMS: Keyword =
    Keyword { name: "unevaluatedItems", words: "Items did not match unevaluated items schema." };

impl Run<'_> {
    pub(super) fn array(
        &mut self,
        rules: &ArrayRules,
        items: &[Value],
        place: Place<'_>,
        seen: &mut Seen<'_, '_>,
    ) -> Result<(), CheckError> {
        self.length(rules, items.len(), place)?;
        let mut progress = Progress { next: 0, stopped: false };
        self.each((PREFIX_ITEMS, &rules.prefix_items), items, place, (seen, &mut progress))?;
        self.items(rules, items, place, (seen, &mut progress))?;
        if let Some(contains) = &rules.contains {
            self.contains(contains, items, place, seen)?;
        }
        if let Some(schema) = rules.unevaluated_items.filter(|_| !progress.stopped) {
            self.rest_of_items((UNEVALUATED_ITEMS, schema), items, place, (seen, &mut progress))?;
        }
        if rules.unique {
            self.unique(items, place)?;
        }
        Ok(())
    }

    fn length(&mut self, rules: &ArrayRules, length: usize, place: Place<'_>) -> Result<(), CheckError> {
        let count = length as f64;
        if let Some(limit) = rules.max_items.as_ref().filter(|limit| count > limit.number) {
            let words = || format!("Array has too many items ({length} > {}).", limit.printed);
            self.object_at(place, "maxItems", words)?;
        }
        if let Some(limit) = rules.min_items.as_ref().filter(|limit| count < limit.number) {
            let words = || format!("Array has too few items ({length} < {}).", limit.printed);
            self.object_at(place, "minItems", words)?;
        }
        Ok(())
    }

    fn items(
        &mut self,
        rules: &ArrayRules,
        items: &[Value],
        place: Place<'_>,
        (seen, progress): (&mut Seen<'_, '_>, &mut Progress),
    ) -> Result<(), CheckError> {
        match &rules.items {
            None => return Ok(()),
            Some(Items::Each(schemas)) => self.each((ITEMS, schemas), items, place, (seen, progress))?,
            Some(Items::One(schema)) => self.all((ITEMS, *schema), items, place, (seen, progress))?,
        }
        match rules.additional_items.filter(|_| !progress.stopped) {
            Some(schema) => self.rest_of_items((ADDITIONAL_ITEMS, schema), items, place, (seen, progress)),
            None => Ok(()),
        }
    }

    /// Judges items by the schema of the same place in a list, up to the first wrong one.
    fn each(
        &mut self,
        (keyword, schemas): (Keyword, &[NodeId]),
        items: &[Value],
        place: Place<'_>,
        (seen, progress): (&mut Seen<'_, '_>, &mut Progress),
    ) -> Result<(), CheckError> {
        let list = place.schema.name(keyword.name);
        let heading = place.at_schema(&list);
        while progress.next < schemas.len().min(items.len()) {
            let index = progress.next;
            let trail = list.index(index);
            let schema = schemas[index];
            if !self.item(
                (keyword, schema),
                (index, &items[index]),
                (heading, heading.at_schema(&trail)),
                seen,
            )? {
                progress.stopped = true;
                break;
            }
            progress.next += 1;
        }
        Ok(())
    }

    /// Judges the remaining items by one schema, up to the first wrong one.
    fn all(
        &mut self,
        (keyword, schema): (Keyword, NodeId),
        items: &[Value],
        place: Place<'_>,
        (seen, progress): (&mut Seen<'_, '_>, &mut Progress),
    ) -> Result<(), CheckError> {
        let trail = place.schema.name(keyword.name);
        let place = place.at_schema(&trail);
        while progress.next < items.len() {
            let index = progress.next;
            if !self.item((keyword, schema), (index, &items[index]), (place, place), seen)? {
                progress.stopped = true;
                break;
            }
            progress.next += 1;
        }
        Ok(())
    }

    /// Judges what remains by one schema, every wrong item of it.
    fn rest_of_items(
        &mut self,
        (keyword, schema): (Keyword, NodeId),
        items: &[Value],
        place: Place<'_>,
        (seen, progress): (&mut Seen<'_, '_>, &mut Progress),
    ) -> Result<(), CheckError> {
        let trail = place.schema.name(keyword.name);
        let place = place.at_schema(&trail);
        while progress.next < items.len() {
            let index = progress.next;
            progress.next += 1;
            // Only `unevaluatedItems` asks who has been there before.
            if keyword.name == UNEVALUATED_ITEMS.name && seen.has_index(index) {
                continue;
            }
            let fits = self.item((keyword, schema), (index, &items[index]), (place, place), seen)?;
            progress.stopped |= !fits;
        }
        Ok(())
    }

    /// Judges one item; it counts as evaluated either way.
    fn item(
        &mut self,
        (keyword, schema): (Keyword, NodeId),
        (index, item): (usize, &Value),
        (heading, place): (Place<'_>, Place<'_>),
        seen: &mut Seen<'_, '_>,
    ) -> Verdict {
        if self.program.remembers {
            seen.mark_index(index);
        }
        let trail = place.instance.index(index);
        self.section(
            heading,
            keyword.name,
            || keyword.words.to_owned(),
            |run| run.visit_inner(schema, item, place.at_instance(&trail)),
        )
    }

    fn contains(
        &mut self,
        contains: &Contains,
        items: &[Value],
        place: Place<'_>,
        seen: &mut Seen<'_, '_>,
    ) -> Result<(), CheckError> {
        let length = items.len();
        match &contains.min {
            None if items.is_empty() => self.object_at(place, "contains", || {
                "Array is empty. It must contain at least one item matching the schema.".to_owned()
            }),
            Some(min) if (length as f64) < min.number => self.object_at(place, "minContains", || {
                format!("Array has less items ({length}) than minContains ({}).", min.printed)
            }),
            _ => self.count_contained(contains, items, place, seen),
        }
    }

    fn count_contained(
        &mut self,
        contains: &Contains,
        items: &[Value],
        place: Place<'_>,
        seen: &mut Seen<'_, '_>,
    ) -> Result<(), CheckError> {
        let keyword = place.schema.name("contains");
        let start = self.findings.count();
        let mut contained = 0;
        for (index, item) in items.iter().enumerate() {
            let trail = place.instance.index(index);
            if self.visit_inner(contains.schema, item, place.at_instance(&trail).at_schema(&keyword))? {
                contained += 1;
                seen.mark_index(index);
            }
        }
        self.judge_contained(contains, contained, start, place)
    }

    /// With `minContains` the edge lists what is wrong with each item, and says only then that too few are left.
    fn judge_contained(
        &mut self,
        contains: &Contains,
        contained: usize,
        start: usize,
        place: Place<'_>,
    ) -> Result<(), CheckError> {
        let count = contained as f64;
        let too_few = |limit: &&Limit| count < limit.number;
        if contains.min.as_ref().is_none_or(|min| count >= min.number) {
            self.findings.truncate(start);
        }
        if contains.min.is_none() && contains.max.is_none() && contained == 0 {
            let words = || "Array does not contain item matching schema.".to_owned();
            return self.object_at(place, "contains", words);
        }
        if let Some(min) = contains.min.as_ref().filter(too_few) {
            return self.object_at(place, "minContains", || {
                let limit = &min.printed;
                format!("Array must contain at least {limit} items matching schema. Only {contained} items were found.")
            });
        }
        match contains.max.as_ref().filter(|max| count > max.number) {
            Some(max) => self.object_at(place, "maxContains", || {
                let limit = &max.printed;
                format!(
                    "Array may contain at most {limit} items matching schema. {contained} items were found."
                )
            }),
            None => Ok(()),
        }
    }

    fn unique(&mut self, items: &[Value], place: Place<'_>) -> Result<(), CheckError> {
        match first_duplicate(items, &mut self.fuel)? {
            Some((first, second)) => self.object_at(place, "uniqueItems", || {
                format!("Duplicate items at indexes {first} and {second}.")
            }),
            None => Ok(()),
        }
    }
}

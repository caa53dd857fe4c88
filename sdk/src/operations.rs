//! The operations of a plugin, in the order they were told, and by name: a stranger's manifest may have tens of thousands,
//! and neither to add one nor to find one may cost a look at all of them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::operation::Operation;

/// Operations, each of its own name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operations {
    list: Vec<Operation>,
    places: HashMap<Cow<'static, str>, usize>,
}

impl Operations {
    /// Adds an operation, unless there is one of its name.
    pub(crate) fn add(&mut self, operation: Operation) {
        if let Entry::Vacant(place) = self.places.entry(operation.shared_name()) {
            place.insert(self.list.len());
            self.list.push(operation);
        }
    }

    /// Returns all of them, in their order.
    pub(crate) fn as_slice(&self) -> &[Operation] {
        &self.list
    }

    /// Finds one by its very name.
    pub(crate) fn get(&self, name: &str) -> Option<&Operation> {
        self.list.get(*self.places.get(name)?)
    }

    /// Keeps those that `keep` wants.
    pub(crate) fn retain(&mut self, keep: impl Fn(&Operation) -> bool) {
        let all = std::mem::take(self);
        all.list.into_iter().filter(keep).for_each(|operation| self.add(operation));
    }

    /// Makes others of them, which have the same names.
    pub(crate) fn map(self, change: impl Fn(Operation) -> Operation) -> Self {
        Self { list: self.list.into_iter().map(change).collect(), places: self.places }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Plugin;
    use crate::reply::Reply;

    fn operation(name: &str) -> Operation {
        Operation::new(name.to_owned(), |_| async { Ok(Reply::text("")) })
    }

    #[test]
    fn of_two_of_one_name_the_first_one_stays_at_its_place() {
        let mut operations = Operations::default();
        for (name, summary) in [("b", "1"), ("a", "2"), ("b", "3"), ("c", "4")] {
            operations.add(operation(name).summary(summary));
        }
        let check = |operations: &Operations, expected: &[(&str, &str)]| {
            let shown =
                |operation: &Operation| (operation.name().to_owned(), operation.get_summary().to_owned());
            let all: Vec<_> = operations.as_slice().iter().map(shown).collect();
            let expected: Vec<_> =
                expected.iter().map(|(name, said)| ((*name).into(), (*said).into())).collect();
            assert_eq!(all, expected);
            for pair in expected {
                assert_eq!(operations.get(&pair.0).map(shown), Some(pair));
            }
        };
        check(&operations, &[("b", "1"), ("a", "2"), ("c", "4")]);
        operations.retain(|operation| operation.name() != "b");
        check(&operations, &[("a", "2"), ("c", "4")]);
        let operations = operations.map(|operation| operation.summary("x"));
        check(&operations, &[("a", "x"), ("c", "x")]);
        assert!(operations.get("b").is_none());
    }

    /// If one looked at all others, this would take minutes.
    #[test]
    fn many_are_added_and_found_as_fast_as_few() {
        const MANY: usize = 100_000;
        let name = |number: usize| format!("operation-number-{number:06}");
        let operations = (0..MANY).map(|number| operation(&name(number)));
        let plugin = operations.fold(Plugin::foreign("many"), Plugin::foreign_operation);
        assert_eq!(plugin.operations().len(), MANY);
        let is_found = |number| plugin.find(&name(number)).is_some_and(|found| found.name() == name(number));
        assert!((0..MANY).all(is_found));
    }
}

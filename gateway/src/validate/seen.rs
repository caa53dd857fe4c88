//! Remembers which members and items some keyword has already accepted, for `unevaluatedProperties` and
//! `unevaluatedItems`.
//!
//! A branch of `anyOf`, `allOf` or `oneOf` reads what its parent has seen, but writes into its own marks: only
//! a branch that fits hands them up.

use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub(super) struct Seen<'outer, 'i> {
    outer: Option<&'outer Seen<'outer, 'i>>,
    own: Marks<'i>,
}

#[derive(Debug, Default)]
pub(super) struct Marks<'i> {
    names: BTreeSet<&'i str>,
    indexes: BTreeSet<usize>,
}

impl<'i> Seen<'_, 'i> {
    pub(super) fn branch<'o>(outer: &'o Seen<'o, 'i>) -> Seen<'o, 'i> {
        Seen { outer: Some(outer), own: Marks::default() }
    }

    pub(super) fn into_marks(self) -> Marks<'i> {
        self.own
    }

    pub(super) fn add(&mut self, marks: Marks<'i>) {
        self.own.names.extend(marks.names);
        self.own.indexes.extend(marks.indexes);
    }

    pub(super) fn mark_name(&mut self, name: &'i str) {
        self.own.names.insert(name);
    }

    pub(super) fn mark_index(&mut self, index: usize) {
        self.own.indexes.insert(index);
    }

    pub(super) fn has_name(&self, name: &str) -> bool {
        self.own.names.contains(name) || self.outer.is_some_and(|outer| outer.has_name(name))
    }

    pub(super) fn has_index(&self, index: usize) -> bool {
        self.own.indexes.contains(&index) || self.outer.is_some_and(|outer| outer.has_index(index))
    }
}

impl Marks<'_> {
    pub(super) fn len(&self) -> usize {
        self.names.len() + self.indexes.len()
    }
}

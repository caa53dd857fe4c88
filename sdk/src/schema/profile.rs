//! Which rewrites a kind of client needs, and in which order.
//!
//! A profile is a row of passes and nothing more: what a pass does stands in its own file, and which client gets
//! which profile is decided where clients are known.

use std::fmt;
use std::str::FromStr;

use super::pass::*;

/// Names the form in which a schema is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Profile {
    /// Shows what every known LLM client and model API accepts.
    #[default]
    Portable,
    /// Shows the author's schema untouched, `$defs` and all.
    Raw,
    /// Keeps `$defs`, for OpenAPI 3.1 documents. Their schemas reach models too, as they are: LobeChat resolves the
    /// references and looks no further.
    OpenApi31,
    /// Keeps `$defs`, for OpenAPI 3.0 documents, whose schemas are a dialect: `nullable`, no lists of types.
    OpenApi30,
    /// Shows what OpenAI's strict mode takes: as portable, and every property is required, every object closed. It
    /// asks a model for less than is accepted.
    OpenAiStrict,
    /// Shows what the `parameters` of Gemini's API take: as portable, within its subset of OpenAPI 3.0.
    Gemini,
}

/// The order is part of the meaning; each line says why it stands where it does.
const PORTABLE: &[Pass] = &[
    booleans::apply,    // first: from here on every subschema is an object
    conditions::apply, // before anything is merged, because a condition belongs to the very object it stands in
    constants::apply,  // before merging, so that only `enum` has to be merged
    refs::apply,       // from here on the schema is a tree
    all_of::apply,     // needs the targets of refs
    types::apply,      // after merging, which may bring the type
    numbers::apply,    // before branches are compared: two integers are one type to a model
    wide_bounds::apply, // as well
    objects::apply,    // needs types, to tell which branches are objects
    root::apply,       // decides what is required, which `nulls` has to know
    unions::apply,     // after the unions of objects are gone
    nulls::apply,      // needs unions in one form
    variants::apply,   // after `nulls`, so that a field's own description heads the list of variants
    tuples::apply,     // puts items into words, so they should have their last form
    formats::apply,
    bounds::apply,
    shapes::apply, // completes what the others leave
    required::apply,
    unions::apply, // again and last: tuples are unions now, and branches may have become equal
    variants::apply,
];

/// Only what no model minds to lose: enums written as unions, and the names of Rust's numbers.
const OPENAPI_3_1: &[Pass] = &[
    numbers::apply,
    constants::apply, // before `variants`, which folds enums only
    objects::apply,   // before `unions`, which would leave out what stands beside alternatives
    unions::apply,    // before `variants`, which looks at one form of unions
    variants::apply,
];

/// After which every schema is one of the dialect.
const OPENAPI_3_0: &[Pass] = &[
    booleans::apply, // first: from here on every subschema is an object
    numbers::apply,
    constants::apply, // before `unions`, because it may write lists of types
    objects::apply,   // before `unions`, which would leave out what stands beside alternatives
    tuples::apply,
    dialect::apply,
    unions::apply,
    dialect::apply, // again: some types have become lists only now
    unions::apply, // again: branches may have become equal; before `nullable`, which looks at one form of unions
    variants::apply,
    nullable::apply,
    lone_refs::apply, // after `unions`, which may put something beside a reference
    one_example::apply,
    boolean_bounds::apply,
];

/// Follows `PORTABLE`.
const OPENAI_STRICT: &[Pass] = &[
    scalars::apply,
    unions::apply, // splits the types that `scalars` lists
    closed::apply,
    spoken::apply,
    unions::apply, // branches may have become equal
    variants::apply,
    all_required::apply, // last, because what describes a property should be complete
];

/// Follows `PORTABLE`.
const GEMINI: &[Pass] = &[
    empty_objects::apply, // before `maps`, which forgets what an object may hold
    maps::apply,          // before the rest: what a map holds is no schema of its own any more
    scalars::apply,
    unions::apply, // splits the types that `scalars` lists
    nulls::apply,  // again, for the null among them
    string_enums::apply,
    subset::apply,
    unions::apply, // branches may have become equal
    variants::apply,
];

/// What clients hold answers against may be rewritten, but must admit whatever serde writes.
#[cfg(feature = "mcp")]
pub(super) const ANSWERS: &[Pass] = &[
    booleans::apply, // first: from here on every subschema is an object, which older clients insist on
    refs::apply,     // some read no `$defs`
    numbers::apply,
];

impl Profile {
    /// Lists every profile, the default first.
    pub const ALL: [Self; 6] =
        [Self::Portable, Self::Raw, Self::OpenAiStrict, Self::Gemini, Self::OpenApi30, Self::OpenApi31];

    /// Names it as command lines and queries do: `openai-strict`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Raw => "raw",
            Self::OpenApi31 => "openapi-3.1",
            Self::OpenApi30 => "openapi-3.0",
            Self::OpenAiStrict => "openai-strict",
            Self::Gemini => "gemini",
        }
    }

    /// Lists the rewrites that lead from the author's schema to this profile.
    pub(crate) fn passes(self) -> impl Iterator<Item = &'static Pass> {
        let rows: &[&[Pass]] = match self {
            Self::Portable => &[PORTABLE],
            Self::Raw => &[],
            Self::OpenApi31 => &[OPENAPI_3_1],
            Self::OpenApi30 => &[OPENAPI_3_0],
            Self::OpenAiStrict => &[PORTABLE, OPENAI_STRICT],
            Self::Gemini => &[PORTABLE, GEMINI],
        };
        rows.iter().copied().flatten()
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.name() == name).ok_or(UnknownProfile)
    }
}

/// Says that a name is no profile's, and lists those that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownProfile;

impl fmt::Display for UnknownProfile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "there is no such profile; expected one of {}",
            Profile::ALL.map(Profile::name).join(", ")
        )
    }
}

impl std::error::Error for UnknownProfile {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back() {
        for profile in Profile::ALL {
            assert_eq!(profile.to_string().parse(), Ok(profile));
        }
        let unknown = "Portable".parse::<Profile>().unwrap_err();
        let listed = "portable, raw, openai-strict, gemini, openapi-3.0, openapi-3.1";
        assert_eq!(unknown.to_string(), format!("there is no such profile; expected one of {listed}"));
    }
}

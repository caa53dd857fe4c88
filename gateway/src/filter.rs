//! Which operations of a plugin are there: by name and by tag, in the operator's words. What a filter leaves out can
//! neither be seen nor called.

use schemars::JsonSchema;
use serde::Deserialize;

/// Chooses operations. Without a word in it, it admits all.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filter {
    /// Names, in which `*` stands for any text: only these. Empty: all.
    include: Vec<String>,
    /// Names, in the same form: not these, whatever else admits them.
    exclude: Vec<String>,
    /// Only operations with one of these tags. Empty: all, those without a tag as well.
    tags: Vec<String>,
    /// No operation with one of these tags.
    exclude_tags: Vec<String>,
}

impl Filter {
    /// Returns whether it leaves nothing out.
    pub(crate) fn admits_all(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether an operation of that name and with these tags is there.
    pub(crate) fn admits(&self, name: &str, tags: &[String]) -> bool {
        let named = |patterns: &[String]| patterns.iter().any(|pattern| is_like(name, pattern));
        let tagged = |wanted: &[String]| wanted.iter().any(|tag| tags.contains(tag));
        (self.include.is_empty() || named(&self.include))
            && (self.tags.is_empty() || tagged(&self.tags))
            && !named(&self.exclude)
            && !tagged(&self.exclude_tags)
    }
}

/// Returns whether a name is what a pattern says, in which `*` stands for any text. Takes the first place where each piece
/// fits, so it needs no second attempt.
fn is_like(name: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        let Some(at) = name.find(piece) else { return false };
        name = &name[at + piece.len()..];
    }
    name.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check = |name: &str, pattern: &str, expected| {
            assert_eq!(is_like(name, pattern), expected, "{name} like {pattern}");
        };
        check("get_pet", "get_pet", true);
        check("get_pet", "get_pets", false);
        check("get_pet", "*", true);
        check("", "*", true);
        check("get_pet", "get*", true);
        check("get_pet", "*pet", true);
        check("get_pet", "*get", false);
        check("get_pet", "g*t*t", true);
        check("get", "g*e*et", false);
        check("get", "ge*et", false);
        check("a.b.c.d", "a*c*d", true);
        check("a.b.c.d", "a*c*b*d", false);
        check("größe", "gr*ße", true);
    }

    #[test]
    fn what_is_excluded_is_out_whatever_else_admits_it() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let filter = Filter {
            include: words(&["get*", "find"]),
            exclude: words(&["*secret*"]),
            tags: words(&["read"]),
            exclude_tags: words(&["internal"]),
        };
        let check = |name: &str, tags: &[&str], expected| {
            assert_eq!(filter.admits(name, &words(tags)), expected, "{name} {tags:?}");
        };
        check("get_pet", &["read"], true);
        check("find", &["read", "pets"], true);
        check("get_pet", &[], false);
        check("get_secret", &["read"], false);
        check("get_pet", &["read", "internal"], false);
        check("put_pet", &["read"], false);
        assert!(Filter::default().admits("anything", &[]) && Filter::default().admits_all());
    }
}

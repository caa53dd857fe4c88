//! Where in a YAML document something stands: for whoever judges one, and never on the way of a call.
//!
//! JSON needs none of this: what is borrowed of its text says by itself where it is.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::text::from_yaml;

/// A YAML document as nothing but places.
pub(crate) struct Places(Spanned<Node>);

/// Line and column, from 1 on.
pub(crate) type Place = (usize, usize);

/// Why a text is no YAML, and where.
pub(crate) struct NoYaml {
    pub(crate) place: Option<Place>,
    pub(crate) message: String,
}

enum Node {
    Scalar,
    Items(Vec<Spanned<Node>>),
    Members(Vec<(String, Spanned<Node>)>),
}

impl Places {
    /// Reads a document, within the bounds of all of them.
    pub(crate) fn read(text: &str) -> Result<Self, NoYaml> {
        from_yaml(text).map(Self).map_err(|error| {
            let message = error.to_string();
            // The reader's own words for the place stand behind or before its message, and are said once.
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            NoYaml { place: error.location().and_then(place), message }
        })
    }

    /// Finds where the value stands that a JSON Pointer leads to, or the innermost one on the way that is there.
    pub(crate) fn find(&self, pointer: &str) -> Option<Place> {
        let mut value = &self.0;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            match value.value.inside(&step) {
                Some(inner) => value = inner,
                None => break,
            }
        }
        place(value.referenced)
    }
}

impl Node {
    fn inside(&self, step: &str) -> Option<&Spanned<Self>> {
        match self {
            Self::Scalar => None,
            Self::Items(items) => items.get(step.parse::<usize>().ok()?),
            Self::Members(members) => {
                members.iter().rev().find(|(key, _)| key == step).map(|(_, value)| value)
            }
        }
    }
}

fn place(location: Location) -> Option<Place> {
    let place = (usize::try_from(location.line()).ok()?, usize::try_from(location.column()).ok()?);
    (place.0 > 0).then_some(place)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element()? {
            nodes.push(node);
        }
        Ok(Node::Items(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(member) = members.next_entry()? {
            nodes.push(member);
        }
        Ok(Node::Members(nodes))
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, access: A) -> Result<Node, A::Error> {
        use serde::de::VariantAccess as _;
        let (IgnoredAny, variant) = access.variant()?;
        variant.unit_variant()?;
        Ok(Node::Scalar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_yaml() {
        let text = "openapi: 3.0.3\npaths:\n  /a/b:\n    get: {tags: [x, \"é\", z], id: 7}\n  /c: &c\n    - null\n    - 1.5\n  /d: *c\nresponses:\n  200: fine\n";
        let places = Places::read(text).ok().unwrap();
        let check = |pointer: &str, place| assert_eq!(places.find(pointer), Some(place), "{pointer}");
        check("", (1, 1));
        check("/openapi", (1, 10));
        check("/paths", (3, 3));
        check("/paths/~1a~1b/get", (4, 10));
        check("/paths/~1a~1b/get/tags/2", (4, 26));
        check("/paths/~1a~1b/get/id", (4, 34));
        check("/paths/~1c/1", (7, 7));
        check("/paths/~1d", (8, 7));
        check("/responses/200", (10, 8));
        check("/paths/~1a~1b/get/id/missing", (4, 34));
        check("/nothing", (1, 1));
    }

    #[test]
    fn what_is_no_yaml_is_said_where() {
        let check = |text: &str, line| {
            let Err(NoYaml { place, message }) = Places::read(text) else { panic!("{text}") };
            assert_eq!(place.map(|(line, _)| line), Some(line), "{text}: {message}");
            assert!(!message.is_empty() && !message.contains("line"), "{message}");
        };
        check("a: 1\nb: [1, 2\nc: 3\n", 3);
        check("a: 1\n b: 2\n", 2);
        check("a: 1\n---\nb: 2\n", 2);
    }
}

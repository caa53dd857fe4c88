//! Remembers the way to where a judgement stands, and prints it only when there is something to object to.
//!
//! Trails live on the stack, one step for each nested call; an instance that fits costs no text at all.

use std::fmt::Write as _;

use super::rules::NodeId;

/// Holds where a judgement stands, in the instance and in the schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) instance: &'a Trail<'a>,
    pub(super) schema: &'a Trail<'a>,
    /// The outermost schema with `$recursiveAnchor`, which `$recursiveRef` returns to.
    pub(super) anchor: Option<NodeId>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Trail<'a> {
    parent: Option<&'a Trail<'a>>,
    step: Step<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    Name(&'a str),
    Index(usize),
}

impl Trail<'static> {
    pub(super) const ROOT: Self = Self { parent: None, step: Step::Root };
}

impl<'a> Trail<'a> {
    pub(super) fn name(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Name(name) }
    }

    pub(super) fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }

    pub(super) fn print(&self) -> String {
        let mut steps = Vec::new();
        let mut here = Some(self);
        while let Some(trail) = here {
            steps.push(trail.step);
            here = trail.parent;
        }
        let mut text = String::new();
        for step in steps.into_iter().rev() {
            print_step(step, &mut text);
        }
        text
    }
}

impl<'a> Place<'a> {
    /// Moves to a keyword, or to a name under a keyword, of the schema.
    pub(super) fn at_schema(self, schema: &'a Trail<'a>) -> Self {
        Self { schema, ..self }
    }

    /// Moves to a member or an item of the instance.
    pub(super) fn at_instance(self, instance: &'a Trail<'a>) -> Self {
        Self { instance, ..self }
    }

    pub(super) fn with_anchor(self, anchor: Option<NodeId>) -> Self {
        Self { anchor, ..self }
    }
}

fn print_step(step: Step<'_>, text: &mut String) {
    match step {
        Step::Root => text.push('#'),
        Step::Name(name) => {
            text.push('/');
            encode_name(name, text);
        }
        // Cannot fail because writing to a string never does; the result is only dropped.
        Step::Index(index) => {
            let _ = write!(text, "/{index}");
        }
    }
}

/// Escapes as RFC 6901 section 3 says, then as `encodeURI` of ECMA-262 section 19.2.6.3 does.
fn encode_name(name: &str, text: &mut String) {
    for byte in name.bytes() {
        match byte {
            b'~' => text.push_str("~0"),
            b'/' => text.push_str("~1"),
            _ if byte.is_ascii_alphanumeric() || b"-_.!*'();:@&=+$,?#".contains(&byte) => {
                text.push(char::from(byte));
            }
            // Cannot fail because writing to a string never does; the result is only dropped.
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
}

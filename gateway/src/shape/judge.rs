//! Holds a document against a shape and collects every issue, depth first.

use serde_json::Value;
use url::Url as Address;

use super::issue::{Issue, Step};

/// States what a value must be.
#[derive(Debug)]
pub(super) enum Shape {
    Anything,
    Text,
    /// Whatever `new URL` takes, so `mailto:` and `data:` too.
    Url,
    Number,
    Choice(&'static [&'static str]),
    List(&'static Shape),
    /// Fields that are not named are ignored.
    Object(&'static [Field]),
}

#[derive(Debug)]
pub(super) struct Field {
    name: &'static str,
    shape: &'static Shape,
    required: bool,
}

/// Names a field that must be there.
pub(super) const fn required(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, shape, required: true }
}

/// Names a field that may be absent; `null` is not absent.
pub(super) const fn optional(name: &'static str, shape: &'static Shape) -> Field {
    Field { name, shape, required: false }
}

/// Walks a document, and knows the way to where it stands.
#[derive(Debug, Default)]
pub(super) struct Inspector {
    path: Vec<Step>,
    issues: Vec<Issue>,
}

impl Inspector {
    pub(super) fn inspect(mut self, shape: &'static Shape, document: &Value) -> Vec<Issue> {
        self.judge(shape, Some(document));
        self.issues
    }

    /// Judges a value, or that there is none.
    fn judge(&mut self, shape: &'static Shape, value: Option<&Value>) {
        match (shape, value) {
            (Shape::Anything, _)
            | (Shape::Text, Some(Value::String(_)))
            | (Shape::Number, Some(Value::Number(_))) => {}
            (Shape::Url, Some(Value::String(text))) => self.judge_url(text),
            (Shape::Choice(options), Some(Value::String(text))) => self.judge_choice(options, text),
            (Shape::List(shape), Some(Value::Array(items))) => {
                for (index, item) in items.iter().enumerate() {
                    self.inside(Step::Index(index), shape, Some(item));
                }
            }
            (Shape::Object(fields), Some(Value::Object(members))) => {
                for field in *fields {
                    let value = members.get(field.name);
                    if field.required || value.is_some() {
                        self.inside(Step::Name(field.name), field.shape, value);
                    }
                }
            }
            (Shape::Choice(options), other) => {
                self.issues.push(Issue::not_a_choice(&self.path, options, other));
            }
            (Shape::Text | Shape::Url, other) => {
                self.issues.push(Issue::wrong_type(&self.path, "string", other))
            }
            (Shape::Number, other) => self.issues.push(Issue::wrong_type(&self.path, "number", other)),
            (Shape::List(_), other) => self.issues.push(Issue::wrong_type(&self.path, "array", other)),
            (Shape::Object(_), other) => self.issues.push(Issue::wrong_type(&self.path, "object", other)),
        }
    }

    fn inside(&mut self, step: Step, shape: &'static Shape, value: Option<&Value>) {
        self.path.push(step);
        self.judge(shape, value);
        self.path.pop();
    }

    fn judge_url(&mut self, text: &str) {
        if Address::parse(text).is_err() {
            self.issues.push(Issue::invalid_url(&self.path));
        }
    }

    fn judge_choice(&mut self, options: &'static [&'static str], text: &str) {
        if !options.contains(&text) {
            self.issues.push(Issue::unknown_choice(&self.path, options, text));
        }
    }
}

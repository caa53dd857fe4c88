//! Where values are held against schemas: at once where that is little work, and otherwise beside the event loop, a few at a
//! time, so that a costly schema delays nobody but who sent it.

use serde_json::Value;

use crate::admission::Busy;
use crate::beside::Beside;
use crate::target::Judge;
use crate::validate::{BUDGET, CheckError, SchemaLimits};

/// What is judged at once, in units of the budget: less than a millisecond. Judgements of real plugins take a tenth.
const LITTLE: u64 = 10_000;

/// Holds values against schemas. Clones share their places.
#[derive(Clone, Debug)]
pub(crate) struct Judging {
    /// Bounds the schemas of strangers.
    limits: SchemaLimits,
    beside: Beside,
}

impl Default for Judging {
    fn default() -> Self {
        Self::new(SchemaLimits::default(), Beside::default())
    }
}

impl Judging {
    pub(crate) fn new(limits: SchemaLimits, beside: Beside) -> Self {
        Self { limits, beside }
    }

    /// Holds a value against a schema, which is compiled before if it was not.
    pub(crate) async fn judge(&self, judge: &Judge, value: &Value) -> Result<Result<(), CheckError>, Busy> {
        match judge.ready().map(|validator| validator?.check_within(LITTLE, value)) {
            None | Some(Err(CheckError::TooCostly)) => {
                let judge = || judge.validator(&self.limits)?.check_within(BUDGET, value);
                self.beside.run("a schema to judge by", judge).await
            }
            Some(verdict) => Ok(verdict),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn schemas_of_strangers_are_bounded_and_ours_are_not() {
        let judging = Judging::new(SchemaLimits { nodes: 2, ..SchemaLimits::default() }, Beside::default());
        let schema = json!({ "properties": { "a": { "type": "string" }, "b": true } });
        let value = json!({ "a": "x" });
        assert_eq!(judging.judge(&Judge::own(schema.clone()), &value).await, Ok(Ok(())));
        let Ok(Err(CheckError::Broken(finding))) = judging.judge(&Judge::of_stranger(schema), &value).await
        else {
            panic!("it was judged by");
        };
        assert_eq!(finding.error, "The schema has more than 2 schemas within it.");
    }

    #[tokio::test]
    async fn what_takes_more_than_a_little_is_judged_to_its_end() {
        let judging = Judging::default();
        let judge = Judge::of_stranger(json!({ "items": { "type": "string" } }));
        let mut many = vec![json!("x"); 20_000];
        assert_eq!(judging.judge(&judge, &json!(many)).await, Ok(Ok(())));
        assert_eq!(judging.judge(&judge, &json!(many)).await, Ok(Ok(())), "beside the loop");
        many.push(json!(1));
        assert!(matches!(judging.judge(&judge, &json!(many)).await, Ok(Err(CheckError::Invalid(_)))));
    }
}

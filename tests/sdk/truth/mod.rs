//! The schema never lies: what the raw schema of a type admits is what a plugin accepts, and the other way.
//!
//! Every type of [`types`] is asked about many values, good ones and spoilt ones, always the same. Accepted is what
//! comes through the public door, an operation that takes [`Args`]: the quick reading or the forgiving one. What is
//! forgiven beyond the schema (`null` for something that may be left out) counts as left out.
//!
//! Where a schema and serde cannot agree, [`disagreements::table`] says so, with the reason and a value that shows
//! it; such values are not held against the type.

mod dice;
mod disagreements;
mod types;

use lobe_plugin_sdk::schema::Schema;
use lobe_plugin_sdk::{Args, Arguments, Call, FromCall, Operation, Plugin, Reply};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::dice::Dice;

/// How many values of every type have to be admitted and accepted, besides those that are refused by both sides.
const VALUES: usize = 256;

/// After which a type is given up: its schema admits hardly anything.
const MOST_ROUNDS: usize = 40 * VALUES;

/// One type, what its schema says, and what its plugin does.
struct Sample {
    name: &'static str,
    schema: Value,
    validator: jsonschema::Validator,
    plugin: Plugin,
    /// Tells values about which the two cannot agree.
    excused: fn(&Value) -> bool,
}

/// What a sample says about one value.
#[derive(Debug, PartialEq)]
enum Verdict {
    Agreed {
        accepted: bool,
    },
    /// The schema admits what the plugin refuses.
    TooWide,
    /// The plugin accepts what the schema refuses.
    TooNarrow,
}

impl Sample {
    fn of<T: DeserializeOwned + JsonSchema + Send + 'static>(name: &'static str) -> Self {
        let schema = Schema::input_of::<T>().to_value();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let read = |call: Call| async move { Args::<T>::from_call(&call).await.map(|_| Reply::text("read")) };
        let plugin = Plugin::new("truth").operation(Operation::new("read", read));
        Self { name, schema, validator, plugin, excused: |_| false }
    }

    fn except(self, excused: fn(&Value) -> bool) -> Self {
        Self { excused, ..self }
    }

    async fn judge(&self, value: &Value) -> Verdict {
        let call = Call::new("read", Arguments::from_text(value.to_string()));
        let accepted = self.plugin.call(call).await.is_ok();
        let admitted = self.validator.is_valid(value);
        match (admitted, accepted) {
            (true, false) => Verdict::TooWide,
            (false, true) if !self.validator.is_valid(&without_nulls(value)) => Verdict::TooNarrow,
            _ => Verdict::Agreed { accepted },
        }
    }

    /// Asks about many values, every other one spoilt; returns how many were refused, or the first lie.
    async fn interrogate(&self) -> Result<usize, String> {
        let mut dice = Dice::new(self.name);
        let words = dice::words(&self.schema);
        let (mut agreed, mut refused) = (0, 0);
        for round in 0..MOST_ROUNDS {
            let value = dice.value(&self.schema);
            let value = if round % 2 == 0 { value } else { dice.mutated(&value, &words) };
            if (self.excused)(&value) {
                continue;
            }
            match self.judge(&value).await {
                Verdict::Agreed { accepted: true } => agreed += 1,
                Verdict::Agreed { accepted: false } => refused += 1,
                lie => return Err(format!("{}: {lie:?} about {value}; {:#}", self.name, self.schema)),
            }
            if agreed >= VALUES {
                return Ok(refused);
            }
        }
        Err(format!("{}: only {agreed} values are admitted and accepted", self.name))
    }
}

/// The forgiving reading takes every member that is `null` as left out.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        Value::Object(members) => {
            let given = members.iter().filter(|(_, member)| !member.is_null());
            given.map(|(name, member)| (name.clone(), without_nulls(member))).collect()
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn schemas_and_plugins_agree() {
    let samples = types::samples();
    assert!(samples.len() >= 60, "only {} types", samples.len());
    let (mut lies, mut refused) = (Vec::new(), 0);
    for sample in &samples {
        match sample.interrogate().await {
            Ok(count) => refused += count,
            Err(lie) => lies.push(lie),
        }
    }
    assert!(
        lies.is_empty(),
        "{} lies:\n{}",
        lies.len(),
        lies.iter().map(|lie| format!("LIE {lie}\n")).collect::<String>()
    );
    assert!(refused > samples.len() * VALUES / 4, "only {refused} values were refused: nothing is tried");
}

#[tokio::test]
async fn what_cannot_agree_still_does_not() {
    for case in disagreements::table() {
        let verdict = case.sample.judge(&case.value).await;
        assert_eq!(verdict, case.verdict, "{}: {} ({})", case.sample.name, case.value, case.why);
    }
}

#[tokio::test]
async fn liars_are_caught() {
    for liar in types::liars() {
        assert!(liar.interrogate().await.is_err(), "{} gets away with {:#}", liar.name, liar.schema);
    }
}

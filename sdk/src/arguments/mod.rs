//! From a call's JSON text to typed arguments: all mistakes at once, each with its place, what was expected and what
//! came.
//!
//! Reading is quick when all is well: every argument goes straight from the text into its type. Only when that fails
//! is it read a second time by [`tolerant`], which forgives what models commonly do, or says precisely what is wrong.

pub(crate) mod cursor;
mod mismatch;
mod parameter;
mod tolerant;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use self::parameter::{Argument, Parameter, Parameters};
use crate::call::{Arguments, Call};
use crate::error::{ArgumentFault, MOST_FAULTS, PluginError};
use crate::json::{self, pointer};
use crate::name;
use crate::protocol::UserSettings;
use crate::rules::Rules;
use crate::schema::Schema;

/// Reads the named arguments of one call.
///
/// Generated code calls [`read`](Self::read) for every parameter, then [`finish`](Self::finish) with all that was read: so
/// a caller learns all mistakes at once.
#[derive(Debug)]
pub struct ArgumentReader<'call> {
    members: Vec<(Cow<'call, str>, &'call RawValue)>,
    rules: &'call [(&'static str, Rules)],
    known: Vec<&'static str>,
    faults: Vec<ArgumentFault>,
}

/// Stands for an argument whose fault is already noted in the reader.
#[derive(Clone, Copy, Debug)]
pub struct Unread;

/// All that was read of one call: a pair of the first argument and the others, and so on, to `()`.
pub trait Readings {
    /// The values of them: pairs again.
    type Values;

    /// Returns them, if all could be read.
    ///
    /// # Errors
    ///
    /// When one could not.
    fn values(self) -> Result<Self::Values, Unread>;
}

impl Readings for () {
    type Values = ();

    fn values(self) -> Result<(), Unread> {
        Ok(())
    }
}

impl<T, R: Readings> Readings for (Result<T, Unread>, R) {
    type Values = (T, R::Values);

    fn values(self) -> Result<Self::Values, Unread> {
        Ok((self.0?, self.1.values()?))
    }
}

impl<'call> ArgumentReader<'call> {
    /// Splits a call's arguments into their members without reading these.
    ///
    /// # Errors
    ///
    /// Arguments that are no JSON object, or that name a member twice.
    pub fn new(call: &'call Call) -> Result<Self, PluginError> {
        let text = call.arguments().text();
        let members = match text {
            [] => Vec::new(),
            text => serde_json::from_slice::<Members<'_>>(text).map_err(|cause| unreadable(text, &cause))?.0,
        };
        Ok(Self { members, rules: call.rules(), known: Vec::new(), faults: Vec::new() })
    }

    /// Reads an argument that has no default. Absent, it is what the type says of a missing value (`None`).
    ///
    /// # Errors
    ///
    /// When it is absent or does not fit; [`finish`](Self::finish) tells.
    pub fn read<T: Argument>(&mut self, name: &'static str) -> Result<T, Unread> {
        match self.take(name) {
            Some(raw) => self.decode(name, raw),
            None => tolerant::absent().map_err(|Unread| {
                self.faults.push(ArgumentFault::new(pointer(name), "a value", "nothing").by_schema());
                Unread
            }),
        }
    }

    /// Reads an argument that has a default, which stands in when it is absent or `null`.
    ///
    /// # Errors
    ///
    /// When it does not fit; [`finish`](Self::finish) tells.
    pub fn read_or<T: Argument>(
        &mut self,
        name: &'static str,
        default: impl FnOnce() -> T,
    ) -> Result<T, Unread> {
        match self.take(name) {
            Some(raw) if raw.get() != "null" => self.decode(name, raw),
            _ => Ok(default()),
        }
    }

    /// Ends the reading, and returns what was read.
    ///
    /// # Errors
    ///
    /// The faults of the arguments read, and of those that nobody asked for: 16 at most.
    pub fn finish<R: Readings>(self, read: R) -> Result<R::Values, PluginError> {
        self.judge()?;
        read.values().map_err(|Unread| PluginError::argument_faults(Vec::new()))
    }

    fn judge(mut self) -> Result<(), PluginError> {
        for (name, _) in std::mem::take(&mut self.members) {
            if self.faults.len() >= MOST_FAULTS {
                break;
            }
            if !self.known.iter().any(|known| *known == name) {
                let expected = unknown_member(&name, &self.known);
                self.faults.push(ArgumentFault::new(pointer(&name), expected, "an unknown argument"));
            }
        }
        if self.faults.is_empty() { Ok(()) } else { Err(PluginError::argument_faults(self.faults)) }
    }

    fn take(&mut self, name: &'static str) -> Option<&'call RawValue> {
        self.known.push(name);
        self.members.iter().find(|(member, _)| member == name).map(|(_, raw)| *raw)
    }

    fn decode<T: DeserializeOwned>(&mut self, name: &str, raw: &RawValue) -> Result<T, Unread> {
        let decoded = serde_json::from_str(raw.get()).or_else(|_| tolerant::decode(raw.get().as_bytes()));
        decoded.and_then(|value| self.keep_rules(name, raw).map(|()| value)).map_err(|mut fault| {
            fault.path.insert_str(0, &pointer(name));
            self.faults.push(fault);
            Unread
        })
    }

    fn keep_rules(&self, name: &str, raw: &RawValue) -> Result<(), ArgumentFault> {
        let Some((_, rules)) = self.rules.iter().find(|(ruled, _)| *ruled == name) else { return Ok(()) };
        let value = json::parse(raw.get().as_bytes()).map_err(|cause| tolerant::not_json(&cause))?;
        if rules.admit(&value) {
            return Ok(());
        }
        Err(ArgumentFault::new("", "another value", json::type_name(&value)).by_schema())
    }
}

/// Reads all arguments of a call as one value.
///
/// # Errors
///
/// Arguments that are not JSON or do not fit.
pub(crate) fn decode_all<T: DeserializeOwned>(arguments: &Arguments) -> Result<T, PluginError> {
    let text = match arguments.text() {
        [] => b"{}",
        text => text,
    };
    serde_json::from_slice(text)
        .or_else(|_| tolerant::decode(text).map_err(|fault| PluginError::argument_faults(vec![fault])))
}

/// Reads the user's settings as one value. What it says never holds one of them.
///
/// # Errors
///
/// Settings that are missing or do not fit.
pub(crate) fn decode_settings<T: DeserializeOwned + JsonSchema>(
    settings: &UserSettings,
) -> Result<T, PluginError> {
    let value = serde_json::Value::Object(settings.expose().clone());
    tolerant::decode_value(&value).map_err(|fault| {
        let expected = Schema::input_of::<T>().expectation(&fault.path).unwrap_or(fault.expected);
        let place = if fault.path.is_empty() { "the settings" } else { &fault.path };
        PluginError::settings_invalid(format!("{place}: expected {expected}, got {}", fault.received))
    })
}

/// Says why arguments cannot even be split, without repeating what stands in them.
fn unreadable(text: &[u8], cause: &serde_json::Error) -> PluginError {
    let fault = match json::parse(text) {
        Ok(value) => ArgumentFault::new("", "a JSON object", json::type_name(&value)),
        Err(_) if cause.is_data() => {
            ArgumentFault::new("", "an object that names every argument once", "the same name twice")
        }
        Err(_) => tolerant::not_json(cause),
    };
    PluginError::argument_faults(vec![fault])
}

fn unknown_member(name: &str, known: &[&'static str]) -> String {
    if known.is_empty() {
        return "no arguments".to_owned();
    }
    match name::nearest(name, known.iter().copied()) {
        Some(meant) => format!("no argument of that name (did you mean `{meant}`?)"),
        None => {
            format!("only {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "))
        }
    }
}

/// How many members are looked through to find one that stands there twice.
const FEW: usize = 16;

struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> de::Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for MembersVisitor<'a> {
            type Value = Members<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members<'a>, A::Error> {
                let mut members: Vec<(Cow<'a, str>, &'a RawValue)> = Vec::with_capacity(8);
                let mut known = HashSet::new();
                while let Some(Name(name)) = access.next_key()? {
                    // A few are faster looked through than hashed.
                    let is_new = if members.len() < FEW {
                        members.iter().all(|(known, _)| *known != name)
                    } else {
                        if known.is_empty() {
                            known.extend(members.iter().map(|(name, _)| name.clone()));
                        }
                        known.insert(name.clone())
                    };
                    if !is_new {
                        return Err(de::Error::custom("the same name twice"));
                    }
                    members.push((name, access.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor(std::marker::PhantomData))
    }
}

/// Borrows a member's name where it stands, and copies it only when it has escapes.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns how many members a text has, unless one stands there twice.
    fn members(text: &str) -> Option<usize> {
        serde_json::from_str::<Members<'_>>(text).ok().map(|members| members.0.len())
    }

    #[test]
    fn a_member_that_stands_there_twice_is_found_among_few_and_many() {
        let check = |count: usize, twice: usize| {
            let all = (0..count).map(|number| format!(r#""{number}":0"#)).collect::<Vec<_>>().join(",");
            assert_eq!(members(&format!("{{{all}}}")), Some(count));
            // The same name, as letters and as an escape.
            let again = twice.to_string();
            let (first, rest) = again.split_at(1);
            let escaped = format!("\\u{:04x}{rest}", u32::from(first.as_bytes()[0]));
            for name in [&again, &escaped] {
                assert_eq!(members(&format!(r#"{{{all},"{name}":0}}"#)), None, "{name} of {count}");
            }
        };
        for count in [1, FEW - 1, FEW, FEW + 1, 100] {
            check(count, 0);
            check(count, count - 1);
        }
        // To look through all others for each would take minutes.
        check(100_000, 50_000);
    }
}

//! A value that must not be seen: keys and passwords that users enter.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

/// Keeps a secret: it never prints, cannot be serialised, and its memory is overwritten when it goes.
///
/// In a plugin's settings it makes LobeChat show a password field (`format: password`).
///
/// ```
/// use lobe_plugin_sdk::{Secret, Settings, lobe_plugin};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Keys {
///     /// Your key, from the page "account".
///     api_key: Secret<String>,
/// }
///
/// /// Say how long the key is.
/// #[lobe_plugin]
/// fn key_length(Settings(keys): Settings<Keys>) -> usize {
///     keys.api_key.expose().len()
/// }
///
/// assert_eq!(format!("{:?}", Secret::new("sk-1".to_owned())), "[redacted]");
/// ```
///
/// What it cannot reach: the request it came in, whose memory belongs to the server until the call ends.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Hides a value.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Shows the value. Keep it out of logs, errors and answers.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<T: Zeroize + JsonSchema> JsonSchema for Secret<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Secret_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("format".to_owned(), "password".into());
        schema
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Knows whether it was overwritten.
    struct Overwritten(Arc<AtomicBool>);

    impl Zeroize for Overwritten {
        fn zeroize(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn memory_is_overwritten() {
        let seen = Arc::new(AtomicBool::new(false));
        let secret = Secret::new(Overwritten(Arc::clone(&seen)));
        assert!(!seen.load(Ordering::Relaxed));
        drop(secret);
        assert!(seen.load(Ordering::Relaxed));
    }
}

//! What a configuration may hold, as a JSON Schema: so that an editor completes keys, explains them and marks mistakes.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;
use super::layers::DEFAULTS;

/// Returns the schema of the file, in draft 7, which is the one that editors of TOML know.
pub(crate) fn schema() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    forget_defaults(&mut schema);
    // The example has every default as people write it, and a test holds it to what is built in.
    if let Ok(defaults) = toml::from_str(DEFAULTS) {
        tell_defaults(&mut schema, &defaults);
    }
    schema
}

/// Leaves out the defaults as the program has them: times as seconds and nanoseconds.
fn forget_defaults(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.remove("default");
            members.values_mut().for_each(forget_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_defaults),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn tell_defaults(schema: &mut Value, defaults: &Value) {
    for (key, default) in defaults.as_object().into_iter().flatten() {
        let Some(property) = schema.pointer_mut(&format!("/properties/{key}")) else { continue };
        if default.is_object() {
            tell_defaults(property, default);
        } else {
            property["default"] = default.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate::Validator;

    #[test]
    fn it_takes_what_a_configuration_may_hold_and_nothing_else() {
        let schema = schema();
        let validator = Validator::new(&schema);
        let check = |text: &str, expected: bool| {
            let value: Value = toml::from_str(text).unwrap();
            let found = validator.check(&value);
            assert_eq!(found.is_ok(), expected, "{text}: {found:?}");
        };
        check(DEFAULTS, true);
        check("plugins.weather.settings = { KEY = { env = \"X\" }, N = 7, L = [1] }", true);
        check("[auth]\nkeys = \"keys.toml\"\naccess_code = { file = \"code\" }", true);
        check("limits.body = 1048576", true);
        check("plugins.files.mcp = \"https://tools.example.org/mcp\"", true);
        check("plugins.files.mcp = { command = \"files\", env = { KEY = { file = \"key\" } } }", true);
        for wrong in [
            "lisen = \"\"",
            "dev = \"yes\"",
            "limits.call_time = 30",
            "plugins.weather.settings = { KEY = { evn = \"X\" } }",
            "plugins.weather.manifst = \"\"",
            "plugins.files.mcp = { comand = \"files\" }",
        ] {
            check(wrong, false);
        }
    }

    #[test]
    fn it_explains_keys_and_tells_their_defaults() {
        let schema = schema();
        assert_eq!(schema.pointer("/properties/limits/properties/call_time/default"), Some(&json!("30s")));
        assert_eq!(schema.pointer("/properties/listen/default"), Some(&json!("127.0.0.1:8080")));
        let description = schema.pointer("/properties/auth/properties/trusted_proxies/description");
        assert!(
            description.is_some_and(|text| text.as_str().unwrap().contains("X-Forwarded-For")),
            "{description:?}"
        );
    }
}

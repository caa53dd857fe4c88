//! Who a service is that has an OpenAPI document and no manifest. Pure.

use lobe_plugin_sdk::Plugin;
use lobe_plugin_sdk::name::MAX_NAME_LENGTH;

use crate::openapi::Document;

/// Makes the plugin that a service is, without its operations.
pub(super) fn plugin(service: &Document) -> Plugin {
    let text = |name: &str| service.info(name).map(str::trim).filter(|text| !text.is_empty());
    let title = text("title").unwrap_or("Service").to_owned();
    // The first paragraph: what follows is for people who read the documentation.
    let description =
        text("description").and_then(|text| text.split("\n\n").next()).unwrap_or(&title).to_owned();
    Plugin::foreign(identifier(&title)).title(title).description(description)
}

/// Makes an identifier of a title: `Pet Store (v2)` is `pet-store-v2`.
pub(crate) fn identifier(title: &str) -> String {
    let letters = title
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' });
    let words = letters.collect::<String>().split_whitespace().collect::<Vec<_>>().join("-");
    let name = words.get(..MAX_NAME_LENGTH).unwrap_or(&words).trim_end_matches('-');
    // A title in letters of another script leaves nothing.
    if name.is_empty() { "service".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbound::TargetUrl;

    #[test]
    fn identifiers_are_legal_whatever_the_title() {
        let check = |title: &str, expected: &str| {
            assert_eq!(identifier(title), expected);
            assert_eq!(lobe_plugin_sdk::name::fault(expected), None);
        };
        check("Pet Store (v2)", "pet-store-v2");
        check("FastAPI", "fastapi");
        check("天气", "service");
        check(&"a ".repeat(30), "a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a-a");
    }

    #[test]
    fn the_document_says_what_it_is() {
        let url = TargetUrl::parse("http://127.0.0.1:3501/openapi.json").unwrap();
        let text =
            r#"{"openapi": "3.1.0", "info": {"title": "Pets", "description": "Keeps pets.\n\nMore."}}"#;
        let pets = plugin(&Document::read(text.as_bytes(), &url).unwrap());
        let identity = pets.identity();
        assert_eq!((&*identity.identifier, identity.shown_title()), ("pets", "Pets"));
        assert_eq!(identity.description, "Keeps pets.");
    }
}

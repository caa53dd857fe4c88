//! A plugin's avatar as the icon of a server or a tool.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::model::Icon;

/// Makes an icon of the URL of a picture, or draws the emoji.
pub(super) fn of_avatar(avatar: &str) -> Icon {
    if avatar.starts_with("https://") || avatar.starts_with("http://") || avatar.starts_with("data:image/") {
        return Icon::new(avatar);
    }
    let letters: String =
        avatar.chars().filter(|letter| !matches!(letter, '<' | '>' | '&')).take(16).collect();
    let picture = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><text y=".9em" font-size="90">{letters}</text></svg>"#
    );
    let source = format!("data:image/svg+xml,{}", utf8_percent_encode(&picture, NON_ALPHANUMERIC));
    Icon::new(source).with_mime_type("image/svg+xml").with_sizes(vec!["any".to_owned()])
}

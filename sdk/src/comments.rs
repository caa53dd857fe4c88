//! From doc comments to what people and models read.

/// Joins a doc comment's lines, each of which begins with the space that stands behind `///`.
pub(crate) fn text(comment: &str) -> String {
    let lines = comment.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Returns the first paragraph on one line, without the full stop that a title does not have.
pub(crate) fn summary(text: &str) -> String {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_suffix('.').map(str::to_owned).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_is_the_summary() {
        let comment = " Recommends clothes\n that fit.\n\n More about it.\n   indented\n";
        assert_eq!(text(comment), "Recommends clothes\nthat fit.\n\nMore about it.\n  indented");
        assert_eq!(summary(&text(comment)), "Recommends clothes that fit");
        assert_eq!(summary(""), "");
    }
}

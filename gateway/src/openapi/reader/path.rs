//! A path with its parameters in braces, taken apart once.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::super::fault::Fault;
pub(super) use super::super::model::Path;
use super::super::model::Piece;

/// What does not stand for itself in a path, beside what is not ASCII.
const FOREIGN: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'^').add(b'`').add(b'{').add(b'|').add(b'}');

/// No path is longer, in bytes: no URL that is called is.
const MAX_LENGTH: usize = 1800;

/// Reads a path. What stands behind `#` is dropped, as it would be on the way.
pub(super) fn read(text: &str) -> Result<Path, Fault> {
    if text.len() > MAX_LENGTH {
        return Err(Fault::Path);
    }
    // Else it would go on with the server's name, or lead to another one.
    if !text.starts_with('/') || text.contains(['\\', '\r', '\n', '\t', '\0']) {
        return Err(Fault::Path);
    }
    let text = text.split('#').next().unwrap_or_default();
    let (text, query) = match text.split_once('?') {
        Some((path, query)) => (path, Some(encoded(query)).filter(|query| !query.is_empty())),
        None => (text, None),
    };
    Ok(Path { pieces: pieces(text), query })
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((name, behind)) = behind.split_once('}') else { break };
        pieces.push(Piece::Text(encoded(before)));
        pieces.push(Piece::Parameter(name.to_owned()));
        rest = behind;
    }
    pieces.push(Piece::Text(encoded(rest)));
    pieces
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, FOREIGN).to_string()
}

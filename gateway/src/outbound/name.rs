//! Names of hosts: which are well formed (E3), and which are never asked for (E4).

/// Names that lead into somebody's own network or nowhere, with all below them: special-use domains of
/// RFC 6761, 6762, 7686, 8375, 9476 and what homes, offices, clouds and container runtimes use. Nothing is looked up.
const REFUSED: &[&str] = &[
    "alt",
    "arpa",
    "consul",
    "corp",
    "default",
    "docker",
    "home",
    "i2p",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "metadata.goog",
    "onion",
    "private",
    "svc",
];

/// Tells whether a name is one that DNS could hold: labels of letters, digits, hyphens and underscores, of at most 63
/// bytes, 253 in all, and a last label that begins with a letter, so that no name can be taken for a number.
///
/// Names of one label are well formed: whether they may be called is [`is_refused`]'s question.
pub(super) fn is_well_formed(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= 253
        && last.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    matches!(label.len(), 1..=63)
        && label.bytes().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Tells whether a name, in lower case, is `localhost` or below it.
pub(super) fn is_loopback(name: &str) -> bool {
    is_below(name, "localhost")
}

/// Tells whether a name, in lower case, is never looked up.
pub(super) fn is_refused(name: &str) -> bool {
    let is_single = !name.contains('.');
    is_single || is_loopback(name) || REFUSED.iter().any(|refused| is_below(name, refused))
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

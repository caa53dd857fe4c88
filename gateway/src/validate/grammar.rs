//! Keeps the regular grammars of formats, composed from named parts.
//!
//! They take what the edge takes, no more and no less, so they differ from their RFCs here and there: a URI has
//! a path or an authority, and a single slash may introduce the latter.

use std::sync::LazyLock;

use regex::Regex;

/// White space of ECMA-262, which differs from Unicode's in two characters.
const SPACE: &str =
    r"\t-\r\x20\u{A0}\u{1680}\u{2000}-\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{FEFF}";
const CLOCK: &str = r"(?:[0-2][0-9]:[0-5][0-9]:[0-5][0-9]|23:59:60)(?:\.[0-9]+)?";
const ZONE: &str = r"(?:[Zz]|[+-][0-9][0-9](?::?[0-9][0-9])?)";
const DAY: &str = r"[0-9]{4}-[01][0-9]-[0-3][0-9]";
const ESCAPED: &str = "%[0-9A-Fa-f]{2}";
const HEX: &str = "[0-9A-Fa-f]";

pub(super) static DATE: LazyLock<Regex> = LazyLock::new(|| whole(DAY));
pub(super) static TIME: LazyLock<Regex> = LazyLock::new(|| whole(&format!("{CLOCK}{ZONE}?")));
pub(super) static DATE_TIME: LazyLock<Regex> =
    LazyLock::new(|| whole(&format!("{DAY}[Tt{SPACE}]{CLOCK}{ZONE}")));
pub(super) static UUID: LazyLock<Regex> = LazyLock::new(|| {
    whole(&format!("(?:[Uu][Rr][Nn]:[Uu][Uu][Ii][Dd]:)?{HEX}{{8}}-(?:{HEX}{{4}}-){{3}}{HEX}{{12}}"))
});
pub(super) static WEEKS: LazyLock<Regex> = LazyLock::new(|| whole("P[0-9]+(?:[.,][0-9]+)?W"));
/// A duration ends in a unit, and only its last number has a fraction.
pub(super) static LAST_PART: LazyLock<Regex> =
    LazyLock::new(|| whole("P[0-9YMDTHS]*(?:[0-9][.,][0-9]+)?[YMDHS]"));
/// The units of a duration stand in their order.
pub(super) static PARTS: LazyLock<Regex> = LazyLock::new(|| {
    let part = |unit: &str| format!("(?:[.,0-9]+{unit})?");
    let (date, time) = (["Y", "M", "D"].map(part).concat(), ["H", "M", "S"].map(part).concat());
    whole(&format!("P{date}(?:T{time})?"))
});
pub(super) static POINTER_FRAGMENT: LazyLock<Regex> =
    LazyLock::new(|| whole(&format!("#(?:/(?:[A-Za-z0-9_.!$&'()*+,;:=@-]|{ESCAPED}|~0|~1)*)*")));
pub(super) static URI: LazyLock<Regex> = LazyLock::new(|| whole(&uri()));
pub(super) static URI_REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    let start = "(?:(?:[A-Za-z][A-Za-z0-9+,.-]*:)?/?/)?";
    whole(&format!(r"{start}(?:[^\\{SPACE}\#][^{SPACE}\#]*)?(?:\#[^\\{SPACE}]*)?"))
});
pub(super) static URI_TEMPLATE: LazyLock<Regex> = LazyLock::new(|| {
    let literal = format!(r#"(?:[^\x00-\x20"'<>%\\^`{{|}}]|{ESCAPED})"#);
    let variable = format!(r"(?:[A-Za-z0-9_]|{ESCAPED})+(?::[1-9][0-9]{{0,3}}|\*)?");
    whole(&format!(r"(?:{literal}|\{{[+\#./;?&=,!@|]?{variable}(?:,{variable})*\}})*"))
});
pub(super) static URL: LazyLock<Regex> = LazyLock::new(|| whole(&url()));

fn whole(grammar: &str) -> Regex {
    // Cannot fail because every grammar is a constant of this file, and a test compiles them all.
    Regex::new(&format!(r"\A(?:{grammar})\z")).expect("the grammar compiles")
}

/// Composes RFC 3986 section 3.
fn uri() -> String {
    let sign = format!("(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|{ESCAPED})");
    let authority = authority();
    let absolute = format!("/(?:{sign}+(?:/{sign}*)*)?");
    let rootless = format!("{sign}+(?:/{sign}*)*");
    let path = format!("(?:/?/{authority}(?:/{sign}*)*|{absolute}|{rootless})");
    let tail = format!("(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|{ESCAPED})*");
    format!(r"[A-Za-z][A-Za-z0-9+.-]*:{path}(?:\?{tail})?(?:\#{tail})?")
}

fn authority() -> String {
    let user = format!("(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|{ESCAPED})*@)?");
    let future = format!("[Vv]{HEX}+[.][A-Za-z0-9._~!$&'()*+,;=:-]+");
    let name = format!("(?:[A-Za-z0-9._~!$&'()*+,;=-]|{ESCAPED})*");
    format!(r"{user}(?:\[(?:{}|{future})\]|{name})(?::[0-9]*)?", ipv6())
}

/// Composes `IPv6address` of RFC 3986 section 3.2.2.
fn ipv6() -> String {
    let group = format!("{HEX}{{1,4}}");
    let octet = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)";
    let end = format!(r"(?:{group}:{group}|(?:{octet}\.){{3}}{octet})");
    let before = |most: usize| format!("(?:(?:{group}:){{0,{most}}}{group})?::");
    let mut forms = vec![format!("(?:{group}:){{6}}{end}"), format!("::(?:{group}:){{5}}{end}")];
    forms.extend((0..=4).map(|most| format!("{}(?:{group}:){{{}}}{end}", before(most), 4 - most)));
    forms.push(format!("{}{group}", before(5)));
    forms.push(before(6));
    format!("(?:{})", forms.join("|"))
}

/// Composes the edge's idea of a public web address: names with a top level, or addresses that are not private.
fn url() -> String {
    let letter = r"a-z\u{A1}-\u{FFFF}";
    let label = format!("[{letter}0-9]+(?:-[{letter}0-9]+)*");
    let name = format!(r"{label}(?:\.{label})*\.[{letter}]{{2,}}");
    let host = format!("(?:{}|{name})", public_address());
    let (user, port, path) = (format!("(?:[^{SPACE}]+@)?"), "(?::[0-9]{2,5})?", format!("(?:/[^{SPACE}]*)?"));
    format!("(?i)(?:https?|ftp)://{user}{host}{port}{path}")
}

/// Composes IPv4 addresses without 10/8, 127/8, 169.254/16, 172.16/12 and 192.168/16.
fn public_address() -> String {
    let high = "2[0-4][0-9]|25[0-5]";
    let any = format!("(?:1?[0-9]{{1,2}}|{high})");
    let first =
        "(?:[1-9]|1[1-9]|[2-9][0-9]|1[013458][0-9]|12[0-689]|16[0-8]|17[013-9]|19[013-9]|2[01][0-9]|22[0-3])";
    let starts = [
        format!(r"{first}\.{any}"),
        r"169\.(?:1?[0-9]{1,2}|2[0-4][0-9]|25[0-35])".to_owned(),
        format!(r"172\.(?:0?[0-9]|1[0-5]|3[2-9]|[4-9][0-9]|1[0-9]{{2}}|{high})"),
        format!(r"192\.(?:[0-9]{{1,2}}|1[0-57-9][0-9]|16[0-79]|{high})"),
    ];
    let last = "(?:[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-4])";
    format!(r"(?:{})\.{any}\.{last}", starts.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grammar_compiles() {
        let grammars = [
            &DATE,
            &TIME,
            &DATE_TIME,
            &UUID,
            &WEEKS,
            &LAST_PART,
            &PARTS,
            &POINTER_FRAGMENT,
            &URI,
            &URI_REFERENCE,
            &URI_TEMPLATE,
            &URL,
        ];
        assert!(grammars.iter().all(|grammar| !grammar.as_str().is_empty()));
    }
}

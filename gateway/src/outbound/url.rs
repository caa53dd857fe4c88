//! A URL that may be called as far as its text can tell (E1 to E3 of the egress rules): the value is the proof.
//!
//! The text is judged before any parser sees it, and the host must then read back as it was written, so that no two
//! parsers can disagree about whom it names. Whether that host may be reached is the policy's to say.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use url::Url;

use super::name;

/// No URL is longer, in bytes.
const MAX_URL: usize = 2048;

/// Holds an http or https URL without credentials, fragment or a host that two parsers could read differently.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct TargetUrl {
    url: Url,
    uri: Uri,
    origin: Origin,
}

/// Names where a URL leads: scheme, host and port.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

/// Says whether the road is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// Names a host: by an address, or by a name in lower case that is to be looked up.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
    Name(Arc<str>),
}

/// Says why a text is not a URL that may be called. Never quotes it: a URL can carry a secret in its query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlFault {
    #[error("a URL has at most {MAX_URL} bytes")]
    TooLong,
    #[error(
        "a URL has letters, digits and visible ASCII only, no backslash, and a host in ASCII: write others encoded"
    )]
    Characters,
    #[error("a URL begins with `https://` or `http://`")]
    Scheme,
    #[error("the host must not have `@` or `%` in it: a URL carries no credentials")]
    Authority,
    #[error("the port is a number in digits, at most 65535")]
    Port,
    #[error(
        "the host must be written plainly: a name as `plugin.example.org`, an address as `192.0.2.1` or `[2001:db8::1]`"
    )]
    Host,
    #[error("the text does not parse as a URL")]
    Unparsable,
    #[error("it stands in a file, so it has to be a whole URL: write it so, or say where with `base_url`")]
    Relative,
}

impl TargetUrl {
    /// Reads a URL. A fragment is dropped: it is never sent.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlFault> {
        let authority = judge_text(text)?;
        let mut url = Url::parse(text).map_err(|_| UrlFault::Unparsable)?;
        let host = read_host(&url, authority)?;
        url.set_fragment(None);
        let scheme = if url.scheme() == "https" { Scheme::Https } else { Scheme::Http };
        let port = url.port_or_known_default().ok_or(UrlFault::Port)?;
        let uri = Uri::from_str(url.as_str()).map_err(|_| UrlFault::Unparsable)?;
        Ok(Self { url, uri, origin: Origin { scheme, host, port } })
    }

    /// Returns the URL as it is sent, normalised as browsers do.
    pub(crate) fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Returns where the URL leads.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Resolves a reference found in what this URL gave (a `Location`, a relative `servers` entry), by the same rules.
    ///
    /// [`UrlFault::Unparsable`] means that it is no URL at all, every other fault that it is one which must not be
    /// followed.
    pub(crate) fn join(&self, reference: &str) -> Result<Self, UrlFault> {
        let joined = self.url.join(reference).map_err(|_| UrlFault::Unparsable)?;
        judge_characters(reference)?;
        // What states its own host is judged as it was written, before a parser has made it plain.
        match own_authority(reference, self.url.scheme()) {
            Some(absolute) => Self::parse(&absolute),
            None => Self::parse(joined.as_str()),
        }
    }

    /// Returns this URL's path and query below a base, by the same rules.
    pub(crate) fn below(&self, base: &Self) -> Result<Self, UrlFault> {
        let base = base.as_str().trim_end_matches('/');
        Self::parse(&format!("{base}{}", &self.url[url::Position::BeforePath..]))
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.uri
    }
}

impl fmt::Debug for TargetUrl {
    /// Leaves out the path and the query, which can carry a secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TargetUrl({}/..)", self.origin)
    }
}

impl Origin {
    /// Reads an origin: `https://host` or `https://host:port`, and nothing behind it but a slash.
    pub(crate) fn parse(text: &str) -> Result<Self, UrlFault> {
        let url = TargetUrl::parse(text)?;
        if url.url.path() != "/" || url.url.query().is_some() {
            return Err(UrlFault::Unparsable);
        }
        Ok(url.origin)
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns host and port, as an allow list has them.
    pub(crate) fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Tells whether a call may be led from here to there: the same origin, or from http to https of the same host.
    pub(crate) fn leads_to(&self, other: &Self) -> bool {
        let upgraded =
            self.scheme == Scheme::Http && other.scheme == Scheme::Https && self.host == other.host;
        self == other || upgraded
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme.as_str(), self.host)?;
        if self.port == self.scheme.default_port() {
            return Ok(());
        }
        write!(formatter, ":{}", self.port)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Origin {
    type Err = UrlFault;

    fn from_str(text: &str) -> Result<Self, UrlFault> {
        Self::parse(text)
    }
}

impl Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl Host {
    /// Tells whether a text names it, as an allow list has it: an IPv6 address in brackets, a name in any case.
    pub(super) fn is_written(&self, text: &str) -> bool {
        match self {
            Self::V4(address) => text.parse() == Ok(*address),
            Self::V6(address) => bracketed(text) == Some(*address),
            Self::Name(name) => text.eq_ignore_ascii_case(name),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(formatter),
            Self::V6(address) => write!(formatter, "[{address}]"),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

/// Tells whether a text is meant to be a URL, be it one that may be called or not.
pub(crate) fn is_url(text: &str) -> bool {
    Url::parse(text).is_ok() || text.contains("://")
}

/// E1: judges a URL as text and returns its authority.
fn judge_text(text: &str) -> Result<&str, UrlFault> {
    judge_characters(text)?;
    let rest = strip_scheme(text, "https://").or_else(|| strip_scheme(text, "http://"));
    let authority = rest.ok_or(UrlFault::Scheme)?.split(['/', '?', '#']).next().unwrap_or_default();
    if !authority.is_ascii() {
        return Err(UrlFault::Characters);
    }
    if authority.contains(['@', '%']) {
        return Err(UrlFault::Authority);
    }
    Ok(authority)
}

fn judge_characters(text: &str) -> Result<(), UrlFault> {
    if text.len() > MAX_URL {
        return Err(UrlFault::TooLong);
    }
    // Letters of other scripts mean the same to every parser behind the host, where they are percent-encoded as browsers do.
    let plain = |letter: char| match letter {
        '\\' => false,
        '!'..='~' => true,
        other => !other.is_ascii() && other.is_alphanumeric(),
    };
    if text.chars().all(plain) { Ok(()) } else { Err(UrlFault::Characters) }
}

fn strip_scheme<'a>(text: &'a str, scheme: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// E2 and E3: the host as it was written is the host as it was parsed.
fn read_host(url: &Url, authority: &str) -> Result<Host, UrlFault> {
    let written = split_port(authority)?;
    let same = |parsed: &str| if written.eq_ignore_ascii_case(parsed) { Ok(()) } else { Err(UrlFault::Host) };
    match url.host().ok_or(UrlFault::Host)? {
        // Every spelling of an IPv6 address has brackets around it and one meaning. It is read again all the same:
        // the parser steps over any number of slashes before it, which leaves the authority empty to others.
        url::Host::Ipv6(address) if bracketed(written) == Some(address) => Ok(Host::V6(address)),
        url::Host::Ipv6(_) => Err(UrlFault::Host),
        url::Host::Ipv4(address) => same(&address.to_string()).map(|()| Host::V4(address)),
        url::Host::Domain(domain) => {
            same(domain)?;
            if name::is_well_formed(domain) { Ok(Host::Name(domain.into())) } else { Err(UrlFault::Host) }
        }
    }
}

fn bracketed(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

/// Returns the host of an authority, without its port, of which only the digits are looked at.
fn split_port(authority: &str) -> Result<&str, UrlFault> {
    let end_of_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = authority[end_of_host..].find(':') else { return Ok(authority) };
    let (host, port) = authority.split_at(end_of_host + colon);
    if port[1..].bytes().all(|byte| byte.is_ascii_digit()) { Ok(host) } else { Err(UrlFault::Port) }
}

/// Returns a reference with its own scheme or host as an absolute URL, and nothing for one without.
fn own_authority(reference: &str, scheme: &str) -> Option<String> {
    if reference.starts_with("//") {
        return Some(format!("{scheme}:{reference}"));
    }
    let (before, _) = reference.split_once(':')?;
    let is_scheme = before.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let begins = before.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    (begins && is_scheme).then(|| reference.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_behind_an_empty_authority_is_not_taken() {
        for url in [
            "https:////[2606:4700::1]/",
            "https:///[2606:4700::1]/",
            "https:///user:secret@[2606:4700::1]/",
            "https:///plugins.example.org/",
            "https:///192.0.2.1/",
        ] {
            assert_eq!(TargetUrl::parse(url).err(), Some(UrlFault::Host), "{url}");
        }
        for url in
            ["https://[2606:4700::1]/", "https://[2606:4700:0::0:1]:8443", "https://[::ffff:192.0.2.1]"]
        {
            assert!(TargetUrl::parse(url).is_ok(), "{url}");
        }
    }
}

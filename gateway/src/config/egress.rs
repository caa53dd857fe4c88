//! What the gateway may dial, as the operator wrote it. The rules behind these words are the outbound door's.

use std::path::PathBuf;

use ipnet::{IpNet, Ipv6Net};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

/// Says what may be dialled beyond, or short of, the public internet.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Egress {
    /// Refuses targets over plain HTTP. `true`; `dev` turns it off.
    pub(crate) require_https: bool,
    /// Hosts, with or without a port, that are opened although a rule refuses them: `127.0.0.1:3501`, `plugins.lan`.
    #[serde(deserialize_with = "hosts")]
    pub(crate) allow_hosts: Vec<String>,
    /// Ranges of addresses that are opened although a rule refuses them: `10.1.0.0/16`.
    #[serde(deserialize_with = "networks")]
    #[schemars(with = "Vec<String>")]
    pub(crate) allow_cidrs: Vec<IpNet>,
    /// Opens the places in one's own network that stand in a plugin's lines, to that plugin, without a word in its
    /// `allow_hosts`. `false`.
    pub(crate) open_named: bool,
    /// Ports that are opened beside 80, 443 and those from 1024 on.
    pub(crate) allow_ports: Vec<u16>,
    /// Opens the metadata services of clouds, where another rule opens their address too.
    pub(crate) allow_metadata: bool,
    /// The network's own NAT64 prefixes, which are refused because IPv4 addresses hide in them: `2001:db8:64::/96`.
    #[serde(deserialize_with = "prefixes")]
    #[schemars(with = "Vec<String>")]
    pub(crate) nat64_prefixes: Vec<Ipv6Net>,
    /// A PEM file of certificates that are trusted beside the system's. Relative to the configuration file.
    #[schemars(with = "String")]
    pub(crate) extra_roots: Option<PathBuf>,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            require_https: true,
            allow_hosts: Vec::new(),
            allow_cidrs: Vec::new(),
            open_named: false,
            allow_ports: Vec::new(),
            allow_metadata: false,
            nat64_prefixes: Vec::new(),
            extra_roots: None,
        }
    }
}

pub(super) fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let hosts = Vec::<String>::deserialize(deserializer)?;
    match hosts.iter().find(|host| !is_host(host)) {
        Some(_) => Err(de::Error::custom(
            "a host is a name or an address, with or without a port, and no URL: `plugins.lan`, `127.0.0.1:3501`, \
             `[fd00::1]:80`",
        )),
        None => Ok(hosts),
    }
}

/// Returns whether a text is a host with or without a port, by making it the host of a URL.
fn is_host(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"/@?#\\%".contains(&byte);
    !text.is_empty()
        && text.bytes().all(plain)
        && url::Url::parse(&format!("https://{text}")).is_ok_and(|url| url.host().is_some())
}

pub(super) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let expected =
        "a range of addresses is an address and the length of its prefix: `10.1.0.0/16`, `fd12::/48`";
    parsed(deserializer, expected)
}

fn prefixes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Ipv6Net>, D::Error> {
    let expected =
        "a NAT64 prefix is an IPv6 address and a length of 32, 40, 48, 56, 64 or 96: `2001:db8:64::/96`";
    let prefixes: Vec<Ipv6Net> = parsed(deserializer, expected)?;
    // The lengths of RFC 6052, section 2.2.
    let known = |prefix: &Ipv6Net| matches!(prefix.prefix_len(), 32 | 40 | 48 | 56 | 64 | 96);
    if prefixes.iter().all(known) { Ok(prefixes) } else { Err(de::Error::custom(expected)) }
}

fn parsed<'de, D, T>(deserializer: D, expected: &str) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: std::str::FromStr,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    let parsed: Result<_, _> = texts.iter().map(|text| text.parse()).collect();
    parsed.map_err(|_| de::Error::custom(expected))
}

//! Which names a server answers to, so that a web page cannot reach one on this machine under a name of its own.
//!
//! A page of `evil.test` may talk to `evil.test`, and whoever owns that name decides which address it leads to: also
//! 127.0.0.1 ("DNS rebinding"). The browser still writes `Host: evil.test`. An address needs no name server to be found, so
//! one that is written out is no such trick.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

use crate::describe::BaseUrl;
use crate::error::PluginError;

/// Says which hosts a server answers to, by the `Host` header: without more words this machine's own names, and addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts {
    any: bool,
    listed: Vec<String>,
}

impl Hosts {
    /// Answers to this machine's own names, and to addresses.
    #[must_use]
    pub fn local() -> Self {
        Self::default()
    }

    /// Answers to every name: right behind a proxy that looks after it.
    #[must_use]
    pub fn any() -> Self {
        Self { any: true, listed: Vec::new() }
    }

    /// Answers to one more name, under any port: that of a container, such as `clothes`, or a public one. `*` means all.
    #[must_use]
    pub fn and(mut self, host: &str) -> Self {
        match host.trim() {
            "*" => self.any = true,
            host => self.listed.push(name_of(host).to_ascii_lowercase()),
        }
        self
    }

    /// Answers to the name of a public URL, too.
    #[must_use]
    pub fn and_of(self, url: &BaseUrl) -> Self {
        match url.as_str().parse::<Uri>().ok().as_ref().and_then(Uri::host) {
            Some(host) => self.and(host),
            None => self,
        }
    }

    /// Refuses a request for a host that is not ours, and says how to allow it.
    ///
    /// # Errors
    ///
    /// 403.
    pub fn admit(&self, target: &Uri, headers: &HeaderMap) -> Result<(), PluginError> {
        if self.any {
            return Ok(());
        }
        let said = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let Some(asked) = said.or_else(|| target.authority().map(Authority::as_str)) else {
            return Err(PluginError::forbidden("the request names no host"));
        };
        let name = name_of(asked).to_ascii_lowercase();
        if is_local(&name) || self.listed.contains(&name) {
            return Ok(());
        }
        let name: String = name.chars().take(200).collect();
        Err(PluginError::forbidden(format!(
            "this server does not answer to the host `{name}`: allow it with `--allow-host {name}`, or in `hosts` of a gateway's configuration"
        )))
    }
}

/// Returns a host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

fn is_local(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.ends_with(".localhost") || address.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "mcp")]
    #[test]
    fn the_public_name_is_answered_to() {
        let public = Hosts::local().and_of(&BaseUrl::parse("https://plugins.example.org/x").unwrap());
        assert!(public.listed.contains(&"plugins.example.org".to_owned()));
    }

    #[test]
    fn who_is_answered_to() {
        let check = |hosts: &Hosts, host: &str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(hosts.admit(&Uri::from_static("/mcp"), &headers).is_ok(), expected, "{host}");
        };
        for local in [
            "localhost",
            "localhost:3400",
            "127.0.0.1:3400",
            "[::1]:3400",
            "[::1]",
            "192.168.1.5:1",
            "a.localhost",
        ] {
            check(&Hosts::local(), local, true);
        }
        for foreign in
            ["evil.test", "evil.test:3400", "localhost.evil.test", "127.0.0.1.evil.test", "", "clothes:3400"]
        {
            check(&Hosts::local(), foreign, false);
        }
        let listed = Hosts::local().and("clothes").and("MCP.example.org:443");
        check(&listed, "clothes:3400", true);
        check(&listed, "mcp.example.org", true);
        check(&listed, "evil.test", false);
        check(&Hosts::local().and("*"), "evil.test", true);
    }

    #[test]
    fn a_refusal_says_how_to_allow_it() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "clothes:3400".parse().unwrap());
        let error = Hosts::local().admit(&Uri::from_static("/mcp"), &headers).unwrap_err();
        let expected = "this server does not answer to the host `clothes`: allow it with `--allow-host clothes`, or in `hosts` of a gateway's configuration";
        assert_eq!((error.status(), error.message()), (403, expected));
    }
}

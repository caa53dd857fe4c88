//! What of a configuration the program's own listener goes by. A router that stands in somebody else's server has none.

use std::net::SocketAddr;

use lobe_plugin_sdk::serve::{ListenerHosts, ListenerLimits};
use url::Url;

use super::limits::Limits;
use super::{Config, Error};

impl Config {
    /// Returns by which hosts the listener at an address may be asked for. Where callers need no key, a page that makes
    /// its own name mean this machine would be one of them.
    pub(crate) fn hosts_at(&self, address: SocketAddr) -> ListenerHosts {
        if self.auth.is_required() || !address.ip().is_loopback() {
            return ListenerHosts::any();
        }
        let public = self.public_url.as_ref().and_then(|url| Url::parse(url.as_str()).ok());
        let public = public.as_ref().and_then(Url::host_str);
        let named = self.hosts.iter().map(String::as_str).chain(public);
        named.fold(ListenerHosts::loopback(address.port()), ListenerHosts::and)
    }

    /// Refuses what would let strangers in without anybody having said so.
    ///
    /// # Errors
    ///
    /// An address that others reach, while callers need no credential and `open` is not set.
    pub(crate) fn admit_strangers(&self) -> Result<(), Error> {
        if self.open || self.auth.is_required() || self.listen.ip().is_loopback() {
            return Ok(());
        }
        let message = format!(
            "{} is an address that others reach, and callers need no key: make keys with `lobe-gateway keys create` and \
             name their file (`auth.keys`, `--keys`), or say `open = true` (`--open`)",
            self.listen
        );
        Err(Error::at(&["listen"], message))
    }
}

impl Limits {
    /// Returns what connections may cost.
    pub(crate) fn of_listener(&self) -> ListenerLimits {
        ListenerLimits {
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            head_time: self.head_time,
            keep_alive: self.keep_alive,
            head: self.head,
            headers: self.headers,
            target: self.target,
            send_time: self.send_time,
            streams: self.streams,
            drain_accept: self.drain_accept,
            drain: self.drain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_need_a_word_of_the_operator() {
        let check = |text: &str, expected: bool| {
            assert_eq!(Config::from_toml(text).unwrap().admit_strangers().is_ok(), expected, "{text}");
        };
        check("listen = \"127.0.0.1:1\"", true);
        check("listen = \"[::1]:1\"", true);
        check("listen = \"0.0.0.0:1\"", false);
        check("listen = \"[::]:1\"", false);
        check("listen = \"10.0.0.1:1\"", false);
        check("listen = \"0.0.0.0:1\"\nopen = true", true);
        let said =
            Config::from_toml("listen = \"0.0.0.0:1\"").unwrap().admit_strangers().unwrap_err().to_string();
        assert!(said.contains("--open"), "{said}");
    }
}

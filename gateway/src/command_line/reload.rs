//! A changed configuration, taken into the running server: at SIGHUP, and when the file is another one.
//!
//! Calls that run go on as they began. What is wrong is refused as a whole, and the server goes on as it was.

use std::time::Duration;

use lobe_plugin_sdk::Plugin;
use lobe_plugin_sdk::serve::{Routes, Tls};

use super::arguments::ServeOptions;
use super::certificate::{self, Stamps};
use crate::config::{Config, Error};
use crate::gateway::Gateway;
use crate::watch::Stamp;

/// How often the file is looked at.
const EVERY: Duration = Duration::from_millis(400);

/// Keeps a running server as its configuration says.
pub(super) struct Reload {
    pub(super) options: ServeOptions,
    /// What the sockets and the audit stream were opened by.
    pub(super) started: Config,
    /// What holds now.
    pub(super) config: Config,
    pub(super) gateway: Gateway,
    /// The plugins of the process.
    pub(super) mounted: Vec<Plugin>,
    pub(super) routes: Routes,
    /// The listener's certificate, if it has one.
    pub(super) tls: Option<Tls>,
}

/// What the files were just before they were read at the start: a change since then is one.
pub(super) struct Read {
    pub(super) file: Option<Stamp>,
    pub(super) certificate: Option<Stamps>,
}

impl Reload {
    /// Takes in every change, for as long as the process lives.
    pub(super) async fn run(mut self, read: Read, mut hangups: Hangups) {
        let mut ticks = tokio::time::interval(EVERY);
        let Read { file: mut taken, mut certificate } = read;
        let mut seen = taken.clone();
        loop {
            tokio::select! {
                () = hangups.next() => {}
                _ = ticks.tick() => {
                    let latest = self.certificate().await;
                    if latest != certificate {
                        certificate = latest;
                        self.renew();
                    }
                    let before = std::mem::replace(&mut seen, self.stamp().await);
                    // A file that is being written is left alone until it is there, and stays the same for a moment.
                    if seen.is_none() || seen != before || seen == taken {
                        continue;
                    }
                }
            }
            taken = self.stamp().await;
            match self.take() {
                Ok(()) => tracing::info!("the configuration was read again"),
                Err(error) => tracing::error!(%error, "the configuration stays as it was"),
            }
        }
    }

    /// Looks at the file beside the event loop, since a file system may keep whoever asks it waiting.
    async fn stamp(&self) -> Option<Stamp> {
        let file = self.options.config.clone()?;
        tokio::task::spawn_blocking(move || Stamp::of(&file)).await.ok().flatten()
    }

    async fn certificate(&self) -> Option<Stamps> {
        let of = self.config.tls.clone()?;
        tokio::task::spawn_blocking(move || certificate::stamps(&of)).await.ok()
    }

    /// Shows a renewed certificate from the next connection on. One of its files may still be the old one: then the next
    /// change, which is on its way, brings both.
    fn renew(&self) {
        let (Some(tls), Some(of)) = (&self.tls, &self.config.tls) else { return };
        match certificate::renew(tls, of) {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => tracing::error!(%error, "the certificate stays as it was"),
        }
    }

    fn take(&mut self) -> Result<(), Error> {
        let layers = self.options.layers()?;
        let mut config = layers.config()?;
        self.keep_what_is_open(&mut config);
        config.admit_strangers().map_err(|error| layers.place(error))?;
        // A file that lost a line is likelier than such a wish; and by which hosts we are asked for depends on it.
        if self.started.auth.is_required() && !config.auth.is_required() {
            return Err(Error::at(
                &["auth"],
                "callers need a key until a restart, and nothing here asks for one any more",
            ));
        }
        if config == self.config {
            return Ok(());
        }
        let gateway = Gateway::configured(&config).map_err(|error| layers.place(error))?;
        let gateway = self.mounted.iter().cloned().fold(gateway, Gateway::mount).in_place_of(&self.gateway);
        self.routes.replace(gateway.clone().router());
        (self.gateway, self.config) = (gateway, config);
        Ok(())
    }

    /// Sockets are not opened anew, nor is the audit stream, and connections that are open were counted by other limits:
    /// says what of it waits for a restart. Another certificate does not, where there is one.
    fn keep_what_is_open(&self, config: &mut Config) {
        let Config { listen, admin, audit, tls, limits, .. } = &self.started;
        let hosts = |config: &Config| config.hosts_at(*listen);
        let waits = [
            ("listen", config.listen != *listen),
            ("admin", config.admin != *admin),
            ("audit", config.audit != *audit),
            ("tls", config.tls.is_some() != tls.is_some()),
            ("hosts", hosts(config) != hosts(&self.started)),
            ("limits of connections", config.limits.of_listener() != limits.of_listener()),
        ];
        for (what, _) in waits.iter().filter(|(_, changed)| *changed) {
            tracing::warn!(what, "this change waits for a restart");
        }
        (config.listen, config.admin, config.audit) = (*listen, *admin, audit.clone());
        if config.tls.is_some() != tls.is_some() {
            config.tls.clone_from(tls);
        }
    }
}

/// Listens to SIGHUP. Until somebody does, that one ends the process.
#[cfg(unix)]
pub(super) struct Hangups(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Hangups {
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::hangup())?))
    }

    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Hangups;

#[cfg(not(unix))]
impl Hangups {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}

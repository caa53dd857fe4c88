//! The bench that the plugin lies on: what is known of it, and the gateway that stands in front of it just now.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use lobe_plugin_sdk::check::Remark;
use lobe_plugin_sdk::schema::Profile;
use lobe_plugin_sdk::serve::Cors;
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use tokio::time::{Instant, timeout};

use super::adopt;
use super::document::{self, Document, Missing};
use super::screen::Screen;
use super::verdict::{self, Paper};
use crate::assemble::door_out;
use crate::config::{Config, Error as ConfigError};
use crate::gateway::Gateway;
use crate::openapi;
use crate::outbound::{Outbound, TargetUrl, Trust};
use crate::remote::{manifest, service};
use crate::server::GATEWAY_PATH;
use crate::target::{Source, Target};
use crate::visit::shown;

/// How long a call waits for a plugin that is being started: it may be compiled first.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long what was read of the plugin is believed.
const FRESH: Duration = Duration::from_secs(1);

/// Puts the plugin in front of LobeChat, whatever state it is in.
pub(super) struct Bench {
    pub(super) screen: Screen,
    pub(super) cors: Cors,
    pub(super) outbound: Outbound,
    gateway: Gateway,
    base_url: String,
    stage: watch::Sender<Stage>,
    looked: Mutex<Looked>,
}

/// Says how it stands with the plugin.
#[derive(Clone)]
pub(super) enum Stage {
    Starting,
    Up(Arc<Up>),
    Down(String),
}

/// Holds a plugin that can be called.
pub(super) struct Up {
    /// The plugin's own manifest, with this gateway in it. None: it has none, and the router makes one.
    pub(super) manifest: Option<String>,
    pub(super) names: Vec<String>,
    pub(super) router: Router,
}

/// Remembers what was seen last, so that only what is new is told.
#[derive(Default)]
struct Looked {
    /// Where the document stands. None: not known.
    at: Option<TargetUrl>,
    when: Option<Instant>,
    last: Option<Result<Bytes, Missing>>,
    /// What was remarked of the last document: it is said once.
    remarks: Vec<Remark>,
    greeted: bool,
    names: Vec<String>,
}

impl Bench {
    pub(super) fn new(config: &Config, base_url: String, screen: Screen) -> Result<Self, ConfigError> {
        let outbound = door_out(config)?;
        let gateway = Gateway::calling_by(config, &outbound)?;
        let stage = watch::Sender::new(Stage::Starting);
        let looked = Mutex::default();
        Ok(Self { screen, cors: config.pages(), outbound, gateway, base_url, stage, looked })
    }

    /// Notes that the plugin is being started: calls wait from now on.
    pub(super) async fn begin(&self) {
        let mut looked = self.looked.lock().await;
        (looked.at, looked.last) = (None, None);
        self.stage.send_replace(Stage::Starting);
    }

    /// Notes that the plugin is gone, and tells why.
    pub(super) async fn lose(&self, why: String) {
        let mut looked = self.looked.lock().await;
        (looked.at, looked.last) = (None, None);
        self.screen.object(&why);
        self.stage.send_replace(Stage::Down(why));
    }

    /// Notes what was found, or that nothing was; from now on it is looked there.
    pub(super) async fn found(&self, at: &TargetUrl, outcome: Result<Document, Missing>) {
        let mut looked = self.looked.lock().await;
        looked.at = Some(at.clone());
        self.note(&mut looked, outcome).await;
    }

    /// Returns how it stands, as of now: waits for a plugin that is being started, and looks whether it has changed.
    pub(super) async fn current(&self) -> Stage {
        let mut stages = self.stage.subscribe();
        // Whoever waited long enough gets the stage as it is.
        let _ = timeout(PATIENCE, stages.wait_for(|stage| !matches!(stage, Stage::Starting))).await;
        self.look_again().await;
        self.stage.borrow().clone()
    }

    async fn look_again(&self) {
        let mut looked = self.looked.lock().await;
        let Some(at) = looked.at.clone() else { return };
        if looked.when.is_some_and(|when| when.elapsed() < FRESH) {
            return;
        }
        let outcome = document::get(&self.outbound, &at).await;
        self.note(&mut looked, outcome).await;
    }

    async fn note(&self, looked: &mut Looked, outcome: Result<Document, Missing>) {
        looked.when = Some(Instant::now());
        let now = outcome.as_ref().map(|document| document.text.clone()).map_err(Clone::clone);
        if looked.last.as_ref() == Some(&now) {
            return;
        }
        looked.last = Some(now);
        let stage = match outcome {
            Ok(document) => self.put_up(looked, &document).await,
            Err(missing) => {
                self.screen.object(missing.words());
                Stage::Down(missing.words().to_owned())
            }
        };
        self.stage.send_replace(stage);
    }

    /// Judges a document, tells what came of it, and puts a gateway in front of the plugin.
    async fn put_up(&self, looked: &mut Looked, document: &Document) -> Stage {
        let verdict = verdict::document(document);
        let stage = match verdict.paper {
            Some(Paper::Manifest(manifest)) => {
                let target = self.target_of(&manifest).await;
                self.serve(looked, document, target, Some(manifest))
            }
            Some(Paper::Service(service)) => {
                let plugin = adopt::plugin(&service);
                let target = service::target::described(&service, plugin, Source::Operator, &self.services());
                self.serve(looked, document, target, None)
            }
            None => {
                let why = format!("LobeChat would refuse what is at {}", document.served.url().as_str());
                self.screen.object(&why);
                Stage::Down(why)
            }
        };
        let before = std::mem::replace(&mut looked.remarks, verdict.remarks);
        let new = looked.remarks.iter().filter(|remark| !before.contains(remark));
        new.for_each(|remark| self.screen.remark(remark));
        stage
    }

    /// Makes a target of a manifest, and of the OpenAPI document that it names.
    async fn target_of(&self, manifest: &Value) -> Target {
        let target = manifest::target(manifest.clone(), Source::Operator, &self.outbound);
        let Some(url) = manifest["openapi"].as_str().filter(|url| !url.is_empty()) else { return target };
        match self.service_at(url).await {
            Ok(service) => service::target::complete(&target, &Arc::new(service), &self.services()),
            Err(why) => {
                self.screen.object(format_args!("the OpenAPI document that the manifest names: {why}"));
                target
            }
        }
    }

    async fn service_at(&self, url: &str) -> Result<openapi::Document, String> {
        let url = TargetUrl::parse(url).map_err(|fault| fault.to_string())?;
        let document =
            document::get(&self.outbound, &url).await.map_err(|missing| missing.words().to_owned())?;
        openapi::Document::read(&document.text, &url).map_err(|fault| fault.to_string())
    }

    fn services(&self) -> service::Door {
        service::Door::new(self.outbound.clone(), Trust::Market)
    }

    fn serve(
        &self,
        looked: &mut Looked,
        document: &Document,
        target: Target,
        manifest: Option<Value>,
    ) -> Stage {
        let names: Vec<_> = target.apis().iter().map(|api| shown(&api.name)).collect();
        if looked.greeted {
            self.screen.say(changes(&looked.names, &names));
        } else {
            self.greet(document, &target, &names);
        }
        (looked.greeted, looked.names) = (true, names.clone());
        let manifest = manifest.map(|mut manifest| {
            manifest["gateway"] = format!("{}{GATEWAY_PATH}", self.base_url).into();
            manifest.to_string()
        });
        let router = self.gateway.clone().in_front_of(&Arc::new(target)).router();
        Stage::Up(Arc::new(Up { manifest, names, router }))
    }

    /// Says where everything is, and where to paste it.
    fn greet(&self, document: &Document, target: &Target, names: &[String]) {
        let base = &self.base_url;
        let identity = target.plugin.identity();
        let mut text = format!(
            "\n  {} ({}) with {} found at {}\n\n",
            identity.shown_title(),
            identity.identifier,
            if names.is_empty() { "no operations".to_owned() } else { names.join(", ") },
            document.served.url().as_str(),
        );
        let mut line = |label: &str, value: &str| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {label:<13} {value}");
        };
        line("LobeChat 1.x", "Plugin Store > Custom Plugin > paste the manifest's URL:");
        line("", &format!("{base}/manifest.json"));
        line("Gateway", &format!("{base}{GATEWAY_PATH} (the manifest names it; nothing to paste)"));
        let served = json!({ &*identity.identifier: { "type": "http", "url": format!("{base}/mcp") } });
        line("LobeHub 2.x", "and other MCP clients: add an MCP server by importing this:");
        line("", &json!({ "mcpServers": served }).to_string());
        line("In a browser", &format!("{base}/docs"));
        if let Some(operation) = target.plugin.operations().first() {
            let example = operation.get_parameters().in_profile(Profile::Portable).example();
            let example = example.to_string().replace('\'', r"'\''");
            line("By hand", &format!("curl {base}/api/{} --json '{example}'", operation.name()));
        }
        self.screen.show(&text);
    }
}

/// Says what has changed since the plugin was seen last.
fn changes(before: &[String], now: &[String]) -> String {
    let new: Vec<_> =
        now.iter().filter(|name| !before.contains(name)).map(|name| format!("+{name}")).collect();
    let gone: Vec<_> =
        before.iter().filter(|name| !now.contains(name)).map(|name| format!("-{name}")).collect();
    let all = [new, gone].concat();
    if all.is_empty() {
        return "the plugin is up, with the same operations".to_owned();
    }
    format!(
        "the plugin is up, with other operations: {}. Install it again in LobeChat to see them",
        all.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn changes_are_named() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(changes(&names(&["a"]), &names(&["a"])), "the plugin is up, with the same operations");
        let said = changes(&names(&["a", "b"]), &names(&["b", "c"]));
        assert!(said.contains("other operations: +c -a."), "{said}");
    }
}

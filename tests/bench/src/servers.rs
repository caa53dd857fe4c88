//! The three servers that are measured. All call the same function; they differ in what stands before it.

use std::io;

use axum::Router;
use axum::extract::Json;
use axum::routing::post;
use clothes::clothes::{plugin, recommend_clothes};
use clothes::{Gender, Mood, Outfit};
use lobe_plugin_gateway::Gateway;
use lobe_plugin_sdk::serve::{self, Readiness};
use serde::Deserialize;
use tokio::net::TcpListener;

/// The worker threads of every server: as many as the small machine that plugins run on has cores.
const THREADS: usize = 2;

/// Names a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Contender {
    /// A handler in plain axum, served by axum: what the others are measured against.
    Axum,
    /// The plugin's own door.
    Sdk,
    /// The gateway with the plugin mounted.
    Gateway,
}

impl Contender {
    pub(crate) const ALL: [Self; 3] = [Self::Axum, Self::Sdk, Self::Gateway];

    /// Finds it by its name on the command line.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|contender| contender.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Axum => "axum",
            Self::Sdk => "sdk",
            Self::Gateway => "gateway",
        }
    }

    /// Returns the most it may cost, as a multiple of what the handler in plain axum costs.
    pub(crate) const fn target(self) -> Option<f64> {
        match self {
            Self::Axum => None,
            Self::Sdk => Some(1.15),
            Self::Gateway => Some(1.6),
        }
    }
}

/// Serves one of them until the process is killed.
pub(crate) fn serve(contender: Contender, port: u16) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let router = match contender {
            Contender::Axum => return axum::serve(listener, handwritten()).await,
            Contender::Sdk => plugin().router(),
            Contender::Gateway => Gateway::new().mount(plugin()).router(),
        };
        serve::serve(listener, router, Readiness::default(), std::future::pending()).await
    })
}

/// What somebody would write who has axum and no SDK: no documents, no limits, no CORS, no errors in LobeHub's words.
fn handwritten() -> Router {
    Router::new().route("/api/recommend_clothes", post(recommend))
}

async fn recommend(Json(arguments): Json<Arguments>) -> Json<Outfit> {
    let Arguments { mood, gender, limit } = arguments;
    Json(recommend_clothes(mood, gender, limit).await)
}

#[derive(Deserialize)]
struct Arguments {
    mood: Mood,
    gender: Gender,
    #[serde(default = "three")]
    limit: usize,
}

fn three() -> usize {
    3
}

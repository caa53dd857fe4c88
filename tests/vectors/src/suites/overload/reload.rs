//! What changes under a gateway that is being called: its configuration, its certificate.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::{Measures, judge};
use crate::documents;
use crate::gateway::config::Needs;
use crate::gateway::{Gateway, PATH, process};
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire;

const PATIENCE: Duration = Duration::from_secs(5);
/// The page that the second configuration invites.
const PAGE: &str = "https://new.vec.test";
/// The name that the certificates are for.
const NAME: &str = "gateway.vec.test";

/// Runs a vector about a change.
pub(super) async fn run(stage: &Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let load = vector.member("load");
    let mut measures = Measures::default();
    match (load["SIGHUP"].as_str(), load["certificate"].as_str()) {
        (Some(words), None) => configuration(stage, words, load, &mut measures).await?,
        (None, Some("renewed")) => certificate(stage, &mut measures).await?,
        _ => return Err(Unrun::words("load", load)),
    }
    let mut faults = Faults::default();
    for (name, expected) in vector.expect().as_object().into_iter().flatten() {
        judge(name, expected, &measures, &mut faults)?;
    }
    Ok(faults)
}

/// The file is another one: a right one is taken in, a broken one is not.
async fn configuration(
    stage: &Stage,
    words: &str,
    load: &Value,
    measures: &mut Measures,
) -> Result<(), Unrun> {
    let broken =
        ["broken", "invalid", "bad"].iter().any(|word| words.contains(word) && !words.starts_with("valid"));
    if !broken && !words.starts_with("valid") {
        return Err(Unrun::words("SIGHUP", words));
    }
    let gateway = Arc::new(stage.fresh(&Needs::plain()).await?);
    gateway.call_healthy().await;
    let calls = Calls::begin(&gateway, load["rps"].as_u64().unwrap_or(100));
    tokio::time::sleep(Duration::from_millis(500)).await;
    if broken {
        gateway.rewrite_text("listen = \"nowhere\"\n[limits")?;
    } else {
        gateway.rewrite(&Needs { pages: vec![PAGE.to_owned()], ..Needs::plain() })?;
    }
    process::signal(gateway.id().unwrap_or_default(), Signal::HUP);
    let begun = Instant::now();
    if broken {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let kept = gateway.call_healthy().await.status == 200 && !invites(&gateway).await;
        measures.set("old_configuration_kept", f64::from(u8::from(kept)));
    } else {
        while !invites(&gateway).await && begun.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        measures.set("applied_within_s", begun.elapsed().as_secs_f64());
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    calls.end(measures).await;
    Ok(())
}

/// Returns whether the page is invited.
async fn invites(gateway: &Gateway) -> bool {
    let headers = [("Origin", PAGE), ("Access-Control-Request-Method", "POST")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let request = wire::request(&format!("OPTIONS {PATH}"), &headers, b"");
    wire::exchange(gateway.address, &request, PATIENCE).await.status == 204
}

/// The files of the certificate are others.
async fn certificate(stage: &Stage, measures: &mut Measures) -> Result<(), Unrun> {
    let [certificate, key] = ["listener.pem", "listener-key.pem"].map(|name| stage.folder().join(name));
    let issue = || -> anyhow::Result<Vec<u8>> {
        let (chain, secret, der) = stage.world.authority.issue_pem(NAME)?;
        put(&key, &secret)?;
        put(&certificate, &chain)?;
        Ok(der)
    };
    let old = issue()?;
    let tls = Some((certificate.clone(), key.clone()));
    let gateway = Arc::new(stage.fresh(&Needs { tls, ..Needs::plain() }).await?);
    let mut failed = 0_u32;
    let mut shown = connect(stage, &gateway).await.unwrap_or_default();
    failed += u32::from(shown != old);
    let new = issue()?;
    let begun = Instant::now();
    while shown != new && begun.elapsed() < PATIENCE {
        shown = connect(stage, &gateway).await.unwrap_or_default();
        failed += u32::from(shown != new && shown != old);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    measures.set("new_connections_use_it_within_s", begun.elapsed().as_secs_f64());
    measures.set("failed_calls", f64::from(failed));
    Ok(())
}

fn put(file: &PathBuf, text: &str) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    std::fs::write(&beside, text)?;
    std::fs::rename(beside, file)
}

/// Shakes hands, and returns the certificate that was shown. Who speaks no TLS waits for a request, and would for ever.
async fn connect(stage: &Stage, gateway: &Gateway) -> anyhow::Result<Vec<u8>> {
    tokio::time::timeout(PATIENCE, shake_hands(stage, gateway)).await?
}

async fn shake_hands(stage: &Stage, gateway: &Gateway) -> anyhow::Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(stage.world.authority.der())?;
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = wire::connect(gateway.address).await?;
    let name = ServerName::try_from(NAME)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
    let (_, session) = stream.get_ref();
    Ok(session
        .peer_certificates()
        .and_then(|chain| chain.first())
        .map(|leaf| leaf.to_vec())
        .unwrap_or_default())
}

/// Calls that go on while something changes.
struct Calls {
    ticker: JoinHandle<()>,
    failed: Arc<AtomicUsize>,
    made: Arc<AtomicUsize>,
}

impl Calls {
    fn begin(gateway: &Arc<Gateway>, per_second: u64) -> Self {
        let (failed, made) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let every = Duration::from_secs(1) / u32::try_from(per_second.max(1)).unwrap_or(1000);
        let (gateway, of_failed, of_made) = (Arc::clone(gateway), Arc::clone(&failed), Arc::clone(&made));
        let ticker = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(every);
            loop {
                ticks.tick().await;
                let (gateway, failed, made) =
                    (Arc::clone(&gateway), Arc::clone(&of_failed), Arc::clone(&of_made));
                tokio::spawn(async move {
                    let well = is_answered(&gateway).await;
                    failed.fetch_add(usize::from(!well), Ordering::SeqCst);
                    made.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { ticker, failed, made }
    }

    async fn end(self, measures: &mut Measures) {
        self.ticker.abort();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let failed = self.failed.load(Ordering::SeqCst);
        // None at all would be a runner that did nothing.
        let failed = if self.made.load(Ordering::SeqCst) == 0 { usize::MAX } else { failed };
        measures.set("failed_calls", f64::from(u32::try_from(failed).unwrap_or(u32::MAX)));
    }
}

/// Makes a call that needs no other server: what it asks for is not there, and the answer says so.
async fn is_answered(gateway: &Gateway) -> bool {
    let manifest = documents::manifest("x", "https://public.vec.test/x");
    let mut call = documents::call(&manifest, "{}");
    call["apiName"] = "nothing".into();
    gateway.call(&call, PATIENCE).await.status == 404
}

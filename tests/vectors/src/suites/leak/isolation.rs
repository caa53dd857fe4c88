//! Many callers at once, each with a secret of its own: none may meet another's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::documents;
use crate::gateway::config::Needs;
use crate::gateway::{Gateway, SETTINGS};
use crate::stage::Stage;
use crate::vector::Vector;
use crate::verdict::{Faults, Unrun};
use crate::wire::response;
use crate::world::journal::Received;
use crate::world::{Responder, Scene};

/// How many callers call at the same time.
const AT_ONCE: usize = 40;
const PLUGINS: usize = 20;

/// Runs a vector about callers that must not meet.
pub(super) async fn run(stage: &mut Stage, vector: &Vector) -> Result<Faults, Unrun> {
    let callers =
        vector.member("setup")["callers"].as_u64().and_then(|callers| usize::try_from(callers).ok());
    let callers = callers.ok_or_else(|| Unrun::words("callers", vector.member("setup")))?;
    let time = if stage.long { Duration::from_secs(60) } else { Duration::from_secs(4) };
    let mismatched = Arc::new(AtomicUsize::new(0));
    let upstream = Arc::clone(&mismatched);
    let responder: Responder = Arc::new(move |received| {
        upstream.fetch_add(usize::from(!belongs_together(received)), Ordering::SeqCst);
        response(200, &[], &received.message.body)
    });
    stage.world.set(Scene { responder: Some(responder), ..Scene::default() }, &[]).await?;
    let gateway = Arc::new(stage.fresh(&Needs::default()).await?);
    let good = Arc::new(AtomicUsize::new(0));
    let lanes = (0..AT_ONCE).map(|lane| {
        tokio::spawn(call(
            Arc::clone(&gateway),
            lane,
            callers,
            time,
            [Arc::clone(&mismatched), Arc::clone(&good)],
        ))
    });
    for lane in lanes.collect::<Vec<_>>() {
        lane.await?;
    }
    let mut faults = Faults::default();
    let (mismatches, good) = (mismatched.load(Ordering::SeqCst), good.load(Ordering::SeqCst));
    let most = vector.expect()["mismatches_max"].as_u64().unwrap_or_default();
    faults.unless(mismatches as u64 <= most, || format!("{mismatches} calls met what was another's"));
    faults.unless(good >= callers, || format!("only {good} calls came through, of {callers} callers"));
    Ok(faults)
}

async fn call(
    gateway: Arc<Gateway>,
    lane: usize,
    callers: usize,
    time: Duration,
    counts: [Arc<AtomicUsize>; 2],
) {
    let begun = Instant::now();
    let mut caller = lane;
    while begun.elapsed() < time || caller < callers {
        let url = format!("https://plugin{}.vec.test/x", caller % PLUGINS);
        let arguments = json!({ "id": caller }).to_string();
        let payload = documents::call(&documents::manifest("x", &url), &arguments);
        let settings = json!({ "secret": format!("secret-of-{caller}") }).to_string().into_bytes();
        let headers = [(SETTINGS.to_owned(), settings)];
        let answer = gateway.post(&headers, payload.to_string().as_bytes(), Duration::from_secs(30)).await;
        let own = answer.body == arguments.as_bytes();
        let [mismatched, good] = &counts;
        if answer.status == 200 {
            mismatched.fetch_add(usize::from(!own), Ordering::SeqCst);
            good.fetch_add(usize::from(own), Ordering::SeqCst);
        }
        caller += AT_ONCE;
    }
}

/// Returns whether a request's secret belongs to the caller that its arguments name.
fn belongs_together(received: &Received) -> bool {
    let arguments: Value = serde_json::from_slice(&received.message.body).unwrap_or_default();
    let settings: Value = received
        .message
        .header(SETTINGS)
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    settings["secret"] == format!("secret-of-{}", arguments["id"])
}

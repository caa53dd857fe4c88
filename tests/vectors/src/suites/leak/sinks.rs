//! The places where a secret could turn up, and the search of them.

use serde_json::Value;

use super::{ARGUMENT, KEY, OPERATOR, USER};
use crate::gateway::{Gateway, SETTINGS};
use crate::stage::Stage;
use crate::suites::scanner;
use crate::verdict::{Faults, Unrun};
use crate::wire::Answer;
use crate::world::journal::{Received, Seen};

/// What the vectors plant.
const PLANTED: [&str; 4] = [OPERATOR, USER, ARGUMENT, KEY];

/// What came to every place.
pub(super) struct Sinks {
    response: Vec<u8>,
    log: Vec<u8>,
    metrics: Vec<u8>,
    command_line: Vec<u8>,
    version: Vec<u8>,
    help: Vec<u8>,
    config: Vec<u8>,
    seen: Seen,
}

impl Sinks {
    /// Gathers what the last call left behind.
    pub(super) async fn gather(gateway: &Gateway, stage: &Stage, answer: &Answer) -> Self {
        let seen = stage.world.journal.seen().of_the_vector();
        let command_line = format!("/proc/{}/cmdline", gateway.id().unwrap_or_default());
        let config = gateway.file().to_string_lossy();
        Self {
            response: answer.everything(),
            log: gateway.log(),
            metrics: gateway.metrics().await,
            command_line: std::fs::read(command_line).unwrap_or_default(),
            version: stage.said(&["--version"], &gateway.needs).await,
            help: stage.said(&["serve", "--help"], &gateway.needs).await,
            config: stage.said(&["config", "--print", "--config", &config], &gateway.needs).await,
            seen,
        }
    }

    /// Judges a table from texts to the places that must not, or must, hold them.
    pub(super) fn judge(&self, table: &Value, must: bool, faults: &mut Faults) -> Result<(), Unrun> {
        for (text, places) in table.as_object().into_iter().flatten() {
            for place in places.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let bytes = self.place(place)?;
                // Secrets in any encoding; of what else must not be there, an escaped form is what is asked for.
                let plain = || scanner::holds(text, &bytes).then_some("raw");
                let found =
                    if PLANTED.contains(&text.as_str()) { scanner::find(text, &bytes) } else { plain() };
                faults.unless(found.is_some() == must, || match found {
                    Some(encoding) => format!("`{}` is in {place} ({encoding})", text.escape_debug()),
                    None => format!("`{}` is not in {place}", text.escape_debug()),
                });
            }
        }
        Ok(())
    }

    fn place(&self, name: &str) -> Result<Vec<u8>, Unrun> {
        let requests = |of: &dyn Fn(&Received) -> bool| -> Vec<u8> {
            self.seen.requests.iter().filter(|request| of(request)).flat_map(Received::everything).collect()
        };
        Ok(match name {
            "response" => self.response.clone(),
            "log" => self.log.clone(),
            "metrics" => self.metrics.clone(),
            // There are none, so nothing is in them.
            "trace" => Vec::new(),
            "config print" => self.config.clone(),
            "dns" => {
                let names: Vec<&str> = self.seen.queries.iter().map(|query| query.name.as_str()).collect();
                names.join("\n").into_bytes()
            }
            "upstream" => requests(&|_| true),
            "upstream:other port" => requests(&|request| request.destination.port() != 443),
            "upstream:same origin" => requests(&|request| request.target() == super::fixture::MOVED),
            "/proc/PID/cmdline" => self.command_line.clone(),
            "--version" => self.version.clone(),
            "--help" => self.help.clone(),
            _ => match name.strip_prefix("upstream:") {
                Some(host) => requests(&|request| request.host() == host),
                None => return Err(Unrun::words("sink", name)),
            },
        })
    }

    /// Judges how many series the counters have.
    pub(super) fn judge_series(&self, expected: &Value, faults: &mut Faults) -> Result<(), Unrun> {
        let most = expected.as_u64().ok_or_else(|| Unrun::words("series_max", expected))?;
        let text = String::from_utf8_lossy(&self.metrics);
        let series = text.lines().filter(|line| !line.starts_with('#') && line.contains(' ')).count();
        faults.unless(series as u64 <= most, || format!("{series} series, at most {most}"));
        faults.unless(text.contains("# TYPE"), || "there are no counters".to_owned());
        Ok(())
    }

    /// Returns the settings that the last request carried.
    pub(super) fn settings_sent(&self) -> Option<Value> {
        let headers = &self.seen.requests.last()?.message.headers;
        let mut settings = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(SETTINGS));
        let (_, first) = settings.next()?;
        // A second one would be somebody else's.
        if settings.next().is_some() { None } else { serde_json::from_str(first).ok() }
    }
}

//! Whether `lobe-gateway` stays as it is: calls for half an hour, most of them of servers that are ill, and the memory and
//! the descriptors that it holds meanwhile.
//!
//! Every answer is judged by what its fault should come to. Root only: the gateway's descriptors are nobody else's to see.

mod callers;
mod fault;
mod upstream;

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use callers::Journal;
use fault::NOBODY;

use crate::process::{ServerProcess, free_port};
use crate::report::megabytes;

/// How long, where the command line does not say.
pub(crate) const MINUTES: u64 = 30;
/// After the last call: connections to upstreams are kept for a minute.
const REST: Duration = Duration::from_secs(70);
/// How much more than in the middle third the last one may hold: what the allocator keeps goes up and down by this.
const SLACK: f64 = 1.1;
/// How many descriptors more than before the first call may be open at rest: those that are opened when first needed.
const OPENED_LATE: usize = 4;

/// What the gateway held at some moment.
struct Sample {
    begun: Duration,
    calls: u64,
    /// KiB.
    memory: u64,
    descriptors: usize,
}

/// Calls for so many minutes, and returns the table.
pub(crate) fn measure(minutes: u64) -> Result<String, Box<dyn Error>> {
    if minutes < 3 {
        return Err("it takes three minutes at least: thirds are compared".into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let upstream = runtime.block_on(upstream::serve())?;
    let gateway = start_gateway(upstream)?;
    let journal = Arc::new(Journal::default());
    let begun = Instant::now();
    let sample = || -> Result<Sample, Box<dyn Error>> {
        let (memory, descriptors) = (gateway.resident_memory()?, gateway.descriptors()?);
        Ok(Sample { begun: begun.elapsed(), calls: journal.calls(), memory, descriptors })
    };
    let mut samples = vec![sample()?];
    let callers = callers::start(&runtime, gateway.port(), upstream, &journal);
    for minute in 1..=minutes {
        std::thread::sleep((Duration::from_secs(60 * minute)).saturating_sub(begun.elapsed()));
        samples.push(sample()?);
        crate::note(samples.last().map(Sample::row).unwrap_or_default().trim_end());
    }
    callers.iter().for_each(tokio::task::JoinHandle::abort);
    std::thread::sleep(REST);
    samples.push(sample()?);
    journal.judge()?;
    flat(&samples)?;
    Ok(table(&samples, &journal))
}

/// Fails when the gateway holds more and more, or does not let go of what it held.
fn flat(samples: &[Sample]) -> Result<(), String> {
    let [idle, loaded @ .., rest] = samples else { return Err("nothing was seen".to_owned()) };
    let most = |of: &[Sample]| {
        let memory = of.iter().map(|sample| sample.memory).max().unwrap_or_default();
        (memory as f64, of.iter().map(|sample| sample.descriptors).max().unwrap_or_default() as f64)
    };
    let third = loaded.len() / 3;
    let (middle, last) = (most(&loaded[third..2 * third]), most(&loaded[2 * third..]));
    if last.0 > middle.0 * SLACK {
        return Err(format!("memory grew from {} to {} KiB", middle.0, last.0));
    }
    if last.1 > middle.1 * SLACK {
        return Err(format!("descriptors grew from {} to {}", middle.1, last.1));
    }
    if rest.descriptors > idle.descriptors + OPENED_LATE {
        return Err(format!("{} descriptors at rest, and {} before", rest.descriptors, idle.descriptors));
    }
    Ok(())
}

fn table(samples: &[Sample], journal: &Journal) -> String {
    let rows: String = samples
        .iter()
        .enumerate()
        .filter(|(at, _)| shown(*at, samples.len()))
        .map(|(_, it)| it.row())
        .collect();
    let faults: String = journal.rows();
    format!(
        "| after | calls | memory | descriptors |\n|---:|---:|---:|---:|\n{rows}\n\
         | the plugin's server | calls | its callers get |\n|---|---:|---|\n{faults}"
    )
}

/// Chooses which minutes are shown: the first, every fifth, and the last two.
fn shown(minute: usize, of: usize) -> bool {
    minute < 2 || minute.is_multiple_of(5) || minute + 2 >= of
}

impl Sample {
    fn row(&self) -> String {
        let minutes = self.begun.as_secs_f64() / 60.0;
        format!(
            "| {minutes:.0} min | {} | {:.1} MB | {} |\n",
            self.calls,
            megabytes(self.memory),
            self.descriptors
        )
    }
}

/// Starts the gateway with its usual bounds, but for three: callers are all of one address, and time limits are short, so
/// that servers which hang do not keep all callers.
fn start_gateway(upstream: u16) -> Result<ServerProcess, Box<dyn Error>> {
    let port = free_port()?;
    let configuration = format!(
        "listen = \"127.0.0.1:{port}\"\n\
         [egress]\nrequire_https = false\nallow_hosts = [\"127.0.0.1:{upstream}\", \"127.0.0.1:{NOBODY}\"]\n\
         [limits]\nconnections_per_address = 1024\nanswer = \"256 KiB\"\n\
         answer_head_time = \"2s\"\nanswer_idle_time = \"2s\"\nanswer_time = \"3s\"\n"
    );
    let file: PathBuf = std::env::temp_dir().join(format!("lobe-bench-soak-{}.toml", std::process::id()));
    fs::write(&file, configuration)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["serve", "--log", "warn", "--config"]).arg(&file).env("TOKIO_WORKER_THREADS", "2");
    let gateway = ServerProcess::start(port, command.stderr(Stdio::null()));
    fs::remove_file(&file)?;
    gateway
}

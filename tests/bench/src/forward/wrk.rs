//! The load: `wrk`, told in Lua what to send and what to count.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::world::ANSWER;

/// `wrk`, and where its script stands.
pub(super) struct Wrk {
    script: PathBuf,
}

/// What one run of `wrk` has shown.
pub(super) struct Outcome {
    pub(super) requests: f64,
    /// Requests a second.
    pub(super) rate: f64,
    /// Seconds within which half of the requests were answered, and 99 of 100.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// How many were answered with a status from 400 up.
    refused: f64,
    /// How many were not answered.
    unanswered: f64,
}

impl Outcome {
    /// Refuses a run with one answer of the wrong kind.
    pub(super) fn judge(&self, status: u16) -> Result<(), String> {
        let expected = if status < 400 { 0.0 } else { self.requests };
        // A request that is under way when the time is over was counted by neither.
        if self.unanswered > 0.0 || self.refused != expected {
            let Self { requests, refused, unanswered, .. } = self;
            return Err(format!("of {requests} requests {refused} were refused, {unanswered} not answered"));
        }
        Ok(())
    }
}

impl Wrk {
    pub(super) fn new(folder: &Path) -> Self {
        Self { script: folder.join("load.lua") }
    }

    /// Loads for a second, and looks at every answer.
    pub(super) fn compare(
        &self,
        url: &str,
        body: &str,
        connections: usize,
        status: u16,
    ) -> Result<(), Box<dyn Error>> {
        let right_body = if status == 200 { format!("body == [==[{ANSWER}]==]") } else { "true".to_owned() };
        let look = format!(
            "wrong = 0\n\
             function response(status, headers, body)\n\
             if not (status == {status} and {right_body}) then wrong = wrong + 1; last = status .. ' ' .. body end\nend\n\
             local the_thread\nfunction setup(thread) the_thread = thread end\n\
             function done() print('WRONG', the_thread:get('wrong'), the_thread:get('last')) end\n"
        );
        let output = self.run(url, &(send(body) + &look), connections, "1s")?;
        let wrong = output.lines().find_map(|line| line.strip_prefix("WRONG\t"));
        match wrong {
            Some(wrong) if wrong.starts_with("0\t") => Ok(()),
            _ => Err(format!("{url} gave a wrong answer:\n{output}").into()),
        }
    }

    /// Loads for what counts.
    pub(super) fn measure(
        &self,
        url: &str,
        body: &str,
        connections: usize,
    ) -> Result<Outcome, Box<dyn Error>> {
        let count = "function done(summary, latency)\n\
                     local errors = summary.errors\n\
                     local lost = errors.connect + errors.read + errors.write + errors.timeout\n\
                     print('COUNTED', summary.requests, summary.duration, latency:percentile(50), \
                     latency:percentile(99), errors.status, lost)\nend\n";
        let output = self.run(url, &(send(body) + count), connections, "3s")?;
        let numbers = output.lines().find_map(|line| line.strip_prefix("COUNTED\t")).unwrap_or_default();
        let numbers: Vec<f64> = numbers.split('\t').filter_map(|number| number.parse().ok()).collect();
        let [requests, duration, p50, p99, refused, unanswered] = numbers[..] else {
            return Err(format!("wrk says what was not expected:\n{output}").into());
        };
        let rate = requests / (duration * 1e-6);
        Ok(Outcome { requests, rate, p50: p50 * 1e-6, p99: p99 * 1e-6, refused, unanswered })
    }

    fn run(
        &self,
        url: &str,
        script: &str,
        connections: usize,
        duration: &str,
    ) -> Result<String, Box<dyn Error>> {
        fs::write(&self.script, script)?;
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", &format!("-c{connections}"), &format!("-d{duration}"), "--timeout", "10s", "-s"]);
        let output = wrk.arg(&self.script).arg(url).output().map_err(|error| format!("`wrk`: {error}"))?;
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// Writes the script that sends a request as LobeChat does.
fn send(body: &str) -> String {
    format!(
        "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'text/plain;charset=UTF-8'\n\
         wrk.headers['X-Lobe-Plugin-Settings'] = '{{}}'\nwrk.body = [==[{body}]==]\n"
    )
}

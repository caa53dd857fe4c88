//! The load: `wrk` on a core of its own.
//!
//! While a server warms up, a script compares every answer. While it is measured only the statuses are counted, which
//! `wrk` does by itself: looking at bodies would take so long that the server had to wait for the load.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::process::{CpuTime, ServerProcess};
use crate::request::{Expects, Request};

const INSTALL: &str =
    "`wrk` or `taskset` is not on the PATH. On Debian and Ubuntu: apt-get install wrk util-linux";
/// How `wrk` is called, on the second core; the servers have the first.
const WRK: [&str; 7] = ["-c", "1", "wrk", "-t1", "-c32", "--latency", "-s"];

/// `wrk`, and a folder for its scripts.
pub(crate) struct Load {
    scripts: PathBuf,
}

/// What one turn of one server has shown.
pub(crate) struct Turn {
    /// Seconds of CPU time for each request, in the server's own code.
    pub(crate) user_cpu: f64,
    /// The same in the kernel: sockets, mostly.
    kernel_cpu: f64,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Seconds within which 99 of 100 requests were answered.
    pub(crate) p99: f64,
}

/// A part of a turn.
#[derive(Clone, Copy)]
enum Phase {
    /// Every answer is compared.
    WarmUp,
    /// This is what counts.
    Measured,
}

impl Phase {
    const fn name(self) -> &'static str {
        match self {
            Self::WarmUp => "compared",
            Self::Measured => "measured",
        }
    }

    const fn duration(self) -> &'static str {
        match self {
            Self::WarmUp => "-d1s",
            Self::Measured => "-d4s",
        }
    }
}

impl Turn {
    /// Returns the seconds of CPU time for each request.
    pub(crate) fn cpu(&self) -> f64 {
        self.user_cpu + self.kernel_cpu
    }
}

impl Load {
    /// Writes the scripts that send requests, each under a name.
    pub(crate) fn prepare(requests: &[(&str, Request)]) -> Result<Self, Box<dyn Error>> {
        // `wrk` ends with 1 after telling its version, and `taskset` with 127 when there is no `wrk`.
        let version = Command::new("taskset").args(["-c", "1", "wrk", "-v"]).output().map_err(|_| INSTALL)?;
        if version.status.code() != Some(1) || !version.stdout.starts_with(b"wrk") {
            return Err(INSTALL.into());
        }
        let scripts = std::env::temp_dir().join(format!("lobe-bench-{}", std::process::id()));
        fs::create_dir_all(&scripts)?;
        let load = Self { scripts };
        for (name, request) in requests {
            fs::write(load.script(name, Phase::WarmUp), send(request) + &compare(request.expects))?;
            fs::write(load.script(name, Phase::Measured), send(request))?;
        }
        Ok(load)
    }

    /// Says how `wrk` is called.
    pub(crate) fn command() -> String {
        format!("taskset {} SCRIPT {} URL", WRK.join(" "), Phase::Measured.duration())
    }

    /// Loads a server: a second to warm up, then what counts.
    pub(crate) fn turn(
        &self,
        name: &str,
        request: &Request,
        server: &ServerProcess,
    ) -> Result<Turn, Box<dyn Error>> {
        let url = format!("http://127.0.0.1:{}{}", server.port(), request.path);
        self.wrk(name, &url, Phase::WarmUp)?;
        let before = server.cpu_time()?;
        let output = self.wrk(name, &url, Phase::Measured)?;
        let after = server.cpu_time()?;
        read_turn(&output, before, after)
            .ok_or_else(|| format!("wrk says what was not expected:\n{output}").into())
    }

    fn wrk(&self, name: &str, url: &str, phase: Phase) -> Result<String, Box<dyn Error>> {
        let mut wrk = Command::new("taskset");
        wrk.args(WRK).arg(self.script(name, phase)).args([phase.duration(), url]);
        let output = String::from_utf8(wrk.output()?.stdout)?;
        let faults = ["Non-2xx", "Socket errors"].iter().any(|fault| output.contains(fault));
        let right = match phase {
            Phase::WarmUp => output.contains("wrong answers: 0\n"),
            Phase::Measured => true,
        };
        if faults || !right {
            return Err(format!("{name} was not answered right every time:\n{output}").into());
        }
        Ok(output)
    }

    fn script(&self, name: &str, phase: Phase) -> PathBuf {
        self.scripts.join(format!("{name}-{}.lua", phase.name()))
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans the folder for temporary files.
        let _ = fs::remove_dir_all(&self.scripts);
    }
}

/// Writes the script that sends a request.
fn send(request: &Request) -> String {
    let headers =
        request.headers.iter().map(|(name, value)| format!("wrk.headers[\"{name}\"] = \"{value}\"\n"));
    let headers: String = headers.collect();
    let body = &request.body;
    format!("wrk.method = \"POST\"\n{headers}wrk.body = [==[{body}]==]\n")
}

/// Writes what compares the answers: `response` runs in the thread of the load, `done` after it in another Lua.
fn compare(expects: Expects) -> String {
    let is_right = match expects {
        Expects::Whole(whole) => format!("body == [==[{whole}]==]"),
        Expects::Part(part) => format!("body:find([==[{part}]==], 1, true)"),
    };
    format!(
        r#"
wrong = 0
function response(status, headers, body)
  if status ~= 200 or not ({is_right}) then wrong = wrong + 1 end
end

local the_thread
function setup(thread) the_thread = thread end
function done() print("wrong answers: " .. the_thread:get("wrong")) end
"#
    )
}

fn read_turn(output: &str, before: CpuTime, after: CpuTime) -> Option<Turn> {
    let requests: f64 = word_before(output, "requests in")?.parse().ok()?;
    Some(Turn {
        user_cpu: (after.user - before.user).as_secs_f64() / requests,
        kernel_cpu: (after.kernel - before.kernel).as_secs_f64() / requests,
        rate: word_after(output, "Requests/sec:")?.parse().ok()?,
        // With the space, because a share of 96.99% may stand before it.
        p99: seconds(word_after(output, " 99%")?)?,
    })
}

fn word_before<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark)?.0.split_whitespace().next_back()
}

fn word_after<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    text.split_once(mark)?.1.split_whitespace().next()
}

/// Reads a time as `wrk` writes it: `870.00us`, `1.23ms`, `0.95s`.
fn seconds(text: &str) -> Option<f64> {
    let number = text.trim_end_matches(char::is_alphabetic);
    let unit = match &text[number.len()..] {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * unit)
}

//! The table, and what one has to know of the machine to read it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::load::Load;
use crate::servers::Contender;

/// The medians of one server.
pub(crate) struct Figures {
    pub(crate) contender: Contender,
    /// Seconds of CPU time for each request.
    pub(crate) cpu: f64,
    /// What of it the server's own code took.
    pub(crate) user_cpu: f64,
    /// How many times what the first server took, in each round.
    pub(crate) ratios: Vec<f64>,
    /// Requests a second.
    pub(crate) rate: f64,
    /// Seconds.
    pub(crate) p99: f64,
    /// KiB.
    pub(crate) idle_memory: u64,
    /// KiB.
    pub(crate) loaded_memory: u64,
}

/// Writes the table of calls.
pub(crate) fn of(figures: &[Figures], rounds: usize) -> String {
    let rows: String = figures.iter().map(Figures::row).collect();
    let wrk = Load::command();
    format!(
        "{rounds} rounds, each `{wrk}` for each server.\n\n\
         | server | CPU per request | in its own code | ratio | lowest to highest | target | requests/s | p99 \
         | memory idle | after load |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
         {rows}"
    )
}

/// Puts figures into a page between the marks of their table, or at its end with marks around them.
pub(crate) fn write(file: &Path, table: &str, figures: &str) -> io::Result<()> {
    let (begin, end) = (format!("<!-- figures: {table} -->\n"), "<!-- end of figures -->");
    let page = fs::read_to_string(file).unwrap_or_default();
    let around = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = around.unwrap_or((&page, "\n"));
    fs::write(file, format!("{before}{begin}{figures}{end}{after}"))
}

impl Figures {
    fn row(&self) -> String {
        let ratio = median(self.ratios.iter().copied());
        let spread = spread(&self.ratios);
        let target = self.contender.target().map(|target| format!("{target:.2}")).unwrap_or_default();
        format!(
            "| `{}` | {:.1} µs | {:.1} µs | {ratio:.2} | {spread} | {target} | {:.0} | {:.2} ms \
             | {:.1} MB | {:.1} MB |\n",
            self.contender.name(),
            self.cpu * 1e6,
            self.user_cpu * 1e6,
            self.rate,
            self.p99 * 1e3,
            megabytes(self.idle_memory),
            megabytes(self.loaded_memory),
        )
    }
}

/// Writes the lowest and the highest of some ratios.
pub(crate) fn spread(ratios: &[f64]) -> String {
    let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = ratios.iter().copied().fold(0.0, f64::max);
    format!("{lowest:.2} to {highest:.2}")
}

/// Makes megabytes of KiB.
pub(crate) fn megabytes(kibibytes: u64) -> f64 {
    kibibytes as f64 * 1024.0 / 1e6
}

/// Returns the value in the middle.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Says what one has to know of the machine, and how busy it is, to read figures.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let processor = processor.trim_start_matches(['\t', ' ', ':']);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let rustc =
        Command::new("rustc").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let rustc = String::from_utf8_lossy(&rustc);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let (kernel, rustc) = (kernel.trim(), rustc.trim());
    format!("{cores} cores ({processor}), Linux {kernel}, {rustc}; load {load} before it began.\n\n")
}

//! A server as a process of its own, and what the kernel has counted of it.

use std::error::Error;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The kernel shows times in hundredths of a second, however it counts them (`USER_HZ`, see proc(5)).
const TICK: Duration = Duration::from_millis(10);

/// A running server; it dies with this value.
pub(crate) struct ServerProcess {
    child: Child,
    port: u16,
}

/// The time that a process has run.
#[derive(Clone, Copy, Default)]
pub(crate) struct CpuTime {
    /// In its own code.
    pub(crate) user: Duration,
    /// In the kernel, on its behalf.
    pub(crate) kernel: Duration,
}

impl CpuTime {
    pub(crate) fn total(self) -> Duration {
        self.user + self.kernel
    }
}

impl ServerProcess {
    /// Runs a command that serves on this port, and waits until it listens.
    pub(crate) fn start(port: u16, command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|error| format!("`{name}` cannot be run: {error}"))?;
        let server = Self { child, port };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("`{name}` does not listen").into())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the time that all its threads and its workers have run.
    pub(crate) fn cpu_time(&self) -> Result<CpuTime, Box<dyn Error>> {
        self.processes().try_fold(CpuTime::default(), |sum, process| {
            let CpuTime { user, kernel } = cpu_time(process)?;
            Ok(CpuTime { user: sum.user + user, kernel: sum.kernel + kernel })
        })
    }

    /// Returns the resident memory of itself and its workers in KiB.
    pub(crate) fn resident_memory(&self) -> Result<u64, Box<dyn Error>> {
        self.processes().map(resident_memory).sum()
    }

    /// Returns how many descriptors it has open.
    pub(crate) fn descriptors(&self) -> Result<usize, Box<dyn Error>> {
        let open = fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        Ok(open
            .map_err(|error| format!("its descriptors cannot be counted, which takes root: {error}"))?
            .count())
    }

    /// Lists the process and its children: nginx works in them.
    fn processes(&self) -> impl Iterator<Item = u32> {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        let children: Vec<u32> =
            children.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        std::iter::once(own).chain(children)
    }

    fn has_workers(&self) -> bool {
        self.processes().nth(1).is_some()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Workers outlive a master that is killed, so it is asked instead. Whatever fails here fails only when the
        // process is gone already, which is what is wanted.
        let _ = match Pid::from_raw(self.child.id().cast_signed()).filter(|_| self.has_workers()) {
            Some(master) => kill_process(master, Signal::TERM).map_err(io::Error::from),
            None => self.child.kill(),
        };
        let _ = self.child.wait();
    }
}

fn cpu_time(process: u32) -> Result<CpuTime, Box<dyn Error>> {
    times(&process.to_string(), 14)
}

/// Returns the time that the children of this process have run which ended and were waited for, and theirs.
pub(crate) fn cpu_time_of_children() -> Result<Duration, Box<dyn Error>> {
    Ok(times("self", 16)?.total())
}

/// Reads two times, from this field of `/proc/PID/stat` on.
fn times(process: &str, field: usize) -> Result<CpuTime, Box<dyn Error>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name, in parentheses, and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/PID/stat has no name")?;
    let mut times = fields.split(' ').skip(field - 3);
    let mut next = || times.next().ok_or("/proc/PID/stat has no times");
    Ok(CpuTime { user: TICK * next()?.parse()?, kernel: TICK * next()?.parse()? })
}

fn resident_memory(process: u32) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Finds a port that nobody listens on.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

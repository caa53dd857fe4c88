//! A server as a process of its own, and what the kernel has counted of it.

use std::error::Error;
use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;

use crate::servers::Contender;

/// The kernel shows times in hundredths of a second, however it counts them (`USER_HZ`, see proc(5)).
const TICK: Duration = Duration::from_millis(10);

/// The core that the servers have.
const CORE: &str = "0";

/// A running server; it dies with this value.
pub(crate) struct ServerProcess {
    child: Child,
    port: u16,
}

/// The time that a process has run.
#[derive(Clone, Copy)]
pub(crate) struct CpuTime {
    /// In its own code.
    pub(crate) user: Duration,
    /// In the kernel, on its behalf.
    pub(crate) kernel: Duration,
}

impl ServerProcess {
    /// Starts it and waits until it listens.
    pub(crate) fn start(contender: Contender) -> Result<Self, Box<dyn Error>> {
        let port = free_port()?;
        // `taskset` becomes the server, so the child's number is the server's.
        let child = Command::new("taskset")
            .args(["-c", CORE])
            .arg(std::env::current_exe()?)
            .args(["--serve", contender.name(), "--port", &port.to_string()])
            .spawn()?;
        let server = Self { child, port };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("{} does not listen", contender.name()).into())
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the time that all its threads have run.
    pub(crate) fn cpu_time(&self) -> Result<CpuTime, Box<dyn Error>> {
        let stat = fs::read_to_string(self.proc("stat"))?;
        // The second field is the program's name, in parentheses, and may hold anything; the times are 14 and 15.
        let (_, fields) = stat.rsplit_once(") ").ok_or("/proc/PID/stat has no name")?;
        let mut times = fields.split(' ').skip(11);
        let mut next = || times.next().ok_or("/proc/PID/stat has no times");
        Ok(CpuTime { user: TICK * next()?.parse()?, kernel: TICK * next()?.parse()? })
    }

    /// Returns its resident memory in KiB.
    pub(crate) fn resident_memory(&self) -> Result<u64, Box<dyn Error>> {
        let status = fs::read_to_string(self.proc("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    fn proc(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail only when it is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

//! The network namespace where every address is local, so that nothing leaves the machine and everything is seen.
//!
//! The recipe is that of the study behind the vectors: without it, "no connection was made" proves nothing, because
//! there is nothing at most addresses to connect to.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A new namespace for a program: networks and mounts, and users where the caller is not root.
pub(crate) fn command(program: &Path) -> Command {
    let flags = if rustix::process::geteuid().is_root() { "-nm" } else { "-rnm" };
    let mut command = Command::new("unshare");
    command.arg(flags).arg(program);
    command
}

/// Makes every address local, and this the machine's resolver and hosts. To be called inside, once.
pub(crate) fn settle(folder: &Path) -> Result<Files> {
    run("ip", &["link", "set", "lo", "up"])?;
    run("ip", &["route", "add", "local", "0.0.0.0/0", "dev", "lo"])?;
    run("ip", &["-6", "route", "add", "local", "::/0", "dev", "lo"])?;
    // What a peer may take in without being read: small, so that "how much was read" can be told from what was sent.
    std::fs::write("/proc/sys/net/ipv4/tcp_rmem", "4096 65536 131072").context("tcp_rmem")?;
    let files = Files { resolver: folder.join("resolv.conf"), hosts: folder.join("hosts") };
    files.write("", "")?;
    run("mount", &["--bind", &files.resolver.display().to_string(), "/etc/resolv.conf"])?;
    run("mount", &["--bind", &files.hosts.display().to_string(), "/etc/hosts"])?;
    Ok(files)
}

/// The files of the machine that the namespace has its own of.
pub(crate) struct Files {
    resolver: PathBuf,
    hosts: PathBuf,
}

impl Files {
    /// Writes both, with lines of a vector's own.
    pub(crate) fn write(&self, resolver: &str, hosts: &str) -> Result<()> {
        std::fs::write(&self.resolver, format!("nameserver 127.0.0.1\n{resolver}\n"))?;
        std::fs::write(&self.hosts, format!("127.0.0.1 localhost\n::1 localhost\n{hosts}\n"))?;
        Ok(())
    }
}

/// Makes a route that leads nowhere: connections to the address fail at once.
pub(crate) fn unreachable(address: &str) -> Result<()> {
    run("ip", &["route", "replace", "unreachable", address])?;
    // The table `local` is asked first and has everything; so the address is taken out of it by a rule of its own.
    run("ip", &["route", "replace", "unreachable", address, "table", "local"])
}

fn run(program: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("`{program}` is needed"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{program} {}`: {}", arguments.join(" "), said.trim());
    Ok(())
}

//! The developer's own command: started in a process group of its own, with all that it starts, which ends with it. The
//! only file that knows process-wrap.

use std::io;
use std::pin::Pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::mpsc::UnboundedSender;

use super::screen::Screen;

/// How long a command has to end well before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// What frameworks call the port that they serve on: most, uvicorn, Flask, Spring Boot, ASP.NET.
const PORTS: [&str; 5] = ["PORT", "UVICORN_PORT", "FLASK_RUN_PORT", "SERVER_PORT", "ASPNETCORE_HTTP_PORTS"];

/// A command that was started.
pub(super) struct Running {
    child: Box<dyn ChildWrapper>,
}

impl Running {
    /// Starts a command whose server is to listen on `port`. What it prints goes to the screen, and the addresses in it,
    /// which may be its own, to `addresses`.
    pub(super) fn start(
        line: &[String],
        port: u16,
        screen: &Screen,
        addresses: &UnboundedSender<String>,
    ) -> Result<Self, String> {
        let port = port.to_string();
        let (program, rest) =
            line.split_first().expect("cannot fail because it is asked for one word at least");
        let mut command = CommandWrap::with_new(program, |command| {
            command.args(rest.iter().map(|word| word.replace("{port}", &port)));
            command.envs(PORTS.map(|name| (name, &port)));
            // Python keeps what it prints to a pipe until there is a page of it.
            command.env("PYTHONUNBUFFERED", "1");
            if screen.has_colours() {
                command.envs([("CARGO_TERM_COLOR", "always"), ("CLICOLOR_FORCE", "1"), ("FORCE_COLOR", "1")]);
            }
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        #[cfg(unix)]
        command.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::tokio::JobObject);
        let mut child = command.spawn().map_err(|error| explain(program, &error))?;
        if let Some(output) = child.stdout().take() {
            tokio::spawn(relay(output, screen.clone(), addresses.clone()));
        }
        if let Some(output) = child.stderr().take() {
            tokio::spawn(relay(output, screen.clone(), addresses.clone()));
        }
        Ok(Self { child })
    }

    /// Waits until the command ends by itself. Waiting can be given up, and begun again.
    pub(super) fn ended(&mut self) -> Pin<Box<dyn Future<Output = io::Result<ExitStatus>> + Send + '_>> {
        self.child.wait()
    }

    /// Ends it, with all that it has started: asks first, and does not wait for long.
    pub(super) async fn stop(mut self) {
        #[cfg(unix)]
        {
            let terminate = tokio::signal::unix::SignalKind::terminate().as_raw_value();
            if self.child.signal(terminate).is_ok() {
                let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
            }
        }
        // What is left of the group: what did not listen, and what the command has left behind.
        let _ = self.child.start_kill();
        let _ = tokio::time::timeout(GRACE, self.child.wait()).await;
    }
}

fn explain(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("there is no program `{program}` here: is it installed, and spelt so?")
        }
        _ => format!("cannot start `{program}`: {error}"),
    }
}

/// Shows what a command prints, line by line, and picks out the addresses of this machine.
async fn relay(output: impl AsyncRead + Unpin, screen: Screen, addresses: UnboundedSender<String>) {
    let mut lines = BufReader::new(output);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await.is_ok_and(|length| length != 0) {
        let text = String::from_utf8_lossy(&line);
        screen.output(text.trim_end_matches(['\r', '\n']));
        for address in own_addresses(&text) {
            // Nobody reads them any more once the plugin was found.
            let _ = addresses.send(address);
        }
        line.clear();
    }
}

/// Finds the addresses of this machine in a line, as servers print them when they listen: `http://127.0.0.1:8000`.
fn own_addresses(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for rest in line.split("http://").skip(1) {
        for host in ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"] {
            let Some(port) = rest.strip_prefix(host).and_then(|rest| rest.strip_prefix(':')) else {
                continue;
            };
            let port: String = port.chars().take_while(char::is_ascii_digit).collect();
            // Who listens on all addresses listens on this one.
            let host = if host == "0.0.0.0" || host == "[::]" { "127.0.0.1" } else { host };
            found.extend(port.parse::<u16>().map(|port| format!("http://{host}:{port}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_what_servers_print() {
        let check = |line: &str, expected: &[&str]| assert_eq!(own_addresses(line), expected, "{line}");
        check(
            "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)",
            &["http://127.0.0.1:8000"],
        );
        check("  ➜  Local:   http://localhost:5173/", &["http://localhost:5173"]);
        check("\u{1b}[1mhttp://0.0.0.0:3000\u{1b}[0m", &["http://127.0.0.1:3000"]);
        check("http://[::]:80 and http://[::1]:81/x", &["http://127.0.0.1:80", "http://[::1]:81"]);
        check("see http://example.org:8000, http://localhost/ and http://localhost:99999", &[]);
        check("", &[]);
    }
}

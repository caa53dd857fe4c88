//! An MCP server that is a program on this machine, spoken to over its standard input and output.
//!
//! It is a child that is watched: it has a process group of its own and no variable of the environment but those that the
//! configuration names; what it writes is bounded; and whatever it does, only its own session ends. When the session ends
//! the whole group is killed, also by the end of the gateway.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use lobe_plugin_sdk::Secret;
use rmcp::RoleClient;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader, DuplexStream, duplex};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::oneshot;
use tokio::time::{Duration, Instant, sleep, timeout};

use super::fault::Fault;

/// How long it has to end by itself when its input was closed.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most bytes of its output that are no messages, in one session: greetings, not a flood.
const MAX_CHATTER: usize = 64 << 10;
/// The most bytes of a line of its log that are kept, and the most lines in a second.
const MAX_LOG_LINE: usize = 512;
const MAX_LOG_LINES: u32 = 20;
/// What is read of it ahead of whoever waits for it.
const BUFFER: usize = 64 << 10;

/// Says how a program is started.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Program {
    /// What the log calls it: the plugin's identifier.
    pub(crate) name: Arc<str>,
    pub(crate) command: String,
    pub(crate) arguments: Vec<String>,
    /// Where it runs; the gateway's own folder when nothing is said.
    pub(crate) folder: Option<PathBuf>,
    /// All of its environment.
    pub(crate) environment: BTreeMap<String, Secret<String>>,
    /// The most bytes of one message.
    pub(crate) max_message: usize,
}

/// The way to a running program, as rmcp wants it.
pub(super) type ProgramTransport = AsyncRwTransport<RoleClient, DuplexStream, ChildStdin>;

/// Keeps a program running: it is ended when this is dropped.
#[derive(Debug)]
pub(super) struct Running {
    _end: oneshot::Sender<()>,
}

impl Program {
    /// Starts it.
    pub(super) fn start(&self) -> Result<(ProgramTransport, Running), Fault> {
        let mut command = Command::new(&self.command);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value.expose())))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let mut child = command.spawn().map_err(|error| Fault::NotStarted(error.kind()))?;
        let piped = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(log)) = piped else { return Err(Fault::Ended) };
        tracing::info!(plugin = &*self.name, process = child.id(), "started the MCP server");
        let (theirs, ours) = duplex(BUFFER);
        let (end, ended) = oneshot::channel();
        tokio::spawn(log_lines(Arc::clone(&self.name), log));
        tokio::spawn(watch(self.clone(), child, (output, theirs), ended));
        // The lines that come are bounded already; rmcp's own bound must not be the smaller one.
        let transport = AsyncRwTransport::new(ours, input).with_max_line_length(usize::MAX);
        Ok((transport, Running { _end: end }))
    }
}

/// Watches over a program until it ends, breaks off, or nobody needs it any more.
async fn watch(
    program: Program,
    child: Child,
    (output, into): (ChildStdout, DuplexStream),
    ended: oneshot::Receiver<()>,
) {
    let mut group = Group::of(child);
    let why = tokio::select! {
        status = group.child.wait() => exit(status),
        why = forward(output, into, program.max_message) => why,
        _ = ended => "nobody needs it any more".to_owned(),
    };
    // Its input is closed by now, or soon: well-behaved servers end by that.
    let status = timeout(PATIENCE, group.child.wait()).await;
    let status = status.map_or_else(|_| "was killed".to_owned(), exit);
    tracing::info!(plugin = &*program.name, why, status, "the MCP server ended");
}

fn exit(status: io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}

/// A program and all that it started: killed together, also when this is dropped with the whole runtime.
struct Group {
    child: Child,
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    fn of(child: Child) -> Self {
        #[cfg(unix)]
        let leader =
            child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
        Self {
            child,
            #[cfg(unix)]
            leader,
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(leader) = self.leader {
            // That there is nobody left is what is wanted.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
        let _ = self.child.start_kill();
    }
}

/// Hands on the lines of its output that can be messages, and returns why there will be no more. What takes them sets the
/// pace: whoever writes more than is read waits.
async fn forward(output: ChildStdout, mut into: DuplexStream, max_message: usize) -> String {
    let mut lines = Lines::new(output, max_message);
    let mut chatter = 0;
    let mut pace = Pace::new(max_message);
    loop {
        let line = match lines.next().await {
            Ok(Some(line)) => line,
            Ok(None) => return "it closed its output".to_owned(),
            Err(error) => return error.to_string(),
        };
        if line.trim_ascii_start().first().is_none_or(|first| *first != b'{') {
            chatter += line.len();
            if chatter > MAX_CHATTER {
                return "it floods its output with what is no message".to_owned();
            }
            continue;
        }
        pace.keep(line.len()).await;
        if into.write_all(line).await.is_err() {
            return "nobody reads its output any more".to_owned();
        }
    }
}

/// Lets a burst through, and then so many bytes a second: a flood of messages costs little time and no memory.
struct Pace {
    a_second: f64,
    left: f64,
    since: Instant,
}

impl Pace {
    fn new(a_second: usize) -> Self {
        let a_second = a_second as f64;
        Self { a_second, left: 2.0 * a_second, since: Instant::now() }
    }

    async fn keep(&mut self, bytes: usize) {
        let now = Instant::now();
        let earned = now.duration_since(self.since).as_secs_f64() * self.a_second;
        self.left = (self.left + earned).min(2.0 * self.a_second) - bytes as f64;
        self.since = now;
        if self.left < 0.0 {
            sleep(Duration::from_secs_f64(-self.left / self.a_second)).await;
        }
    }
}

/// Writes its log into ours: so many lines, cut short.
async fn log_lines(name: Arc<str>, log: ChildStderr) {
    let mut lines = Lines::new(log, usize::MAX);
    let (mut second, mut written, mut left_out) = (Instant::now(), 0, 0_u64);
    while let Ok(Some(line)) = lines.next_cut(MAX_LOG_LINE).await {
        if second.elapsed() >= Duration::from_secs(1) {
            if left_out > 0 {
                tracing::warn!(plugin = &*name, left_out, "the MCP server logs too much");
            }
            (second, written, left_out) = (Instant::now(), 0, 0);
        }
        written += 1;
        if written <= MAX_LOG_LINES {
            let line = String::from_utf8_lossy(line);
            // As a debugging text, so that no control character gets into the log.
            tracing::info!(plugin = &*name, line = ?line.trim_end(), "the MCP server says");
        } else {
            left_out += 1;
        }
    }
}

/// Reads lines that have a bound.
struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    max: usize,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(reader: R, max: usize) -> Self {
        Self { reader: BufReader::new(reader), line: Vec::new(), max }
    }

    /// Returns the next line, with its end; an error when it is too long.
    async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let whole = self.read(self.max).await?;
        match whole {
            Some(true) => Ok(Some(&self.line)),
            Some(false) => Err(io::Error::new(io::ErrorKind::FileTooLarge, "one of its lines is too long")),
            None => Ok(None),
        }
    }

    /// Returns the beginning of the next line.
    async fn next_cut(&mut self, max: usize) -> io::Result<Option<&[u8]>> {
        Ok(match self.read(max).await? {
            Some(true) => Some(&self.line),
            Some(false) => {
                self.skip().await?;
                Some(&self.line)
            }
            None => None,
        })
    }

    /// Reads at most so many bytes of a line; returns whether it is whole, and nothing at the end.
    async fn read(&mut self, max: usize) -> io::Result<Option<bool>> {
        self.line.clear();
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                return Ok((!self.line.is_empty()).then_some(true));
            }
            let end = available.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let taken = end.unwrap_or(available.len()).min(max - self.line.len());
            self.line.extend_from_slice(&available[..taken]);
            self.reader.consume(taken);
            if self.line.ends_with(b"\n") {
                return Ok(Some(true));
            }
            if self.line.len() == max {
                return Ok(Some(false));
            }
        }
    }

    /// Steps over the rest of a line.
    async fn skip(&mut self) -> io::Result<()> {
        loop {
            let available = self.reader.fill_buf().await?;
            let end = available.iter().position(|byte| *byte == b'\n').map(|at| at + 1);
            let (taken, done) = (end.unwrap_or(available.len()), end.is_some() || available.is_empty());
            self.reader.consume(taken);
            if done {
                return Ok(());
            }
        }
    }
}

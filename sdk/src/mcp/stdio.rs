//! MCP on stdin and stdout: how desktop programs talk to a server that they start themselves.
//!
//! One message a line. Calls run side by side, and are told apart by their ids; the client cancels one by its id, and all of
//! them by closing the pipe. Nothing but messages may be written to stdout.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::dialogue::Remembered;
use super::environment;
use super::line::WAITING_MESSAGES;
use super::message::{Message, read_params};
use super::server::{Arrival, McpServer, Told};
use super::tools::Visitor;
use crate::caller::CallerIdentity;
use crate::error::PluginError;
use crate::protocol::{SETTINGS_HEADER, UserSettings};

/// The longest message that is read, in bytes.
const LONGEST: u64 = 16 << 20;

/// How long calls may go on after the client closed its pipe.
const LAST_CALLS: Duration = Duration::from_secs(2);

/// One client at the other end of two pipes.
struct Connection {
    server: McpServer,
    /// The settings of the environment, as if they came with every message.
    headers: http::HeaderMap,
    /// What it said once and for all.
    remembered: Mutex<Remembered>,
    /// Calls that run, by their ids as they were written.
    running: Mutex<HashMap<String, AbortHandle>>,
    out: mpsc::Sender<String>,
}

impl McpServer {
    /// Serves one client on stdin and stdout, until it closes them. Calls that still run are then dropped.
    ///
    /// # Errors
    ///
    /// When a pipe breaks.
    pub async fn serve_stdio(self) -> io::Result<()> {
        self.serve_pipes(BufReader::new(tokio::io::stdin()), tokio::io::stdout()).await
    }

    async fn serve_pipes(
        self,
        input: impl AsyncBufRead + Unpin,
        output: impl AsyncWrite + Unpin + Send + 'static,
    ) -> io::Result<()> {
        let (out, messages) = mpsc::channel(WAITING_MESSAGES);
        let writer = tokio::spawn(write_lines(messages, output));
        let connection = Arc::new(Connection {
            server: self,
            headers: environment::headers(),
            remembered: Mutex::default(),
            running: Mutex::default(),
            out,
        });
        let read = read_lines(input, &connection).await;
        drop(connection);
        writer.await.map_err(io::Error::other)??;
        read
    }
}

async fn read_lines(mut input: impl AsyncBufRead + Unpin, connection: &Arc<Connection>) -> io::Result<()> {
    let mut calls = JoinSet::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut input).take(LONGEST + 1).read_until(b'\n', &mut line).await? as u64;
        if read == 0 {
            // Who writes into a pipe and closes it still wants to read what came of it.
            let all = async { while calls.join_next().await.is_some() {} };
            let _ = tokio::time::timeout(LAST_CALLS, all).await;
            return Ok(());
        }
        if read > LONGEST {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a message has more than 16 MiB"));
        }
        if !line.trim_ascii().is_empty() {
            connection.begin(&line, &mut calls).await;
        }
        while calls.try_join_next().is_some() {}
    }
}

async fn write_lines(
    mut messages: mpsc::Receiver<String>,
    mut output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    while let Some(mut message) = messages.recv().await {
        // serde_json escapes line breaks, so a message is one line.
        message.push('\n');
        output.write_all(message.as_bytes()).await?;
        output.flush().await?;
    }
    Ok(())
}

impl Connection {
    /// Begins to answer a message.
    async fn begin(self: &Arc<Self>, line: &[u8], calls: &mut JoinSet<()>) {
        match Message::read(line) {
            Ok(Message::Notification(told)) if told.method == "notifications/cancelled" => {
                self.cancel(told.params)
            }
            // What comes after these relies on what they said, so they are answered before it is read.
            Ok(Message::Request(request))
                if !matches!(&*request.method, "initialize" | "logging/setLevel") =>
            {
                self.spawn(request.id.get().to_owned(), line.to_vec(), calls);
            }
            _ => self.answer(line).await,
        }
    }

    fn spawn(self: &Arc<Self>, id: String, text: Vec<u8>, calls: &mut JoinSet<()>) {
        let (connection, key) = (Arc::clone(self), id.clone());
        // Held until it is noted down, so that a call that is over at once finds what it has to take out.
        let mut running = self.lock_running();
        let call = calls.spawn(async move {
            connection.answer(&text).await;
            connection.lock_running().remove(&key);
        });
        running.insert(id, call);
    }

    async fn answer(&self, text: &[u8]) {
        let mut extensions = http::Extensions::new();
        extensions.insert(CallerIdentity::operator());
        let arrival = Box::new(Arrival {
            visitor: Visitor { headers: self.headers.clone(), extensions },
            settings: settings(&self.headers),
            profile: None,
            has_headers: false,
            back: self.out.clone(),
            remembered: self.remembered.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        });
        let answered = self.server.receive(text, arrival).await;
        if let Some(told) = answered.told {
            let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            match told {
                Told::Capabilities { capabilities, .. } => remembered.capabilities = capabilities,
                Told::LogLevel(level) => remembered.log_level = Some(level),
                Told::Lacks(_) => {}
            }
        }
        if let Some(text) = answered.text {
            // When nobody reads any more, there is nobody to be told.
            let _ = self.out.send(text).await;
        }
    }

    fn cancel(&self, params: Option<&RawValue>) {
        #[derive(Deserialize)]
        struct Params<'a> {
            #[serde(rename = "requestId", borrow)]
            id: &'a RawValue,
        }
        let Ok(Params { id }) = read_params(params) else { return };
        if let Some(running) = self.lock_running().remove(id.get()) {
            running.abort();
        }
    }

    fn lock_running(&self) -> std::sync::MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn settings(headers: &http::HeaderMap) -> Result<UserSettings, PluginError> {
    let Some(value) = headers.get(SETTINGS_HEADER) else { return Ok(UserSettings::default()) };
    UserSettings::from_header(value.as_bytes())
        .map_err(|fault| PluginError::settings_invalid(fault.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Plugin;

    #[tokio::test]
    async fn a_line_without_an_end_is_not_read_to_its_end() {
        let server = McpServer::of(Plugin::new("p"));
        let endless = BufReader::new(tokio::io::repeat(b'a'));
        let error = server.serve_pipes(endless, tokio::io::sink()).await.unwrap_err();
        assert_eq!(error.to_string(), "a message has more than 16 MiB");
    }
}

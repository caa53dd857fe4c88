//! The developer's command, run again and again: looked for when it starts, told of when it ends, and started again when a
//! file changes.

use std::convert::Infallible;
use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep};

use super::bench::Bench;
use super::command::Running;
use super::document::{self, Document, Missing};
use super::screen;
use super::watch::Watch;

/// How often it is looked for a plugin that is being started.
const STARTING: Duration = Duration::from_millis(150);
/// When a plugin that cannot be found is worth a word; the next one comes after twice that time.
const WORTH_A_WORD: Duration = Duration::from_secs(10);

/// A command that is started again whenever a file has changed.
pub(super) struct Workshop<'a> {
    pub(super) bench: &'a Bench,
    pub(super) line: Vec<String>,
    pub(super) port: u16,
    /// Where its server is to be, such as `http://127.0.0.1:3501`.
    pub(super) at: String,
}

/// Says why a command was not left running.
enum Event {
    Changed(Vec<PathBuf>),
    Ended(String),
    Over,
}

impl Workshop<'_> {
    /// Runs the command again and again.
    pub(super) async fn work(
        &self,
        watch: &mut Watch,
        mut ending: Receiver<bool>,
    ) -> Result<(), Box<dyn Error>> {
        let Bench { screen, .. } = self.bench;
        screen.say(format_args!("starts `{}` with PORT={}", self.line.join(" "), self.port));
        // What cannot be started at all is a mistake in what was typed.
        let mut event = self.run_once(watch, &mut ending).await?;
        loop {
            if let Event::Ended(why) = event {
                self.bench.lose(format!("{why}; it is started again when a file changes")).await;
                event = tokio::select! {
                    changed = watch.changed() => Event::Changed(changed),
                    _ = ending.wait_for(|ended| *ended) => Event::Over,
                };
            }
            let Event::Changed(files) = event else { return Ok(()) };
            screen.say(format_args!("{} changed: starting again", screen::files(&files)));
            event = self.run_once(watch, &mut ending).await.unwrap_or_else(Event::Ended);
        }
    }

    /// Runs the command until there is a reason not to.
    async fn run_once(&self, watch: &mut Watch, ending: &mut Receiver<bool>) -> Result<Event, String> {
        self.bench.begin().await;
        let (addresses, heard) = mpsc::unbounded_channel();
        let mut running = Running::start(&self.line, self.port, &self.bench.screen, &addresses)?;
        let event = tokio::select! {
            changed = watch.changed() => Event::Changed(changed),
            status = running.ended() => Event::Ended(match status {
                Ok(status) => format!("the command ended ({status})"),
                Err(error) => format!("the command is lost: {error}"),
            }),
            never = self.look_for_plugin(heard) => match never {},
            _ = ending.wait_for(|ended| *ended) => Event::Over,
        };
        self.bench.begin().await;
        running.stop().await;
        Ok(event)
    }

    /// Looks for the plugin where it is told to be, and wherever the command says that it serves; when it is found, the
    /// bench looks.
    async fn look_for_plugin(&self, mut heard: UnboundedReceiver<String>) -> Infallible {
        let begun = Instant::now();
        let mut wait = WORTH_A_WORD;
        let mut servers = vec![self.at.clone()];
        loop {
            while let Ok(server) = heard.try_recv() {
                if !servers.contains(&server) {
                    servers.push(server);
                }
            }
            let missing = match self.look_at(&servers).await {
                Ok(document) => {
                    let at = document.served.url().clone();
                    self.bench.found(&at, Ok(document)).await;
                    return std::future::pending().await;
                }
                Err(missing) => missing,
            };
            // A server that is up will not have its manifest later; one that is silent may be compiled still.
            let due = if matches!(missing, Missing::Refused(_)) { wait / 5 } else { wait };
            if begun.elapsed() >= due {
                wait *= 2;
                self.bench.screen.say(self.advice(&missing));
            }
            sleep(STARTING).await;
        }
    }

    async fn look_at(&self, servers: &[String]) -> Result<Document, Missing> {
        let mut missing = Missing::Silent(String::new());
        for server in servers {
            match document::find(&self.bench.outbound, server).await {
                Ok(document) => return Ok(document),
                // That somebody answers says more than that somebody else does not.
                Err(Missing::Refused(words)) => missing = Missing::Refused(words),
                Err(Missing::Silent(_)) => {}
            }
        }
        Err(missing)
    }

    fn advice(&self, missing: &Missing) -> String {
        match missing {
            Missing::Silent(_) => format!(
                "still waits for {}: a command that does not read PORT can have {{port}} in its words, or say where it \
                 serves with `--at`",
                self.at
            ),
            Missing::Refused(words) => format!("still waits for a manifest or an OpenAPI document: {words}"),
        }
    }
}

//! Hands the vectors to workers, each in a namespace of its own, and gathers what they say.
//!
//! What waits most of its time is run by many workers at once; what measures time is run by one.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::arguments::Options;
use crate::namespace;
use crate::proof;
use crate::vector::{Suite, Vector, load};
use crate::verdict::Verdict;

/// Workers for vectors that mostly wait: more than processors.
const MANY: usize = 12;

/// A worker process.
struct Worker {
    child: Child,
}

/// Runs the vectors that the options ask for.
pub(crate) fn run(options: &Options) -> Result<Vec<(Vector, Verdict)>> {
    let vectors: Vec<Vector> =
        load(&options.files)?.into_iter().filter(|vector| options.wants(vector)).collect();
    let mut results: Vec<(Vector, Option<Verdict>)> =
        vectors.into_iter().map(|vector| (vector.clone(), proof::of(&vector, options.known_bad))).collect();
    for (suites, workers) in phases(options.known_bad) {
        let queue = results
            .iter()
            .enumerate()
            .filter(|(_, (vector, verdict))| verdict.is_none() && suites.contains(&vector.suite));
        let mut queue: Vec<(usize, String)> =
            queue.map(|(index, (vector, _))| (index, vector.id.clone())).collect();
        // Those of these suites wait longest, so they begin first.
        let long = |suite| matches!(suite, Suite::Upstream | Suite::Overload);
        queue.sort_by_key(|(index, _)| (!long(results[*index].0.suite), *index));
        for (index, verdict) in share(queue.into(), *workers, options)? {
            results[index].1 = Some(verdict);
        }
    }
    let unsaid = || Verdict::Failed(vec!["no worker said anything of it".to_owned()]);
    Ok(results.into_iter().map(|(vector, verdict)| (vector, verdict.unwrap_or_else(unsaid))).collect())
}

/// Which suites are run together, and by how many workers. A gateway that is to be found out is not measured.
fn phases(known_bad: bool) -> &'static [(&'static [Suite], usize)] {
    const WAITING: &[Suite] = &[Suite::Ssrf, Suite::Upstream, Suite::Leak, Suite::Auth];
    const QUICK: &[Suite] = &[Suite::Upstream, Suite::Ssrf, Suite::Leak, Suite::Auth, Suite::Parse];
    if known_bad {
        &[(QUICK, MANY), (&[Suite::Overload], MANY)]
    } else {
        &[(WAITING, MANY), (&[Suite::Parse], 1), (&[Suite::Overload], 1)]
    }
}

fn share(
    queue: VecDeque<(usize, String)>,
    workers: usize,
    options: &Options,
) -> Result<Vec<(usize, Verdict)>> {
    let workers = workers.min(queue.len());
    let (queue, results) = (Mutex::new(queue), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..workers).map(|_| scope.spawn(|| drain(&queue, &results, options))).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a thread panicked")))
        })
    })?;
    Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// Works the queue off with one worker, or with one after another where one breaks down.
fn drain(
    queue: &Mutex<VecDeque<(usize, String)>>,
    results: &Mutex<Vec<(usize, Verdict)>>,
    options: &Options,
) -> Result<()> {
    let mut worker = Worker::start(options)?;
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some((index, id)) = next else { return worker.end() };
        let verdict = match worker.ask(&id) {
            Ok(verdict) => verdict,
            Err(error) => {
                worker = Worker::start(options)?;
                Verdict::Failed(vec![format!("the worker broke down: {error:#}")])
            }
        };
        results.lock().unwrap_or_else(PoisonError::into_inner).push((index, verdict));
    }
}

impl Worker {
    fn start(options: &Options) -> Result<Self> {
        let program = std::env::current_exe()?;
        let child = namespace::command(&program)
            .args(options.for_worker())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("`unshare` is needed, of util-linux")?;
        Ok(Self { child })
    }

    fn ask(&mut self, id: &str) -> Result<Verdict> {
        writeln!(self.child.stdin.as_mut().context("it has a pipe")?, "{id}")?;
        let mut line = String::new();
        // One line for one line, so that nothing is left in the reader.
        BufReader::with_capacity(1, self.child.stdout.as_mut().context("it has a pipe")?)
            .read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("it said `{}`", line.trim()))
    }

    /// Lets the worker end by itself, so that it ends its gateways.
    fn end(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        self.child.wait()?;
        Ok(())
    }
}

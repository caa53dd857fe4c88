//! A worker: alone in its namespace, it runs the vectors that standard input names, one after another.

use std::io::{BufRead, Write};
use std::path::Path;

use anyhow::{Context, Result};

use crate::arguments::Options;
use crate::namespace;
use crate::stage::Stage;
use crate::suites;
use crate::vector::{Vector, load};
use crate::verdict::Verdict;

/// Answers every identifier on standard input with a verdict, until there are no more.
pub(crate) fn run(options: &Options) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("lobe-vectors-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = work(options, &folder);
    std::fs::remove_dir_all(&folder)?;
    done
}

fn work(options: &Options, folder: &Path) -> Result<()> {
    let files = namespace::settle(folder)?;
    let vectors = load(&options.files)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut stage = runtime.block_on(Stage::new(options, folder, files))?;
    for id in std::io::stdin().lock().lines() {
        let id = id?;
        let vector =
            vectors.iter().find(|vector| vector.id == id).with_context(|| format!("no vector {id}"))?;
        let verdict = runtime.block_on(judge(&mut stage, vector));
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}", serde_json::to_string(&verdict)?)?;
        output.flush()?;
    }
    runtime.block_on(stage.end());
    Ok(())
}

/// Runs a vector; what failed by time alone is run again, because the machine may have had other things to do.
async fn judge(stage: &mut Stage, vector: &Vector) -> Verdict {
    // A gateway that is to be found out needs no second chance.
    let tries = if stage.known_bad { 0 } else { 2 };
    for _ in 0..tries {
        match suites::run(stage, vector).await {
            Ok(faults) if faults.only_timing() => stage.end().await,
            Ok(faults) => return faults.verdict(),
            Err(unrun) => return unrun.into(),
        }
    }
    suites::run(stage, vector).await.map_or_else(Verdict::from, crate::verdict::Faults::verdict)
}

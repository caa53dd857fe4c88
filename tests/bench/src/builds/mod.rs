//! What it costs to build a plugin: a hello world with the SDK beside those of poem-openapi, dropshot and rmcp, and what
//! a hundred annotated functions add.
//!
//! The hello worlds stand in `tests/bench/builds`, a folder each. They are copied below `target/builds` and built there as
//! a user would, with the profile that cargo has for development, because as members of the workspace they would share
//! its profile and its features.

mod functions;
mod project;

use std::error::Error;

use self::project::Cost;
pub(crate) use self::project::Project;
use crate::report::median;

/// How often each project is edited in a round.
const EDITS: usize = 3;
/// How many annotated functions are compared with one.
const FUNCTIONS: usize = 100;
/// What they may add, in seconds of CPU time.
const FUNCTIONS_TARGET: f64 = 3.0;

/// One hello world, and how many times what poem-openapi's costs it may cost.
struct Hello {
    folder: &'static str,
    clean_target: Option<f64>,
    edit_target: Option<f64>,
}

/// The one that the others are compared with comes first.
const HELLOS: [Hello; 5] = [
    Hello { folder: "poem-openapi", clean_target: None, edit_target: None },
    Hello { folder: "sdk-http", clean_target: Some(1.0), edit_target: Some(1.0) },
    Hello { folder: "sdk-default", clean_target: Some(1.25), edit_target: None },
    Hello { folder: "dropshot", clean_target: None, edit_target: None },
    Hello { folder: "rmcp", clean_target: None, edit_target: None },
];

/// Measures all projects and returns the tables.
pub(crate) fn measure(rounds: usize) -> Result<String, Box<dyn Error>> {
    let mut runs = HELLOS.iter().map(Run::prepare).collect::<Result<Vec<_>, _>>()?;
    let mut functions = [Functions::new(1), Functions::new(FUNCTIONS)];
    for round in 0..rounds {
        crate::note(&format!("round {} of {rounds}", round + 1));
        for run in &mut runs {
            run.take_turn()?;
        }
        for functions in &mut functions {
            functions.take_turn(&runs[1].project)?;
        }
    }
    let rows: String = runs.iter().map(|run| run.row(&runs[0])).collect();
    Ok(format!(
        "{rounds} rounds, each `cargo build` from nothing and after each of {EDITS} edits.\n\n\
         | hello world | crates | clean: CPU | wall | ratio | target | edit: CPU | wall | ratio | target |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n\
         {rows}\n{}",
        Functions::table(&functions)
    ))
}

/// One project and what has been measured of it.
struct Run {
    hello: &'static Hello,
    project: Project,
    crates: usize,
    clean: Vec<Cost>,
    edits: Vec<Cost>,
}

impl Run {
    fn prepare(hello: &'static Hello) -> Result<Self, Box<dyn Error>> {
        let project = Project::prepare(hello.folder)?;
        let crates = project.count_crates()?;
        Ok(Self { hello, project, crates, clean: Vec::new(), edits: Vec::new() })
    }

    fn take_turn(&mut self) -> Result<(), Box<dyn Error>> {
        crate::note(self.hello.folder);
        self.project.forget_everything()?;
        self.project.write_hello()?;
        self.clean.push(self.project.build()?);
        for number in 1..=EDITS {
            self.project.add_field(number)?;
            self.edits.push(self.project.build()?);
        }
        Ok(())
    }

    fn row(&self, first: &Self) -> String {
        let columns = |own: &[Cost], others: &[Cost], target: Option<f64>| {
            let [cpu, other] = [own, others].map(|costs| median(costs.iter().map(|cost| cost.cpu)));
            let wall = median(own.iter().map(|cost| cost.wall));
            let target = target.map(|target| format!("{target:.2}")).unwrap_or_default();
            format!("{cpu:.1} s | {wall:.1} s | {:.2} | {target}", cpu / other)
        };
        let clean = columns(&self.clean, &first.clean, self.hello.clean_target);
        let edit = columns(&self.edits, &first.edits, self.hello.edit_target);
        format!("| `{}` | {} | {clean} | {edit} |\n", self.hello.folder, self.crates)
    }
}

/// A plugin of so many functions, and what it took to compile it alone.
struct Functions {
    count: usize,
    costs: Vec<Cost>,
}

impl Functions {
    const fn new(count: usize) -> Self {
        Self { count, costs: Vec::new() }
    }

    /// Builds the plugin in place of a hello world's, whose dependencies are there already.
    fn take_turn(&mut self, project: &Project) -> Result<(), Box<dyn Error>> {
        crate::note(&format!("{} functions", self.count));
        project.write(&functions::source(self.count))?;
        // So that what it needs is there, whatever changed in the meantime.
        project.build()?;
        project.forget_itself()?;
        self.costs.push(project.build()?);
        Ok(())
    }

    fn cpu(&self) -> f64 {
        median(self.costs.iter().map(|cost| cost.cpu))
    }

    fn table([one, many]: &[Self; 2]) -> String {
        let more = many.cpu() - one.cpu();
        format!(
            "| functions of four arguments | their crate: CPU | more than one costs | target |\n|---|---:|---:|---:|\n\
             | {} | {:.2} s | | |\n| {} | {:.2} s | {more:.2} s | {FUNCTIONS_TARGET} s |\n",
            one.count,
            one.cpu(),
            many.count,
            many.cpu(),
        )
    }
}

//! A project below `target/builds`, and cargo.

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::process;

/// The line of a hello world that makes room for one more field.
const ROOM: &str = "// one more field\n";

/// What a build took, in seconds.
pub(super) struct Cost {
    /// Of all processes and threads.
    pub(super) cpu: f64,
    pub(super) wall: f64,
}

/// A hello world outside the workspace.
pub(crate) struct Project {
    folder: PathBuf,
    hello: String,
}

impl Project {
    /// Copies a hello world out of the workspace, and fetches what it needs.
    pub(crate) fn prepare(name: &str) -> Result<Self, Box<dyn Error>> {
        let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = bench.ancestors().nth(2).ok_or("the bench stands elsewhere")?;
        let template = bench.join("builds").join(name);
        let folder = workspace.join("target/builds").join(name);
        fs::create_dir_all(folder.join("src"))?;
        fs::copy(template.join("Cargo.toml"), folder.join("Cargo.toml"))?;
        // Those of the SDK have the workspace's versions: that is what is developed and tested.
        let locked = template.join("Cargo.lock");
        let locked = if locked.exists() { locked } else { workspace.join("Cargo.lock") };
        fs::copy(locked, folder.join("Cargo.lock"))?;
        let hello = fs::read_to_string(template.join("src/main.rs"))?;
        let project = Self { folder, hello };
        project.write_hello()?;
        run(project.cargo(&["fetch"]))?;
        Ok(project)
    }

    /// Counts the crates that are compiled for it, itself among them.
    pub(super) fn count_crates(&self) -> Result<usize, Box<dyn Error>> {
        let tree = [
            "tree",
            "--offline",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--no-dedupe",
        ];
        let output = self.cargo(&tree).output()?;
        let listed = String::from_utf8(output.stdout)?;
        let mut crates: Vec<&str> = listed.lines().collect();
        crates.sort_unstable();
        crates.dedup();
        Ok(crates.len())
    }

    /// Writes its program as it was in the beginning.
    pub(super) fn write_hello(&self) -> io::Result<()> {
        self.write(&self.hello)
    }

    /// Gives the arguments one field more for each number up to this one.
    pub(super) fn add_field(&self, number: usize) -> Result<(), Box<dyn Error>> {
        if !self.hello.contains(ROOM) {
            return Err(format!("{} has no room for a field", self.folder.display()).into());
        }
        let fields: String =
            (1..=number).map(|number| format!("/// One more.\n field_{number}: Option<u32>,\n")).collect();
        Ok(self.write(&self.hello.replace(ROOM, &fields))?)
    }

    /// Writes another program.
    pub(super) fn write(&self, program: &str) -> io::Result<()> {
        fs::write(self.folder.join("src/main.rs"), program)
    }

    /// Removes all that was built.
    pub(super) fn forget_everything(&self) -> Result<(), Box<dyn Error>> {
        run(self.cargo(&["clean", "--quiet"]))
    }

    /// Removes what was built of the project itself, and not of what it needs.
    pub(super) fn forget_itself(&self) -> Result<(), Box<dyn Error>> {
        run(self.cargo(&["clean", "--quiet", "--package", &self.name()?]))
    }

    /// Builds it.
    pub(super) fn build(&self) -> Result<Cost, Box<dyn Error>> {
        let (before, start) = (process::cpu_time_of_children()?, Instant::now());
        run(self.cargo(&["build", "--quiet", "--offline"]))?;
        let wall = start.elapsed().as_secs_f64();
        Ok(Cost { cpu: (process::cpu_time_of_children()? - before).as_secs_f64(), wall })
    }

    /// Builds it as it is run, and returns the program.
    pub(crate) fn build_release(&self) -> Result<PathBuf, Box<dyn Error>> {
        run(self.cargo(&["build", "--quiet", "--offline", "--release"]))?;
        Ok(self.folder.join("target/release").join(self.name()?))
    }

    /// Returns the name of its package, which is its program's, too.
    fn name(&self) -> Result<String, Box<dyn Error>> {
        let manifest = fs::read_to_string(self.folder.join("Cargo.toml"))?;
        let name = manifest.split('"').nth(1).ok_or("a project without a name")?;
        Ok(name.to_owned())
    }

    /// Makes a command of cargo that knows nothing of the cargo that runs this program, or of how others like their
    /// builds.
    fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.folder);
        for (name, _) in std::env::vars_os() {
            let kept = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].iter().any(|kept| name == *kept);
            let text = name.to_string_lossy();
            if !kept && (text.starts_with("CARGO") || text.starts_with("RUST")) {
                command.env_remove(&name);
            }
        }
        // An empty one is none, whatever a configuration says: what comes out of a cache is not measured.
        command.env("RUSTC_WRAPPER", "");
        command
    }
}

fn run(mut command: Command) -> Result<(), Box<dyn Error>> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

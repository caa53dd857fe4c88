//! Documents written while cargo builds: for the `build.rs` of a package that has the plugin's library among its
//! build-dependencies.
//!
//! The simplest way to a manifest is the plugin's own command `manifest`; this one is for those who pack the documents
//! into something else that is built.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use crate::describe::Site;
use crate::plugin::Plugin;

/// Writes `manifest.json` and `openapi.json` into `OUT_DIR`, never into the source tree, and copies them to
/// `target/lobe/{identifier}/`, where people find them.
///
/// The package's code gets their paths as `env!("LOBE_MANIFEST")` and `env!("LOBE_OPENAPI")`. Cargo runs this again when the
/// plugin's library changes, or `build.rs` does.
///
/// ```no_run
/// # mod greeter { pub fn plugin() -> lobe_plugin_sdk::Plugin { lobe_plugin_sdk::Plugin::new("greeter") } }
/// // build.rs
/// use std::error::Error;
///
/// use lobe_plugin_sdk::{Site, build};
///
/// fn main() -> Result<(), Box<dyn Error>> {
///     let site = Site::at("https://plugins.example.org".parse()?);
///     build::write(&greeter::plugin(), &site)?;
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// When a file cannot be written, or this is no build script.
#[expect(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]
pub fn write(plugin: &Plugin, site: &Site) -> Result<(), BuildError> {
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(BuildError::NoBuildScript)?;
    let target = env::var_os("TARGET").unwrap_or_default();
    let shown =
        target_folder(&out, &target).map(|folder| folder.join("lobe").join(&*plugin.identity().identifier));
    println!("cargo::rerun-if-changed=build.rs");
    let documents = [
        ("manifest.json", "LOBE_MANIFEST", plugin.manifest_json(site)),
        ("openapi.json", "LOBE_OPENAPI", plugin.openapi(site).to_json()),
    ];
    for (name, variable, text) in documents {
        for folder in [Some(&out), shown.as_ref()].into_iter().flatten() {
            write_file(&folder.join(name), &text)?;
        }
        println!("cargo::rustc-env={variable}={}", out.join(name).display());
    }
    Ok(())
}

/// Says why documents could not be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// Cargo has not said where a build script may write: `OUT_DIR` is not set.
    NoBuildScript,
    /// The file cannot be written.
    Unwritable(PathBuf, io::Error),
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoBuildScript => formatter.write_str(
                "`OUT_DIR` is not set: call `lobe_plugin_sdk::build::write` in a package's `build.rs`",
            ),
            Self::Unwritable(file, cause) => write!(formatter, "cannot write {}: {cause}", file.display()),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoBuildScript => None,
            Self::Unwritable(_, cause) => Some(cause),
        }
    }
}

fn write_file(file: &Path, text: &str) -> Result<(), BuildError> {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .map_err(|cause| BuildError::Unwritable(file.to_owned(), cause))
}

/// Finds cargo's target folder above a build script's `OUT_DIR`, `{target}[/{triple}]/{profile}/build/{package}/out`. Cargo
/// names it to nobody. What stands below `build` has changed before, so that is found by its name.
fn target_folder<'a>(out: &'a Path, triple: &OsStr) -> Option<&'a Path> {
    let build = out.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("build")))?;
    let above_profile = build.parent()?.parent()?;
    if above_profile.file_name() == Some(triple) { above_profile.parent() } else { Some(above_profile) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_folder_is_above_out_dir() {
        let triple = OsStr::new("x86_64-unknown-linux-gnu");
        let check = |out: &str, expected: Option<&str>| {
            assert_eq!(target_folder(Path::new(out), triple), expected.map(Path::new), "{out}");
        };
        check("/p/target/debug/build/own-0123/out", Some("/p/target"));
        check("/p/target/debug/build/own/0123/out", Some("/p/target"));
        check("/p/target/x86_64-unknown-linux-gnu/release/build/own-0123/out", Some("/p/target"));
        check("/home/build/elsewhere/debug/build/own-0123/out", Some("/home/build/elsewhere"));
        check("/out", None);
    }

    #[test]
    fn outside_a_build_script_it_says_where_it_belongs() {
        let said = BuildError::NoBuildScript.to_string();
        assert!(said.contains("build.rs"), "{said}");
    }
}

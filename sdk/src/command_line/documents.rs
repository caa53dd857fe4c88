//! The commands that write a document or judge one. They bind nothing and need no secret.

use std::path::Path;
use std::process::ExitCode;

use super::arguments::{Document, DocumentOptions};
use super::site;
use crate::check::{self, Severity};
use crate::describe::{BaseUrl, Site};
use crate::plugin::Plugin;

/// Where a plugin is reached when nobody said.
const DEFAULT_BASE_URL: &str = "http://127.0.0.1:3400";

/// Writes a document to stdout or a file, or compares it with the file.
pub(super) fn write(plugin: &Plugin, options: &DocumentOptions, gateway: Option<&str>) -> ExitCode {
    let text = text(plugin, options.document, &documented_site(options.base_url.clone(), gateway));
    let Some(file) = &options.out else {
        print!("{text}");
        return ExitCode::SUCCESS;
    };
    if options.check {
        return compare(file, &text);
    }
    match std::fs::write(file, text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("cannot write {}: {error}", file.display())),
    }
}

/// Says what would break some client or model.
pub(super) fn check(plugin: &Plugin, base_url: Option<BaseUrl>, gateway: Option<&str>) -> ExitCode {
    let remarks = check::plugin(plugin, &documented_site(base_url, gateway));
    for remark in &remarks {
        println!("{remark}");
    }
    let missing = plugin.missing_states();
    for state in &missing {
        println!("error: state: functions ask for `State<{state}>`: add `.with_state(..)` to the plugin");
    }
    let errors = missing.len() + remarks.iter().filter(|remark| remark.severity == Severity::Error).count();
    let warnings = remarks.iter().filter(|remark| remark.severity == Severity::Warning).count();
    println!("{}: {errors} errors, {warnings} warnings", plugin.identity().identifier);
    if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn documented_site(base_url: Option<BaseUrl>, gateway: Option<&str>) -> Site {
    let default = || BaseUrl::parse(DEFAULT_BASE_URL).expect("cannot fail because it is a base URL");
    site(base_url.unwrap_or_else(default), gateway)
}

fn text(plugin: &Plugin, document: Document, site: &Site) -> String {
    match document {
        Document::Manifest(mode, profile) => {
            plugin.manifest_json(&site.clone().in_mode(mode).in_profile(profile))
        }
        Document::OpenApiJson(version) => plugin.openapi(&site.clone().in_openapi(version)).to_json(),
        Document::OpenApiYaml(version) => plugin.openapi(&site.clone().in_openapi(version)).to_yaml(),
    }
}

fn compare(file: &Path, expected: &str) -> ExitCode {
    let found = match std::fs::read_to_string(file) {
        Ok(found) => found,
        Err(error) => return fail(&format!("cannot read {}: {error}", file.display())),
    };
    if found == expected {
        return ExitCode::SUCCESS;
    }
    let same = found.lines().zip(expected.lines()).take_while(|(found, expected)| found == expected).count();
    eprintln!("error: {} is stale from line {} on", file.display(), same + 1);
    eprintln!("       found:    {}", found.lines().nth(same).unwrap_or("(the end)").trim());
    eprintln!("       expected: {}", expected.lines().nth(same).unwrap_or("(the end)").trim());
    fail("renew it with the same command without `--check`")
}

fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::FAILURE
}

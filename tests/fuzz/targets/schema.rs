//! A stranger's schema, on the first line, and an instance behind it: the sanitiser, the compiler, the judgement.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lobe_fuzz::within_a_second;
use lobe_plugin_gateway::validate::{BUDGET, CheckError, Finding, Validator};
use lobe_plugin_sdk::json;
use lobe_plugin_sdk::schema::{Profile, Schema};
use serde_json::Value;

/// Every profile that a schema of others is rewritten into.
const PROFILES: [Profile; 5] =
    [Profile::Portable, Profile::OpenAiStrict, Profile::Gemini, Profile::OpenApi30, Profile::OpenApi31];

fuzz_target!(|text: &str| rewrite_and_judge(text));

fn rewrite_and_judge(text: &str) {
    let (schema, instance) = text.split_once('\n').unwrap_or((text, "{}"));
    let (Ok(schema), Ok(instance)) = (json::parse(schema.as_bytes()), json::parse(instance.as_bytes()))
    else {
        return;
    };
    within_a_second(|| judge(&schema, &instance));
    // One at a time: no call takes two of them.
    let profile = PROFILES[text.len() % PROFILES.len()];
    let rewritten = within_a_second(|| Schema::from_value(schema).in_profile(profile).to_value());
    within_a_second(|| judge(&rewritten, &instance));
}

fn judge(schema: &Value, instance: &Value) {
    let verdict = Validator::new(schema).check(instance);
    match &verdict {
        Ok(()) | Err(CheckError::TooCostly) => {}
        Err(CheckError::Invalid(findings)) => assert_bounded(findings),
        Err(CheckError::Broken(finding)) => assert_bounded(std::slice::from_ref(finding)),
    }
}

/// Holds the findings to the budget: 32 bytes of text for one unit of it.
fn assert_bounded(findings: &[Finding]) {
    assert!(!findings.is_empty(), "an objection that names nothing");
    let bytes = |finding: &Finding| {
        finding.instance_location.len() + finding.keyword_location.len() + finding.error.len()
    };
    let bytes: usize = findings.iter().map(bytes).sum();
    // What a finding has less than one unit of is not charged.
    assert!(bytes as u64 <= 32 * (BUDGET + findings.len() as u64), "{bytes} bytes of findings");
}

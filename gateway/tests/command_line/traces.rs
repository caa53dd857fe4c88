//! The spans of calls at a collector, read by the protocol's own definitions.

use std::collections::BTreeMap;
use std::net::TcpListener;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use prost::Message as _;

use super::{Serving, ask, gateway, said, serve_text};

fn attributes(of: &[KeyValue]) -> BTreeMap<&str, String> {
    let text = |value: &KeyValue| match value.value.as_ref().unwrap().value.as_ref().unwrap() {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    of.iter().map(|attribute| (attribute.key.as_str(), text(attribute))).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Calls an operation of a manifest that names its server; the answer.
fn call(serving: &Serving, operation: &str, server: &str, headers: &str) -> String {
    let body = format!(
        r#"{{"identifier":"weather","apiName":"{operation}","arguments":"{{\"city\":\"sesame\"}}",
            "manifest":{{"identifier":"weather","meta":{{}},"api":[{{"name":"{operation}","description":"d",
            "url":"http://{server}/{operation}","parameters":{{"type":"object","properties":{{}}}}}}]}}}}"#
    );
    let settings = r#"X-LobeChat-Plugin-Settings: {"KEY":"sesame"}"#;
    ask(&serving.callers(), &format!("POST /api/gateway HTTP/1.1\r\n{headers}{settings}\r\nX:"), &body)
}

#[cfg(unix)]
#[test]
fn a_call_is_a_span_of_its_callers_trace() {
    let ((collector, exported), (plugin, called)) = (serve_text(""), serve_text("sunny"));
    let endpoint = format!("http://{collector}");
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*endpoint),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20letmein"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test"),
    ];
    // What the log has of calls does not concern the export.
    let log = "lobe_plugin_gateway::command_line=info";
    let mut serving = Serving::start_in(&environment, &["--dev", "--log", log]);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("traceparent: 00-{trace}-b7ad6b7169203331-01\r\ntracestate: vendor=x\r\n");
    let answer = call(&serving, "now", &plugin, &parent);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("sunny"), "{answer}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let failed = call(&serving, "later", &nobody, "");
    assert!(failed.starts_with("HTTP/1.1 502"), "{failed}");
    // What was not exported yet is exported at the end.
    serving.signal("-INT");
    assert!(serving.process.wait().unwrap().success());

    let (head, body) = exported.recv().unwrap();
    assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains("authorization: bearer letmein"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf"), "{head}");
    assert!(!String::from_utf8_lossy(&body).contains("sesame"), "what a caller sent is in no span");
    let request = ExportTraceServiceRequest::decode(&*body).unwrap();
    let [resource] = &request.resource_spans[..] else { panic!("{request:?}") };
    let about = attributes(&resource.resource.as_ref().unwrap().attributes);
    assert_eq!((&*about["service.name"], &*about["deployment.environment.name"]), ("lobe-gateway", "test"));
    let [scope] = &resource.scope_spans[..] else { panic!("{request:?}") };
    let [good, bad] = &scope.spans[..] else { panic!("{:?}", scope.spans) };

    assert_eq!(hexadecimal(&good.trace_id), trace);
    assert_eq!(hexadecimal(&good.parent_span_id), "b7ad6b7169203331");
    assert_call(good, &answer, [("operation", "now"), ("outcome", "ok"), ("status", "200")]);
    assert_eq!(good.status.as_ref().unwrap().code(), StatusCode::Unset);
    let (head, _) = called.recv().unwrap();
    let expected = format!("traceparent: 00-{trace}-{}-01", hexadecimal(&good.span_id));
    assert!(head.contains(&expected) && head.contains("tracestate: vendor=x"), "{expected} is not in {head}");

    assert!(bad.trace_id != good.trace_id && bad.parent_span_id.is_empty(), "it has no caller: {bad:?}");
    assert_call(bad, &failed, [("operation", "later"), ("outcome", "bad_gateway"), ("status", "502")]);
    assert_eq!(bad.status.as_ref().unwrap().code(), StatusCode::Error);
}

/// Holds a span against what every call has, and what this one has.
fn assert_call(span: &Span, answer: &str, own: [(&str, &str); 3]) {
    assert_eq!((&*span.name, span.kind()), ("call", SpanKind::Server));
    assert!(span.events.is_empty(), "lines of the log are in no span: {:?}", span.events);
    assert!(span.end_time_unix_nano > span.start_time_unix_nano);
    let said = attributes(&span.attributes);
    for (name, expected) in
        [("plugin", "weather"), ("door", "gateway"), ("origin", "caller")].into_iter().chain(own)
    {
        assert_eq!(said[name], expected, "{name} of {said:?}");
    }
    assert!(answer.contains(&format!("x-request-id: {}", said["request"])), "{answer}");
    let times = ["ms", "plugin_ms"].map(|name| said[name].parse::<f64>().unwrap());
    assert!(times[0] >= times[1] && said["request_bytes"].parse::<u64>().unwrap() > 100, "{said:?}");
    let known = [
        "door",
        "ms",
        "operation",
        "origin",
        "outcome",
        "plugin",
        "plugin_ms",
        "request",
        "request_bytes",
        "status",
    ];
    assert_eq!(said.into_keys().collect::<Vec<_>>(), known);
}

#[test]
fn a_collector_that_is_not_there_stops_no_call() {
    let (plugin, _called) = serve_text("sunny");
    let environment =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
    let mut serving = Serving::start_in(&environment, &["--dev"]);
    assert!(call(&serving, "now", &plugin, "").ends_with("sunny"));
    let line = serving.read_until("spans cannot be exported");
    assert!(line.contains("to=http://127.0.0.1:1") && line.contains("connect_failed"), "{line}");
    assert!(call(&serving, "now", &plugin, "").ends_with("sunny"));
}

#[test]
fn what_names_no_collector_is_refused_at_the_start() {
    let check = |environment: &[(&str, &str)], expected: &str| {
        let mut command = gateway(&["serve", "--listen", "127.0.0.1:0"]);
        let output = command.envs(environment.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(expected), "{expected} is not in {}", said(&output));
    };
    let (all, own) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    check(&[(all, "localhost:4318")], "environment variable OTEL_EXPORTER_OTLP_ENDPOINT: ");
    check(
        &[(all, "http://localhost"), (own, "nonsense")],
        "environment variable OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ",
    );
    let grpc = [(all, "http://localhost:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    check(&grpc, "environment variable OTEL_EXPORTER_OTLP_PROTOCOL: expected `http/protobuf`");
}

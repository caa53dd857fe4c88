//! The spans of calls on their way to a collector: OTLP over HTTP, as protobuf, by the door out.
//!
//! The door is the one that plugins are called by, with the collector's host opened, since it is the operator's word; so a
//! redirect leads nowhere else, and its certificate is judged by the same roots.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use opentelemetry::trace::{SpanKind, TracerProvider as _};
use opentelemetry::{KeyValue, Value};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{self, SdkTracerProvider, SpanData};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::{CALL, Wrong, endpoint, first_of};
use crate::outbound::{
    EgressPolicy, Origin, Outbound, OutboundError, OutboundLimits, Outgoing, TargetUrl, Trust,
};

const NAME: &str = "lobe-gateway";
/// How long a collector may take, and what is left may take at the end.
const TIME: Duration = Duration::from_secs(10);
/// The most that is read of its answer.
const ANSWER: usize = 64 << 10;

/// The export, while it is open.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
    to: Origin,
}

impl Traces {
    /// Opens the export if one of the standard variables names a collector. Headers, sampling, batches and the resource
    /// are as they say, too: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.
    ///
    /// # Errors
    ///
    /// Which variable is wrong.
    pub(crate) fn open(outbound: &Outbound, runtime: &Handle) -> Result<Option<Self>, Wrong> {
        let Some((variable, text)) = endpoint() else { return Ok(None) };
        let wrong = |message: String| Wrong { variable, message };
        speaks_protobuf()?;
        let url = TargetUrl::parse(&text).map_err(|fault| wrong(fault.to_string()))?;
        let to = url.origin().clone();
        let policy = EgressPolicy {
            require_https: false,
            allow_hosts: vec![to.authority()],
            ..outbound.policy().clone()
        };
        let limits =
            OutboundLimits { total: TIME, error_answer: ANSWER, answer: ANSWER, ..OutboundLimits::default() };
        let outbound = outbound.beside(policy, limits, None).map_err(|error| wrong(error.to_string()))?;
        outbound.judge(&url).map_err(|refusal| {
            wrong(format!("this address may not be called by any configuration ({})", refusal.reason()))
        })?;
        let door = Door { outbound, runtime: runtime.clone(), to: to.clone(), fails: Arc::default() };
        let exporter =
            SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_http_client(door);
        let exporter = Served(exporter.build().map_err(|error| wrong(error.to_string()))?);
        let provider =
            SdkTracerProvider::builder().with_resource(resource()).with_batch_exporter(exporter).build();
        Ok(Some(Self { provider, to }))
    }

    /// Returns where spans go.
    pub(crate) fn to(&self) -> &Origin {
        &self.to
    }

    /// Makes what listens to the log's spans, and to those of calls alone: lines of the log stay here.
    pub(crate) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(NAME))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.name() == CALL))
    }

    /// Exports what is left. The runtime has to run still.
    pub(crate) fn end(self) {
        // What could not be exported has been said.
        let _ = self.provider.shutdown_with_timeout(TIME);
    }
}

fn speaks_protobuf() -> Result<(), Wrong> {
    let named = first_of(["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"]);
    match named.filter(|(_, value)| value != "http/protobuf") {
        Some((variable, _)) => Err(Wrong {
            variable,
            message: "expected `http/protobuf`, which is all that is spoken".to_owned(),
        }),
        None => Ok(()),
    }
}

/// Says who exports: what the variables say, or the program's own name.
fn resource() -> Resource {
    let said = Resource::builder().build();
    let name = said.get(&"service.name".into()).filter(|name| !name.as_str().starts_with("unknown_service"));
    let name = name
        .unwrap_or_else(|| Value::from(env::var("OTEL_SERVICE_NAME").unwrap_or_else(|_| NAME.to_owned())));
    Resource::builder()
        .with_attribute(KeyValue::new("service.name", name))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build()
}

/// The exporter; a call is what somebody else asked for, which tracing's spans have no word for.
#[derive(Debug)]
struct Served(SpanExporter);

impl trace::SpanExporter for Served {
    fn export(&self, mut batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        for span in &mut batch {
            span.span_kind = SpanKind::Server;
        }
        self.0.export(batch)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// The door out, for a thread that is none of the runtime's.
#[derive(Debug)]
struct Door {
    outbound: Outbound,
    runtime: Handle,
    to: Origin,
    /// The last export failed.
    fails: Arc<AtomicBool>,
}

impl HttpClient for Door {
    fn send_bytes<'door, 'future>(
        &'door self,
        request: Request<Bytes>,
    ) -> BoxFuture<'future, Result<Response<Bytes>, HttpError>>
    where
        'door: 'future,
        Self: 'future,
    {
        let outbound = self.outbound.clone();
        let sent = self.runtime.spawn(async move { send(&outbound, request).await });
        Box::pin(async move {
            let answer = sent.await?.map_err(|error| error.to_string());
            self.tell(&answer);
            Ok(answer?)
        })
    }
}

impl Door {
    /// Says once that the collector fails, and once that it does no more: every few seconds there is another export.
    fn tell(&self, answer: &Result<Response<Bytes>, String>) {
        let fault = match answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answered {}", answer.status())),
            Err(error) => Some(error.clone()),
        };
        let failed = self.fails.swap(fault.is_some(), Ordering::Relaxed);
        match fault {
            Some(fault) if !failed => tracing::warn!(to = %self.to, fault, "spans cannot be exported"),
            None if failed => tracing::info!(to = %self.to, "spans are exported again"),
            _ => {}
        }
    }
}

async fn send(outbound: &Outbound, request: Request<Bytes>) -> Result<Response<Bytes>, OutboundError> {
    let (head, body) = request.into_parts();
    let url = TargetUrl::parse(&head.uri.to_string())?;
    let answer = outbound.send(Outgoing::new(Trust::Operator, head.method, url, head.headers, body)).await?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers.clone();
    *response.body_mut() = answer.whole(ANSWER).await?;
    Ok(response)
}

//! What is counted, for Prometheus. Labels come from sets that are known when the program is written, never from what a
//! caller sent, so the number of series has a bound.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lobe_plugin_sdk::serve::{Traffic, TrafficCount};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::admission::Admission;

/// The upper ends of the histogram's buckets, in seconds: from a function in this process to a call's whole time.
const DURATIONS: [f64; 13] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0];

/// The outcome of calls that succeeded.
pub(crate) const OK: &str = "ok";

/// Counts what a gateway does. Clones count the same.
///
/// ```
/// let gateway = lobe_plugin_gateway::Gateway::new();
/// let counters = gateway.counters();
/// assert!(counters.text().contains("lobe_gateway_calls_in_flight 0"));
/// ```
#[derive(Clone)]
pub struct Counters(Arc<Inner>);

struct Inner {
    registry: Mutex<Registry>,
    calls: Family<[(&'static str, &'static str); 1], Counter>,
    /// The one that nearly every call needs, found once.
    ok: Counter,
    durations: Histogram,
}

impl fmt::Debug for Counters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Counters").finish_non_exhaustive()
    }
}

impl Default for Counters {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("lobe_gateway");
        let calls = Family::default();
        let ok = Counter::clone(&calls.get_or_create(&[("outcome", OK)]));
        let durations = Histogram::new(DURATIONS);
        registry.register("calls", "Calls that were answered, by outcome", calls.clone());
        registry.register(
            "call_duration_seconds",
            "From a call's first byte to its answer's",
            durations.clone(),
        );
        Self(Arc::new(Inner { registry: Mutex::new(registry), calls, ok, durations }))
    }
}

impl Counters {
    /// Starts at nothing, beside the calls that are in flight.
    pub(crate) fn of(admission: &Admission) -> Self {
        let (counters, admission) = (Self::default(), admission.clone());
        counters.gauge(Name("calls_in_flight", "Calls in flight"), move || admission.in_flight());
        counters
    }

    /// Writes everything in Prometheus' text format (OpenMetrics 1.0).
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        encode(&mut text, &registry).expect("cannot fail because a string takes everything");
        text
    }

    /// Shows the connections of the listener that the gateway is served on. Once for each gateway.
    pub fn show_traffic(&self, traffic: &Traffic) {
        let read = |of: fn(TrafficCount) -> u64| {
            let traffic = traffic.clone();
            move || of(traffic.count())
        };
        let open = traffic.clone();
        self.gauge(Name("connections", "Open connections"), move || open.count().open);
        self.total(Name("connections_accepted", "Connections that were taken"), read(|count| count.accepted));
        let timed_out = Name("connections_timed_out", "Connections whose client was too slow, or idle");
        self.total(timed_out, read(|count| count.timed_out));
        self.total(Name("panics", "Handlers that panicked"), read(|count| count.panics));
        let traffic = traffic.clone();
        self.totals(
            Name("connections_refused", "Connections that were closed at once"),
            "reason",
            move || {
                let TrafficCount { refused, refused_by_address, .. } = traffic.count();
                vec![("all_places_taken", refused), ("places_of_address_taken", refused_by_address)]
            },
        );
    }

    pub(crate) fn answered(&self, outcome: &'static str, took: Duration) {
        match outcome {
            OK => self.0.ok.inc(),
            _ => self.0.calls.get_or_create(&[("outcome", outcome)]).inc(),
        };
        self.0.durations.observe(took.as_secs_f64());
    }

    /// Shows a number that somebody else keeps, and that goes up and down: it is asked for each time anybody looks.
    pub(crate) fn gauge(&self, name: Name, read: impl Fn() -> usize + Send + Sync + 'static) {
        self.register(Reading { name, of: Kept::Gauge(Box::new(read)) });
    }

    /// The same for a number that only goes up.
    pub(crate) fn total(&self, name: Name, read: impl Fn() -> u64 + Send + Sync + 'static) {
        self.register(Reading { name, of: Kept::Total(Box::new(read)) });
    }

    /// The same for several that differ in a label, whose values are few and fixed.
    pub(crate) fn totals(
        &self,
        name: Name,
        label: &'static str,
        read: impl Fn() -> Vec<(&'static str, u64)> + Send + Sync + 'static,
    ) {
        self.register(Reading { name, of: Kept::Totals(label, Box::new(read)) });
    }

    fn register(&self, reading: Reading) {
        let mut registry = self.0.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register_collector(Box::new(reading));
    }
}

/// Names a metric, without the `lobe_gateway_` before it and the `_total` behind it, and says what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name(pub(crate) &'static str, pub(crate) &'static str);

/// A metric that somebody else keeps.
struct Reading {
    name: Name,
    of: Kept,
}

/// Reads what somebody else keeps.
type Read<T> = Box<dyn Fn() -> T + Send + Sync>;

enum Kept {
    Gauge(Read<usize>),
    Total(Read<u64>),
    Totals(&'static str, Read<Vec<(&'static str, u64)>>),
}

impl fmt::Debug for Reading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reading").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Collector for Reading {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Name(name, help) = self.name;
        match &self.of {
            Kept::Gauge(read) => {
                let gauge = ConstGauge::new(i64::try_from(read()).unwrap_or(i64::MAX));
                gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
            }
            Kept::Total(read) => {
                let total = ConstCounter::new(read());
                total.encode(encoder.encode_descriptor(name, help, None, total.metric_type())?)
            }
            Kept::Totals(label, read) => {
                let kind = ConstCounter::new(0_u64).metric_type();
                let mut family = encoder.encode_descriptor(name, help, None, kind)?;
                read().into_iter().try_for_each(|(value, total)| {
                    ConstCounter::new(total).encode(family.encode_family(&[(*label, value)])?)
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_stands_in_the_text() {
        let counters = Counters::default();
        counters.answered("ok", Duration::from_millis(3));
        counters.answered("ok", Duration::from_secs(60));
        counters.answered("busy", Duration::ZERO);
        counters.gauge(Name("connections", "Open connections"), || 7);
        counters.total(Name("panics", "Handlers that panicked"), || 2);
        counters.totals(Name("egress_refused", "Targets that were refused"), "reason", || {
            vec![("port", 4), ("name", 5)]
        });
        let text = counters.text();
        for line in [
            r#"lobe_gateway_calls_total{outcome="ok"} 2"#,
            r#"lobe_gateway_calls_total{outcome="busy"} 1"#,
            r#"lobe_gateway_call_duration_seconds_bucket{le="0.005"} 2"#,
            r#"lobe_gateway_call_duration_seconds_bucket{le="+Inf"} 3"#,
            "lobe_gateway_connections 7",
            "lobe_gateway_panics_total 2",
            r#"lobe_gateway_egress_refused_total{reason="port"} 4"#,
            r#"lobe_gateway_egress_refused_total{reason="name"} 5"#,
            "# EOF",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} is not in\n{text}");
        }
    }
}

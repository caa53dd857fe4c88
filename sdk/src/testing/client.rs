//! What all doors' clients have in common: what is asked, what came of it, and the trait.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::call::{Arguments, Call};
use crate::error::PluginError;
use crate::plugin::Plugin;
use crate::protocol::{SETTINGS_HEADER, UserSettings};

/// The answer to a test's call.
pub type TestFuture<'a> = Pin<Box<dyn Future<Output = TestAnswer> + Send + 'a>>;

/// Calls operations as the clients of one door do.
///
/// A [`Plugin`] is one itself: the client that is in its process.
pub trait TestClient: Sync {
    /// Calls an operation, and waits for the whole answer.
    ///
    /// # Panics
    ///
    /// When the door answers something that is none of its protocol.
    fn send(&self, call: TestCall) -> TestFuture<'_>;
}

/// Is what a test asks for.
#[derive(Clone, Debug)]
pub struct TestCall {
    operation: String,
    arguments: Option<String>,
    settings: Option<Map<String, Value>>,
    headers: HeaderMap,
}

impl TestCall {
    /// Asks for an operation with these arguments: an object, as `json!({ .. })` writes it.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "`json!` makes one")]
    pub fn new(operation: impl Into<String>, arguments: Value) -> Self {
        Self::written(operation, Some(arguments.to_string()))
    }

    /// Asks for an operation with arguments as a model wrote them, right or wrong, or with none at all.
    pub fn written(operation: impl Into<String>, arguments: Option<String>) -> Self {
        Self { operation: operation.into(), arguments, settings: None, headers: HeaderMap::new() }
    }

    /// Adds what the user entered: an object, in the one header that is for settings.
    ///
    /// # Panics
    ///
    /// When it is no object.
    #[must_use]
    #[track_caller]
    pub fn with_settings(mut self, settings: Value) -> Self {
        let Value::Object(settings) = settings else { panic!("settings are an object, not {settings}") };
        self.settings = Some(settings);
        self
    }

    /// Adds a header, such as a credential.
    ///
    /// # Panics
    ///
    /// When its value is none that a header may have.
    #[must_use]
    #[track_caller]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::try_from(value);
        let value = value.unwrap_or_else(|_| panic!("`{name}` cannot have this value"));
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    /// Returns the operation's name.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Returns the arguments' text, if there is one.
    #[must_use]
    pub fn arguments(&self) -> Option<&str> {
        self.arguments.as_deref()
    }

    /// Returns the headers that carry it over HTTP: its own, that of the settings, and that its body is JSON.
    #[must_use]
    pub fn to_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(settings) = &self.settings {
            let text = Value::Object(settings.clone()).to_string();
            let text = HeaderValue::from_bytes(text.as_bytes());
            let text = text.expect("cannot fail because JSON has no control characters in it");
            headers.insert(HeaderName::from_static(SETTINGS_HEADER), text);
        }
        headers
    }
}

/// Is what came of a test's call.
#[derive(Clone)]
pub struct TestAnswer {
    /// The HTTP status; 200 for what came without HTTP, unless it failed.
    pub status: u16,
    /// The headers of the response; empty where there were none.
    pub headers: HeaderMap,
    /// What the client reads, or why there is nothing to read.
    pub outcome: Result<String, String>,
    /// The answer as the door's protocol writes it: an error's JSON, the result of `tools/call`. `null` for a plain text.
    pub raw: Value,
}

impl TestAnswer {
    /// Returns the text that a model reads.
    ///
    /// # Panics
    ///
    /// When the call failed.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        match &self.outcome {
            Ok(text) => text,
            Err(failure) => panic!("the call failed: {failure}"),
        }
    }

    /// Reads the text as JSON.
    ///
    /// # Panics
    ///
    /// When the call failed, or the text does not fit.
    #[must_use]
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        let text = self.text();
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// Returns why the call failed, in the words that a model reads.
    ///
    /// # Panics
    ///
    /// When it did not fail.
    #[must_use]
    #[track_caller]
    pub fn failure(&self) -> &str {
        match &self.outcome {
            Ok(text) => panic!("the call did not fail: {text}"),
            Err(failure) => failure,
        }
    }
}

/// Shows what a test that failed wants to know.
impl fmt::Debug for TestAnswer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TestAnswer")
            .field("status", &self.status)
            .field("outcome", &self.outcome)
            .finish()
    }
}

impl TestClient for Plugin {
    fn send(&self, call: TestCall) -> TestFuture<'_> {
        Box::pin(async move {
            let headers = call.to_headers();
            let TestCall { operation, arguments, settings, .. } = call;
            let arguments = arguments.map(Arguments::from_text).unwrap_or_default();
            let call = Call::new(operation, arguments)
                .with_settings(settings.map(UserSettings::new).unwrap_or_default())
                .with_headers(headers);
            let reply = async { self.call(call).await?.collect().await };
            match reply.await {
                Ok(reply) => TestAnswer {
                    status: 200,
                    headers: HeaderMap::new(),
                    outcome: Ok(reply.into_text()),
                    raw: Value::Null,
                },
                Err(error) => failed(&error),
            }
        })
    }
}

fn failed(error: &PluginError) -> TestAnswer {
    TestAnswer {
        status: error.status(),
        headers: HeaderMap::new(),
        outcome: Err(error.message().to_owned()),
        raw: serde_json::json!(error.to_wire()),
    }
}

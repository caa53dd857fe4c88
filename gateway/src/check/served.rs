//! How a document is served, as far as LobeChat's browser minds.

use http::{HeaderMap, header};
use lobe_plugin_sdk::check::{Remark, Severity};

use super::Kind;
use crate::outbound::TargetUrl;

/// The one media type that LobeChat 1.x reads as JSON; it takes all others for YAML.
pub(crate) const JSON: &str = "application/json";
/// A page of some LobeChat: what a server answers may depend on whether a page asks.
pub(crate) const PAGE: &str = "https://lobechat.example";

/// What the head of an answer said of the document in it.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    url: TargetUrl,
    content_type: Option<String>,
    allowed: Option<String>,
}

impl Served {
    /// Takes what matters of an answer's head.
    pub(crate) fn at(url: TargetUrl, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let allowed = text(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        Self { url, content_type: text(header::CONTENT_TYPE), allowed }
    }

    pub(crate) fn url(&self) -> &TargetUrl {
        &self.url
    }

    /// Tells whether a page of this origin may read it: <https://fetch.spec.whatwg.org/#http-cors-protocol>.
    pub(crate) fn is_readable_by(&self, page: &str) -> bool {
        self.allowed.as_deref().is_some_and(|allowed| allowed == "*" || allowed == page)
    }

    /// Returns the pages that may read it, as its server says.
    pub(crate) fn allowed(&self) -> &str {
        self.allowed.as_deref().filter(|allowed| !allowed.is_empty()).unwrap_or("no page")
    }

    /// Returns the media type where LobeChat takes the document for YAML because of it.
    pub(crate) fn other_than_json(&self) -> Option<&str> {
        Some(self.content_type.as_deref().unwrap_or("nothing")).filter(|found| *found != JSON)
    }

    /// Tells whether it is a web page: what servers answer that have an application for every path.
    pub(crate) fn is_page(&self) -> bool {
        self.content_type.as_deref().is_some_and(|found| found.starts_with("text/html"))
    }

    /// Judges it as a page of somebody's LobeChat finds it. An index and a list of tools are fetched by servers, which mind neither.
    pub(super) fn judge(&self, kind: Kind) -> Vec<Remark> {
        match kind {
            Kind::Index | Kind::Tools => return Vec::new(),
            Kind::Manifest | Kind::OpenApi => {}
        }
        let mut remarks = Vec::new();
        if !self.is_readable_by(PAGE) {
            let text = "a browser may not read it: LobeChat 1.x fetches it from the user's browser, so answer with the header \
                `Access-Control-Allow-Origin: *`";
            remarks.push(Remark::new(Severity::Error, "", text));
        }
        if let Some(found) = self.other_than_json() {
            let text = format!(
                "its `Content-Type` is {found}: LobeChat 1.x reads all but exactly `{JSON}` as YAML, which most JSON is, too: \
                 answer with `{JSON}`, without a charset"
            );
            remarks.push(Remark::new(Severity::Warning, "", text));
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_a_browser_minds() {
        let check = |content_type: &'static str, origin: Option<&'static str>, expected: &[Severity]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            headers.extend(
                origin.map(|origin| (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static(origin))),
            );
            let served = Served::at(TargetUrl::parse("https://a.b/manifest.json").unwrap(), &headers);
            let found: Vec<_> = served.judge(Kind::Manifest).iter().map(|remark| remark.severity).collect();
            assert_eq!(found, expected, "{content_type}");
            assert_eq!(served.judge(Kind::Index), []);
        };
        check("application/json", Some("*"), &[]);
        check("application/json; charset=utf-8", Some("*"), &[Severity::Warning]);
        check("text/html", None, &[Severity::Error, Severity::Warning]);
    }
}

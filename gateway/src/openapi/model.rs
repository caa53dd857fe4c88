//! What a document says, compiled: its operations, and all that a request of one is made of.
//!
//! Swagger 2.0 and OpenAPI 3.x are read into the same model, so whoever builds a request knows no versions.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;

use super::fault::Fault;
use super::pointer::Tree;
use crate::outbound::{TargetUrl, UrlFault};

/// The URL of a document that was not found at one, but in a file: a relative URL in it leads nowhere.
pub(crate) const FILE: &str = "https://file.invalid/";

/// An OpenAPI document whose operations can be called.
#[derive(Debug)]
pub(crate) struct Document {
    pub(super) operations: Vec<Arc<Operation>>,
    /// Every name by which an operation is known.
    pub(super) names: HashMap<String, usize>,
    pub(super) schemes: Schemes,
    /// The paths that stand where nobody looks, and why: what is there is not known.
    pub(crate) lost: Vec<(String, Fault)>,
    /// The document itself, for what is described of it.
    pub(super) root: Value,
    pub(super) url: String,
}

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// Its name: legal for every client, and unlike all others of the document.
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(super) path: Path,
    /// Where it is served; the URL has no query, and its path no slash at the end.
    pub(crate) server: Result<TargetUrl, UrlFault>,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) accept: Option<HeaderValue>,
    /// The sets of requirements of which one must be met.
    pub(super) security: Arc<Security>,
    /// Why it cannot be called.
    pub(crate) fault: Option<Fault>,
    /// Where it stands in the document.
    pub(super) place: OperationPlace,
}

/// Where an operation stands: the members of `paths`, and of what stands there.
#[derive(Clone, Debug)]
pub(super) struct OperationPlace {
    pub(super) path: String,
    /// A member of the path, such as `get`; or one of its `additionalOperations`, which is the method itself.
    pub(super) method: String,
}

/// The member of a path that holds operations of methods without a member of their own (OpenAPI 3.2).
pub(super) const ADDITIONAL: &str = "additionalOperations";

/// A security scheme by its name, and the scopes without which a token of it is of no use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requirement {
    pub(super) scheme: String,
    pub(super) scopes: Vec<String>,
}

/// Sets of requirements of which one must be met. Most operations share the document's.
pub(super) type Security = [Vec<Requirement>];

/// A path, taken apart.
#[derive(Debug, Default)]
pub(super) struct Path {
    pub(super) pieces: Vec<Piece>,
    /// The query that stands in the path itself, as some documents have it.
    pub(super) query: Option<String>,
}

#[derive(Debug)]
pub(super) enum Piece {
    /// Text, encoded.
    Text(String),
    /// The name of a parameter.
    Parameter(String),
}

/// One parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) required: bool,
    pub(super) form: Form,
    /// In a query: whether one without a value is sent.
    pub(super) allow_empty: bool,
    /// What is sent when nothing is given.
    pub(super) default: Option<Value>,
    pub(super) kind: Kind,
}

/// Says where a parameter is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    /// The whole query, in one value.
    QueryString,
    /// Under this name; none for one that no caller may set.
    Header(Option<HeaderName>),
    Cookie,
}

impl Place {
    /// Returns its name in a document.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::QueryString => "querystring",
            Self::Header(_) => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// Says how a value is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Style {
        style: Style,
        explode: bool,
        escape: Escape,
    },
    /// As a media type has it.
    Content {
        media_type: String,
        escape: Escape,
    },
}

/// Names the ways of OpenAPI (and RFC 6570) of writing lists and objects, and Swagger 2.0's one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Simple,
    Label,
    Matrix,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    /// Swagger 2.0's `tsv`.
    TabDelimited,
}

/// Says which characters stand for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    /// Those that RFC 3986 calls unreserved.
    Unreserved,
    /// The reserved ones too.
    Reserved,
    /// Those that JavaScript's `encodeURIComponent` leaves alone.
    Component,
    /// All of them.
    Nothing,
}

/// Says what a schema wants, as far as it matters to the writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Kind {
    /// A list or an object is wanted, and nothing else.
    pub(super) structured: bool,
    /// A list or an object may be meant.
    pub(super) maybe_structured: bool,
    /// An object may be meant, or nothing is said.
    pub(super) object: bool,
}

/// What an operation takes as its body.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) required: bool,
    pub(super) media: Vec<Media>,
    /// The argument that is the body, beside `_requestBody`: Swagger 2.0 gives it a name.
    pub(super) name: Option<String>,
    /// The members of the body that are arguments by themselves, as LobeHub's convertor has them for Swagger 2.0.
    pub(super) members: Vec<String>,
}

/// One media type of a body.
#[derive(Debug)]
pub(super) struct Media {
    /// As the document writes it.
    pub(super) header: HeaderValue,
    pub(super) essence: Essence,
    /// How the fields of a form are written.
    pub(super) fields: HashMap<String, Field>,
    /// Whether the whole body is bytes.
    pub(super) binary: bool,
}

/// Tells the kinds of bodies apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Essence {
    Json,
    Form,
    Multipart,
    /// `*/*` and its like, of which the writer chooses.
    Any,
    Other,
}

/// How a field of a form is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// As a parameter of a query is.
    pub(super) form: Option<Form>,
    /// As this media type.
    pub(super) content_type: Option<String>,
    /// Bytes: a file.
    pub(super) binary: bool,
    /// Swagger 2.0: a field without a value is sent.
    pub(super) allow_empty: bool,
}

/// The security schemes of a document, in its order and by name.
#[derive(Debug)]
pub(super) struct Schemes {
    list: Vec<(String, Scheme)>,
    places: HashMap<String, usize>,
}

impl FromIterator<(String, Scheme)> for Schemes {
    fn from_iter<T: IntoIterator<Item = (String, Scheme)>>(schemes: T) -> Self {
        let list: Vec<_> = schemes.into_iter().collect();
        let places = list.iter().enumerate().map(|(place, (name, _))| (name.clone(), place)).collect();
        Self { list, places }
    }
}

impl Schemes {
    pub(super) fn iter(&self) -> impl Iterator<Item = &(String, Scheme)> {
        self.list.iter()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Scheme> {
        self.list.get(*self.places.get(name)?).map(|(_, scheme)| scheme)
    }
}

/// A security scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// A key, under a name.
    Key {
        place: KeyPlace,
        name: String,
    },
    Basic,
    Bearer,
    /// A token of OAuth 2.0, and where one is had.
    OAuth(Flows),
    /// A token of OpenID Connect. Where one is had stands in a document elsewhere, which is not fetched (rule E9).
    OpenIdConnect,
    /// None that anybody could meet here.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    Header,
    Query,
    Cookie,
}

/// Where tokens are had: as the document has it, relative to the document perhaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flows {
    /// For a client's own token.
    pub(crate) client_credentials: Option<String>,
    /// For a new token instead of one that is over.
    pub(crate) refresh: Option<String>,
}

/// Refuses a URL that leads to the file that it stands in.
pub(super) fn whole(url: TargetUrl) -> Result<TargetUrl, UrlFault> {
    let is_file = TargetUrl::parse(FILE).is_ok_and(|file| file.origin().host() == url.origin().host());
    if is_file { Err(UrlFault::Relative) } else { Ok(url) }
}

impl Operation {
    /// Returns where it stands in the document, as a JSON Pointer.
    #[cfg(feature = "cli")]
    pub(crate) fn pointer(&self) -> String {
        use lobe_plugin_sdk::json::pointer;
        let OperationPlace { path, method } = &self.place;
        let within = if *method == self.method.as_str() { pointer(ADDITIONAL) } else { String::new() };
        format!("/paths{}{within}{}", pointer(path), pointer(method))
    }
}

impl OperationPlace {
    /// Finds the path and the operation as they are written; what is not there is `null`. A path may stand elsewhere in the
    /// document.
    pub(super) fn find<'doc>(&self, tree: Tree<'doc>) -> (&'doc Value, &'doc Value) {
        let item = tree.root.get("paths").and_then(|paths| paths.get(&self.path));
        let item = item.map_or(&Value::Null, |item| tree.follow_or_null(item));
        let additional = || item.get(ADDITIONAL)?.get(&self.method);
        (item, item.get(&self.method).or_else(additional).unwrap_or(&Value::Null))
    }
}

impl Document {
    /// Finds an operation by any name that it is known by.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Operation>> {
        self.operations.get(*self.names.get(name)?)
    }

    /// Returns all operations, in the order of the document.
    pub(crate) fn operations(&self) -> &[Arc<Operation>] {
        &self.operations
    }

    /// Returns the document as it is written.
    pub(super) fn tree(&self) -> Tree<'_> {
        Tree { root: &self.root, url: &self.url }
    }

    /// Returns where it was found.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns whether a URL that stands in it leads to another host than its own. What stands in a file is the operator's
    /// own word, as his configuration is, and leads nowhere that he did not mean.
    pub(crate) fn leads_away(&self, url: &TargetUrl) -> bool {
        self.url != FILE
            && TargetUrl::parse(&self.url).map_or(true, |own| own.origin().host() != url.origin().host())
    }

    /// Lists where tokens for its operations are had.
    pub(crate) fn token_servers(&self) -> impl Iterator<Item = TargetUrl> {
        let flows = self.schemes.iter().filter_map(|(_, scheme)| match scheme {
            Scheme::OAuth(flows) => Some(flows),
            Scheme::Key { .. } | Scheme::Basic | Scheme::Bearer | Scheme::OpenIdConnect | Scheme::Unknown => {
                None
            }
        });
        let urls = flows.flat_map(|flows| [&flows.client_credentials, &flows.refresh]);
        urls.flatten().filter_map(|url| self.locate(url).ok())
    }

    /// Reads a URL that stands in it, which may be relative to its own.
    pub(crate) fn locate(&self, reference: &str) -> Result<TargetUrl, UrlFault> {
        whole(TargetUrl::parse(&self.url)?.join(reference)?)
    }

    /// Finds a security scheme.
    pub(super) fn scheme(&self, name: &str) -> Option<&Scheme> {
        self.schemes.get(name)
    }
}

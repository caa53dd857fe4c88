//! Why a document, or one operation of it, is of no use. Whoever calls reads it, so nothing of the document is quoted.

/// Says what is wrong with a document or an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the document is neither JSON nor YAML, or too large to be read")]
    Unreadable,
    #[error("the document is no OpenAPI document: it says neither `openapi` nor `swagger`")]
    NoDocument,
    #[error("the document's version is not supported: Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 are")]
    Version,
    #[error(
        "it refers to another document, and references are not followed out of a document: name it among the plugin's `siblings`"
    )]
    RemoteReference,
    #[error("it refers to a place in the document where nothing is")]
    LostReference,
    #[error("it refers to something that refers to itself")]
    CircularReference,
    #[error(
        "the operation's path must begin with `/`, be no longer than a URL can be, and have no backslash or control character in it"
    )]
    Path,
    #[error("its `security` names a scheme that the document does not declare")]
    UndeclaredScheme,
    #[error(
        "the document's operations refer to the same long things over and over: there is no end to reading it"
    )]
    TooRepetitive,
    #[error("the base path must begin with `/`")]
    BasePath,
}

//! The documentation page: Swagger UI, embedded in the program, so that it works without the internet.
//!
//! Its files stand in the program in the archive that they came in, and nothing is ever unpacked, here or while this crate
//! is built: what goes out is what the archive holds, between the head and the tail of a gzip stream.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use bytes::Bytes;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

/// What the page is made of, in the folder of the archive that holds what is ready to be served.
const FILES: [(&str, &str); 5] = [
    ("favicon-16x16.png", "image/png"),
    ("favicon-32x32.png", "image/png"),
    ("index.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
];

/// Starts the page. The base layout has no bar at the top in which people could load another document.
const INITIALIZER: &str = "window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: '../openapi.json',
    dom_id: '#swagger-ui',
    layout: 'BaseLayout',
    deepLinking: true,
    tryItOutEnabled: true,
  });
};
";

/// Makes the routes of the page, which reads the `openapi.json` beside it, wherever both are nested.
pub(super) fn router<S: Clone + Send + Sync + 'static>(title: &str) -> Router<S> {
    let page: Arc<str> = page(title).into();
    let index = get(async move || text("text/html; charset=utf-8", page.to_string()));
    Router::new()
        .route("/docs", get(async || Redirect::permanent("docs/")))
        .route("/docs/", index.clone())
        .route("/docs/index.html", index)
        .route("/docs/{*file}", get(async |path: Result<Path<String>, PathRejection>| asked(path)))
}

/// Writes the page, with the plugin's name in the browser's tab.
fn page(title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>{title}</title>
    <link rel="stylesheet" href="swagger-ui.css">
    <link rel="stylesheet" href="index.css">
    <link rel="icon" type="image/png" href="favicon-32x32.png" sizes="32x32">
    <link rel="icon" type="image/png" href="favicon-16x16.png" sizes="16x16">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="swagger-ui-bundle.js"></script>
    <script src="swagger-initializer.js"></script>
  </body>
</html>
"#
    )
}

/// Answers for what stands in a URL, which need not be text.
fn asked(path: Result<Path<String>, PathRejection>) -> Response {
    let Ok(Path(path)) = path else { return StatusCode::NOT_FOUND.into_response() };
    if path == "swagger-initializer.js" {
        return text("text/javascript; charset=utf-8", INITIALIZER);
    }
    let file = FILES_OF_ARCHIVE.iter().find(|file| file.name == path);
    file.map_or_else(|| StatusCode::NOT_FOUND.into_response(), Packed::response)
}

fn text(media_type: &'static str, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
}

/// A file as it stands in the archive.
struct Packed {
    name: &'static str,
    media_type: &'static str,
    data: Bytes,
    deflated: bool,
}

static FILES_OF_ARCHIVE: LazyLock<Vec<Packed>> = LazyLock::new(|| {
    let archive = ZipArchive::from_slice(SWAGGER_UI_VENDORED);
    archive.and_then(|archive| packed(&archive)).unwrap_or_else(|cause| {
        tracing::error!(%cause, "the documentation page cannot be read");
        Vec::new()
    })
});

fn packed(archive: &ZipSliceArchive<&'static [u8]>) -> Result<Vec<Packed>, rawzip::Error> {
    let mut found = Vec::with_capacity(FILES.len());
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry()? {
        let path = entry.file_path();
        let name = std::str::from_utf8(path.as_ref()).ok().and_then(|path| path.split_once("/dist/"));
        let Some((root, name)) = name else { continue };
        let file = FILES.iter().find(|(file, _)| *file == name && !root.contains('/'));
        if let Some((name, media_type)) = file {
            found.push(Packed::new(name, media_type, archive, &entry)?);
        }
    }
    Ok(found)
}

impl Packed {
    fn new(
        name: &'static str,
        media_type: &'static str,
        archive: &ZipSliceArchive<&'static [u8]>,
        entry: &ZipFileHeaderRecord<'_>,
    ) -> Result<Self, rawzip::Error> {
        let packed = archive.get_entry(entry.wayfinder())?;
        let deflated = entry.compression_method() == CompressionMethod::DEFLATE;
        let data = if deflated {
            gzip(packed.data(), entry.crc32(), entry.uncompressed_size_hint())
        } else {
            Bytes::copy_from_slice(packed.data())
        };
        Ok(Self { name, media_type, data, deflated })
    }

    /// Sends it. Whoever does not say which encodings he takes takes them all
    /// ([RFC 9110, 12.5.3](https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3)), and browsers all take this one.
    fn response(&self) -> Response {
        let mut response = text(self.media_type, self.data.clone());
        if self.deflated {
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// Makes a gzip stream of deflated data ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952#section-2.3)).
fn gzip(deflated: &[u8], crc: u32, size: u64) -> Bytes {
    // Its mark, "deflated", no flags, no time, nothing about the compressor, no system.
    const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let size = (size & u64::from(u32::MAX)) as u32;
    [&HEAD[..], deflated, &crc.to_le_bytes(), &size.to_le_bytes()].concat().into()
}

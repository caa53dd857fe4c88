//! Tools that answer with every kind of content, and tell how far they are. Their names are those of the suite's fixtures.

use std::time::Duration;

use lobe_plugin_sdk::{Binary, Context, File, Image, LogLevel, Parts, PluginError, Progress, lobe_plugin};
use serde_json::json;

/// A red pixel.
pub(crate) const PIXEL: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// A moment of silence.
const SILENCE: &[u8] =
    b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x02\0\0\0\0\0";

const MOMENT: Duration = Duration::from_millis(50);

fn pixel() -> Image {
    use base64::Engine;
    Image::png(base64::engine::general_purpose::STANDARD.decode(PIXEL).expect("the pixel is Base64"))
}

/// All that MCP clients can be offered.
#[lobe_plugin(title = "Everything", avatar = "🧰", allow(long_names))]
pub(crate) mod everything {
    use super::*;

    /// Answer with text.
    #[lobe_plugin(read_only, idempotent, open_world = false)]
    pub(crate) fn test_simple_text() -> &'static str {
        "This is a simple text response for testing."
    }

    /// Answer with a picture.
    #[lobe_plugin(read_only)]
    pub(crate) fn test_image_content() -> Image {
        pixel()
    }

    /// Answer with sound.
    #[lobe_plugin(read_only)]
    pub(crate) fn test_audio_content() -> Binary {
        Binary::new("audio/wav", SILENCE)
    }

    /// Answer with a file.
    #[lobe_plugin(read_only)]
    pub(crate) fn test_embedded_resource() -> File {
        File::new("resource.txt", "text/plain", "This is an embedded resource content.")
    }

    /// Answer with text, a picture and a file.
    #[lobe_plugin(read_only)]
    pub(crate) fn test_multiple_content_types() -> Parts {
        let file =
            File::new("data.json", "application/json", json!({ "test": "data", "value": 123 }).to_string());
        Parts::new().and("Multiple content types test:").and(pixel()).and(file)
    }

    /// Fail.
    #[lobe_plugin]
    pub(crate) fn test_error_handling() -> Result<String, PluginError> {
        Err(PluginError::server("This tool intentionally returns an error for testing"))
    }

    /// Tell what happens.
    #[lobe_plugin]
    pub(crate) async fn test_tool_with_logging(Context(context): Context) -> &'static str {
        context.log(LogLevel::Info, "Tool execution started");
        tokio::time::sleep(MOMENT).await;
        context.log(LogLevel::Info, "Tool processing data");
        tokio::time::sleep(MOMENT).await;
        context.log(LogLevel::Info, "Tool execution completed");
        "three lines were logged"
    }

    /// Tell what happens, to whoever asked for it.
    #[lobe_plugin]
    pub(crate) fn test_logging_tool(Context(context): Context) -> &'static str {
        context.log(LogLevel::Info, "something happened");
        "a line was logged"
    }

    /// Tell how far it is.
    #[lobe_plugin]
    pub(crate) async fn test_tool_with_progress(Context(context): Context) -> &'static str {
        for done in [0.0, 50.0, 100.0] {
            context.progress(&Progress::of(done, 100.0));
            tokio::time::sleep(MOMENT).await;
        }
        "all of it is done"
    }
}

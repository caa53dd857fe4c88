//! Bytes on the gateway's socket, and how many answers came back before it was closed.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};

use crate::wire::{Answer, connect, read_answer, read_answer_to_head};

/// How long the gateway has to answer and to close.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came back.
#[derive(Clone, Debug, Default)]
pub(super) struct Conversation {
    pub(super) first: Answer,
    pub(super) answers: usize,
    pub(super) closed: bool,
    pub(super) upgraded: bool,
}

/// Sends the bytes, and reads until the gateway closes or has nothing more to say.
pub(super) async fn converse(address: SocketAddr, bytes: &[u8]) -> Conversation {
    let begun = Instant::now();
    let Ok(mut stream) = connect(address).await else { return Conversation::default() };
    // A gateway that has closed already has its say in what is read.
    let _ = stream.write_all(bytes).await;
    let mut said = Vec::new();
    let mut first_at = None;
    let closed = loop {
        let mut buffer = [0; 4096];
        // After the first answer little time is left: what is to be closed is closed with it.
        let limit = first_at.map_or(PATIENCE, |_| Duration::from_millis(300));
        match tokio::time::timeout(limit, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(length)) => said.extend_from_slice(&buffer[..length]),
            Err(_) => break false,
        }
        first_at.get_or_insert_with(|| begun.elapsed());
    };
    let elapsed = first_at.unwrap_or_else(|| begun.elapsed());
    let conversation = understood(&said, closed, elapsed).await;
    if !bytes.starts_with(b"HEAD ") {
        return conversation;
    }
    // Such an answer tells of a body that it has not.
    let first = read_answer_to_head(&mut BufReader::new(&said[..])).await.unwrap_or_default();
    Conversation { first: Answer { elapsed, ..first }, ..conversation }
}

async fn understood(said: &[u8], closed: bool, elapsed: Duration) -> Conversation {
    let text = String::from_utf8_lossy(said);
    let heads: Vec<&str> = text.split("HTTP/1.").skip(1).collect();
    let upgraded = heads.iter().any(|head| head.get(2..5) == Some("101"));
    let first = read_answer(&mut BufReader::new(said)).await.unwrap_or_else(|_| Answer {
        trouble: Some(format!("said {:?}", text.chars().take(40).collect::<String>())),
        ..Answer::default()
    });
    Conversation { first: Answer { elapsed, ..first }, answers: heads.len(), closed, upgraded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_are_counted() {
        let said = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 404 Not Found\r\n\r\n";
        let conversation = understood(said, true, Duration::ZERO).await;
        assert_eq!((conversation.first.status, conversation.answers, conversation.upgraded), (400, 2, false));
        assert_eq!(conversation.first.body, b"{}");
    }
}

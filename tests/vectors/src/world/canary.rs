//! Canaries: servers on the wildcard addresses of every port that a vector names. They write down who came, and answer
//! as the scene says, over TLS where they are spoken TLS to.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::World;
use super::journal::{Connection, Received};
use super::tls::Tls;
use crate::wire::{Kind, read_message};

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 0x16;
/// How long a canary waits for somebody who says nothing.
const PATIENCE: Duration = Duration::from_secs(40);

/// Listens on an address; the wildcard of version 6 is both families'.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Beside a listener on a particular address of the same port: the gateway's, the resolver's.
    socket.set_reuseport(true)?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4096)
}

/// Returns the wildcard address of a port.
pub(crate) fn wildcard(port: u16) -> SocketAddr {
    SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)
}

/// Accepts until the listener is dropped with its task.
pub(super) async fn serve(listener: TcpListener, world: Arc<World>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            // Who breaks off is in the journal as a connection; there is nothing more to say of it.
            let _ = tokio::time::timeout(PATIENCE, attend(stream, &world)).await;
        });
    }
}

async fn attend(stream: TcpStream, world: &World) -> io::Result<()> {
    let destination = stream.local_addr()?;
    let destination = SocketAddr::new(destination.ip().to_canonical(), destination.port());
    let number = enter(world, destination);
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Ok(());
    }
    if first[0] != HANDSHAKE {
        return converse(stream, world, number).await;
    }
    match world.tls_for(destination) {
        Tls::Handshake(config) => {
            let stream = TlsAcceptor::from(config).accept(stream).await?;
            let name = stream.get_ref().1.server_name().map(str::to_owned);
            note(world, number, |connection| connection.server_name = name);
            converse(stream, world, number).await
        }
        Tls::Bytes(bytes) => say(stream, bytes, world, number).await,
    }
}

fn enter(world: &World, destination: SocketAddr) -> usize {
    let mut seen = world.journal.lock();
    seen.connections.push(Connection { destination, server_name: None, clear_bytes: 0 });
    seen.connections.len() - 1
}

fn note(world: &World, number: usize, write: impl FnOnce(&mut Connection)) {
    // The journal may have been cleared since; then the connection is of another vector.
    if let Some(connection) = world.journal.lock().connections.get_mut(number) {
        write(connection);
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    world: &World,
    number: usize,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let Some(message) = read_message(&mut stream, Kind::Request).await? else { return Ok(()) };
    let destination = world.journal.lock().connections.get(number).map(|connection| connection.destination);
    let destination = destination.unwrap_or_else(|| SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), 0));
    let received = Received { destination, message };
    note(world, number, |connection| connection.clear_bytes += received.message.first_line.len());
    // An answer may be 50 MB, which must not keep the healthy calls of the probe waiting.
    let answer = tokio::task::block_in_place(|| world.answer(&received));
    world.journal.lock().requests.push(received);
    if answer.is_empty() {
        // Silence, until somebody has enough of it.
        tokio::time::sleep(PATIENCE).await;
        return Ok(());
    }
    stream.get_mut().write_all(&answer).await?;
    stream.get_mut().shutdown().await
}

/// Reads what is said, and answers with bytes that are no handshake. What is not a TLS record counts as said in clear.
async fn say(mut stream: TcpStream, bytes: &[u8], world: &World, number: usize) -> io::Result<()> {
    let mut buffer = vec![0; 16 << 10];
    // Whatever of the ClientHello there is: the answer does not depend on it.
    let _ = stream.read(&mut buffer).await?;
    stream.write_all(bytes).await?;
    loop {
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        // Alerts and handshakes are 0x15 and 0x16; application data is 0x17.
        if !matches!(buffer[0], 0x15 | HANDSHAKE) {
            note(world, number, |connection| connection.clear_bytes += length);
        }
    }
}

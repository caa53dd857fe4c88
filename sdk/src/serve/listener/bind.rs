//! The socket that a server listens on. It only listens: nothing is called from here.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

/// How many clients may wait to be accepted. Linux takes what `net.core.somaxconn` says where that is less: 4,096.
const WAITING: u32 = 1 << 16;

/// Binds a socket where as many clients may wait to be accepted as the machine allows. Those of the standard library have
/// room for 128: who comes in a larger crowd believes to be connected, and the server never hears of him.
///
/// # Errors
///
/// As [`TcpListener::bind`]: the address is in use, or none of this machine's.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // So that a server that is started again need not wait until its old connections are forgotten. On Windows the word
    // means that another program may take the address away.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

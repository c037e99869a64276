//! What hung on a socket is used after the close, which released it.
mod spi_edge;

fn main() {
    let socket = spi_edge::opened();
    let resource = socket.raw().map(|raw| raw.resource());
    let _closed = socket.close(());
    drop(resource);
}

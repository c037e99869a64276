//! Create, use, close.
#[path = "../spi_edge/mod.rs"]
mod spi_edge;

fn main() {
    let socket = spi_edge::opened();
    assert_eq!(socket.raw().map(|socket| socket.descriptor()), Some(4));
    assert!(socket.close(()).is_ok());
}

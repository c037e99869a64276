//! The raw handle is taken out of its owner.
mod edge;

fn main() {
    let handle = edge::opened();
    let _raw = handle.raw;
}

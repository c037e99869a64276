//! A handle has two owners.
mod edge;

fn main() {
    let handle = edge::opened();
    let _other = handle.clone();
}

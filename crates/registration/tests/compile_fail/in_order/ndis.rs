//! Open, map, unmap, close, return.
#[path = "../ndis_edge/mod.rs"]
mod ndis_edge;

fn main() {
    let length = ndis_edge::initialise(|scope| {
        let mut file = scope.open("firmware", None).ok()?;
        let length = file.map().ok()?.bytes().len();
        file.close();
        Some(length)
    });
    assert_eq!(length, Some(0));
}

//! A file has two mappings at a time.
mod ndis_edge;

fn main() {
    ndis_edge::initialise(|scope| {
        let Ok(mut file) = scope.open("firmware", None) else { return };
        let first = file.map();
        let second = file.map();
        drop((first, second));
    });
}

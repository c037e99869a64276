//! A file is closed, which frees its memory, while it is mapped.
mod ndis_edge;

fn main() {
    ndis_edge::initialise(|scope| {
        let Ok(mut file) = scope.open("firmware", None) else { return };
        let mapping = file.map();
        file.close();
        drop(mapping);
    });
}

//! The contents of a file are read after the file was closed.
mod ndis_edge;

fn main() {
    ndis_edge::initialise(|scope| {
        let bytes = {
            let Ok(mut file) = scope.open("firmware", None) else { return };
            let Ok(mapping) = file.map() else { return };
            mapping.bytes()
        };
        assert_eq!(bytes, []);
    });
}

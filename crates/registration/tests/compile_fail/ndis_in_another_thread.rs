//! A file is handed to a thread that may run when MiniportInitializeEx has returned.
mod ndis_edge;

fn main() {
    ndis_edge::initialise(|scope| {
        let Ok(file) = scope.open("firmware", None) else { return };
        std::thread::spawn(move || file.close());
    });
}

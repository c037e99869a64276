//! A file is open when MiniportInitializeEx returns.
mod ndis_edge;

fn main() {
    let _file = ndis_edge::initialise(|scope| scope.open("firmware", None).ok());
}

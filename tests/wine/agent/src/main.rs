//! Does under Wine what the runner tells it: a command a line on standard input, an answer a line on standard output.

#[cfg(windows)]
mod windows;

#[cfg(windows)]
fn main() -> std::io::Result<()> {
    windows::serve()
}

#[cfg(not(windows))]
fn main() {
    eprintln!("this program is for Windows");
}

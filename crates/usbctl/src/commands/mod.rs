//! The commands, one file each.

mod bench;
mod control;
mod endpoint;
mod input;
mod list;
mod power;
mod read;
mod reset;
mod show;
mod sink;
mod stream;
mod summary;
mod watch;
mod write;

use clap::CommandFactory as _;

use crate::{
    cli::{Cli, Command},
    failure::Failure,
    session::Session,
};

/// Does what the command line says.
///
/// # Errors
/// Why not.
pub fn run(session: &Session, command: &Command) -> Result<(), Failure> {
    match command {
        Command::List(options) => list::run(session, options),
        Command::Show(options) => show::run(session, options),
        Command::Control(options) => control::run(session, options),
        Command::Read(options) => read::run(session, options),
        Command::Write(options) => write::run(session, options),
        Command::Stream(options) => stream::run(session, options),
        Command::Watch(options) => watch::run(session, options),
        Command::Bench(options) => bench::run(session, options),
        Command::Reset(options) => reset::run(session, options),
        Command::Power(options) => power::run(session, options),
        // It needs no device; main has done it.
        Command::Completions { .. } => Ok(()),
    }
}

/// Prints the completions for a shell.
///
/// # Errors
/// Nobody reads them.
pub fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "usbctl", &mut text);
    std::io::Write::write_all(&mut std::io::stdout().lock(), &text).map_err(Failure::from)
}

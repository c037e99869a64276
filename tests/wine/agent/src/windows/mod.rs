//! The agent itself.

mod files;
mod handles;
mod install;
mod services;

use std::io::{self, BufRead, Write};

use wine_agent::{Answer, Command};

use files::Files;
use install::Root;

/// A Win32 error, as `GetLastError` gives it.
type Win32Error = u32;

/// What the agent has.
#[derive(Default)]
struct Agent {
    files: Files,
    root: Option<Root>,
}

/// Answers until the input ends.
pub fn serve() -> io::Result<()> {
    let mut agent = Agent::default();
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str::<Command>(&line?) {
            Ok(command) => agent.carry_out(command),
            Err(error) => Answer::Confused(error.to_string()),
        };
        let mut output = io::stdout().lock();
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

impl Agent {
    fn carry_out(&mut self, command: Command) -> Answer {
        match command {
            Command::InstallRoot { inf, id } => match Root::install(&inf, &id) {
                Ok(root) => {
                    self.root = Some(root);
                    Answer::Done
                }
                Err(error) => Answer::Failed(error),
            },
            Command::RemoveRoot => self
                .root
                .take()
                .map_or_else(|| Answer::Confused("nothing was installed".into()), |root| done(root.remove())),
            Command::CopyInf { inf } => done(install::copy_inf(&inf)),
            Command::StopService { name } => done(services::stop(&name)),
            Command::Service { name } => match services::is_running(&name) {
                Ok(running) => Answer::Bool(running),
                Err(error) => Answer::Failed(error),
            },
            Command::Interfaces { class } => match install::interfaces(class) {
                Ok(paths) => Answer::Paths(paths),
                Err(error) => Answer::Failed(error),
            },
            Command::Open { path, read, write } => files::open(&path, read, write),
            Command::Close { handle } => done(files::close(handle)),
            Command::Duplicate { handle } => files::duplicate(handle),
            Command::Start { handle, io } => self.files.start(handle, io),
            Command::Wait { request, milliseconds } => self.files.wait(request, milliseconds),
            Command::Cancel { handle, request } => self.files.cancel(handle, request),
            Command::Handles => handles::count(),
            Command::Exit => std::process::exit(0),
        }
    }
}

const fn done(result: Result<(), Win32Error>) -> Answer {
    match result {
        Ok(()) => Answer::Done,
        Err(error) => Answer::Failed(error),
    }
}

/// A string as Windows takes it.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

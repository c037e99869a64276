//! One run: a fresh prefix, the bus driver installed and open, the driver's INF file copied, and agents.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use wine_agent::{Answer, Command, Io};

use crate::{
    agent::{Agent, PATIENCE},
    line::{self, Line, Told},
    package::Package,
    prefix::{Prefix, Template},
    protocol,
};

/// The agent that installs, and that has the bus open.
const INSTALLER: &str = "installer";
const BUS_ID: &str = r"root\usbbus";

/// A run.
pub struct Session {
    agents: BTreeMap<String, Agent>,
    bus: u64,
    package: PathBuf,
    log: Log,
    // Ends everything that runs in it; goes last.
    prefix: Prefix,
}

impl Session {
    /// Makes a prefix and installs everything in it.
    ///
    /// # Errors
    /// Wine refused something.
    pub fn begin(template: &Template, package: &Package, folder: &Path) -> Result<Self> {
        let prefix = template.fresh(&folder.join("prefix"))?;
        for file in package.driver_files() {
            let name = file.file_name().context("a file's name")?;
            fs::copy(&file, prefix.folder.join("drive_c/windows/inf").join(name))
                .with_context(|| format!("copying {}", file.display()))?;
        }
        let mut session = Self {
            agents: BTreeMap::new(),
            bus: 0,
            package: package.folder.clone(),
            log: Log::new(&folder.join("wine.log"))?,
            prefix,
        };
        session.install()?;
        Ok(session)
    }

    /// Installs the bus and opens it, and copies the driver's INF file.
    ///
    /// # Errors
    /// Wine refused something.
    pub fn install(&mut self) -> Result<()> {
        let inf =
            |package: &Path, name: &str| format!("Z:{}", package.join(name).display()).replace('/', r"\");
        let bus = Command::InstallRoot { inf: inf(&self.package, "usbbus.inf"), id: BUS_ID.into() };
        self.done(INSTALLER, &bus)?;
        self.done(INSTALLER, &Command::CopyInf { inf: inf(&self.package, "usbclient.inf") })?;
        let path = self.until("the bus has no interface", |session| {
            Ok(session.interfaces(words(protocol::INTERFACE)?)?.pop())
        })?;
        self.bus = match self.ask(INSTALLER, &Command::Open { path, read: true, write: true })? {
            Answer::Number(handle) => handle,
            other => bail!("the bus cannot be opened: {other:?}"),
        };
        Ok(())
    }

    /// Removes the bus and stops its service, with which the driver is unloaded.
    ///
    /// # Errors
    /// Wine refused something, or a driver stays.
    pub fn uninstall(&mut self) -> Result<()> {
        self.done(INSTALLER, &Command::Close { handle: self.bus })?;
        self.done(INSTALLER, &Command::RemoveRoot)?;
        // Removing the device may have stopped it already.
        self.ask(INSTALLER, &Command::StopService { name: "usbbus".into() })?;
        self.until("the bus driver runs on", |session| {
            let asked = Command::Service { name: "usbbus".into() };
            Ok((session.ask(INSTALLER, &asked)? == Answer::Bool(false)).then_some(()))
        })
    }

    /// Asks an agent, which is started if it is not there.
    ///
    /// # Errors
    /// The agent is gone or hangs.
    pub fn ask(&mut self, process: &str, command: &Command) -> Result<Answer> {
        self.agent(process)?.ask(command)
    }

    /// Ends a process at once, whatever it has open.
    ///
    /// # Errors
    /// It does not end.
    pub fn exit(&mut self, process: &str) -> Result<()> {
        let agent = self.agent(process)?;
        agent.tell(&Command::Exit)?;
        agent.ended()?;
        self.agents.remove(process);
        Ok(())
    }

    fn agent(&mut self, process: &str) -> Result<&mut Agent> {
        if !self.agents.contains_key(process) {
            let mut wine = self.prefix.command("wine");
            wine.current_dir(&self.package);
            self.agents.insert(process.into(), Agent::start(wine, &self.log.file)?);
        }
        self.agents.get_mut(process).context("an agent")
    }

    fn done(&mut self, process: &str, command: &Command) -> Result<()> {
        match self.ask(process, command)? {
            Answer::Done => Ok(()),
            other => bail!("{command:?}: {other:?}"),
        }
    }

    /// Asks the bus driver for something: status and output.
    ///
    /// # Errors
    /// The installer is gone or the request hangs.
    pub fn bus(&mut self, code: u32, input: &[u8], room: usize) -> Result<(u32, Vec<u8>)> {
        let io = Io::Control { code, input: input.into(), output: vec![0; room] };
        let Answer::Number(request) = self.ask(INSTALLER, &Command::Start { handle: self.bus, io })? else {
            bail!("the bus takes no request");
        };
        let milliseconds = u32::try_from(PATIENCE.as_millis() / 2)?;
        match self.ask(INSTALLER, &Command::Wait { request, milliseconds })? {
            Answer::Ended { status, output, .. } => Ok((status, output)),
            _ => bail!("hung: the bus driver does not answer request {code:#x}"),
        }
    }

    /// What the bus says of a device.
    ///
    /// # Errors
    /// The bus driver refused.
    pub fn state(&mut self, number: u32) -> Result<protocol::State> {
        let (status, output) = self.bus(protocol::STATE, &number.to_le_bytes(), protocol::State::SIZE)?;
        if status != 0 {
            bail!("the bus knows nothing of device {number}: {status:#x}");
        }
        protocol::State::decode(&output).context("the bus driver's answer")
    }

    /// The paths of the enabled interfaces of a class.
    ///
    /// # Errors
    /// Wine refused.
    pub fn interfaces(&mut self, class: [u32; 4]) -> Result<Vec<String>> {
        match self.ask(INSTALLER, &Command::Interfaces { class })? {
            Answer::Paths(paths) => Ok(paths),
            other => bail!("the interfaces cannot be listed: {other:?}"),
        }
    }

    /// Waits until something is so.
    ///
    /// # Errors
    /// It is not so in time, or `look` failed.
    pub fn until<T>(
        &mut self,
        not_so: &str,
        mut look: impl FnMut(&mut Self) -> Result<Option<T>>,
    ) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            if Instant::now() > deadline {
                bail!("hung: {not_so}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// A program for this prefix, run beside the package's files.
    ///
    /// # Errors
    /// The log cannot be shared.
    pub fn program(&self, name: &str) -> Result<std::process::Command> {
        let mut wine = self.prefix.command("wine");
        wine.current_dir(&self.package).arg(name).stderr(self.log.file.try_clone()?);
        Ok(wine)
    }

    /// Everything that was printed so far.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn lines(&mut self) -> Result<&[Line]> {
        self.log.catch_up()?;
        Ok(&self.log.lines)
    }

    /// Which of the lines came until now: to look at later ones only.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn mark(&mut self) -> Result<usize> {
        Ok(self.lines()?.len())
    }

    /// How often the driver has called a routine.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn calls(&mut self, name: &str) -> Result<u64> {
        let is_call = |line: &&Line| matches!(line, Line::Told { told: Told::Call { routine, .. }, .. } if routine == name);
        Ok(self.lines()?.iter().filter(is_call).count() as u64)
    }

    /// Ends the run, and gives everything that was printed.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn end(mut self) -> Result<Vec<Line>> {
        self.agents.clear();
        let Self { mut log, prefix, .. } = self;
        drop(prefix);
        log.catch_up()?;
        Ok(log.lines)
    }
}

/// Wine's standard error, read as it grows.
struct Log {
    file: File,
    path: PathBuf,
    read_to: u64,
    /// The beginning of a line whose end is not there yet.
    rest: Vec<u8>,
    lines: Vec<Line>,
}

impl Log {
    fn new(path: &Path) -> Result<Self> {
        File::create(path).with_context(|| format!("making {}", path.display()))?;
        let file = OpenOptions::new().append(true).open(path)?;
        Ok(Self { file, path: path.into(), read_to: 0, rest: Vec::new(), lines: Vec::new() })
    }

    fn catch_up(&mut self) -> Result<()> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.read_to))?;
        self.read_to += file.read_to_end(&mut self.rest)? as u64;
        let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let whole: Vec<u8> = self.rest.drain(..end).collect();
        self.lines.extend(String::from_utf8_lossy(&whole).lines().map(line::read));
        Ok(())
    }
}

/// A GUID in braces as four numbers, which is how the agent takes it.
///
/// # Errors
/// It is none.
pub fn words(guid: &str) -> Result<[u32; 4]> {
    let digits: String = guid.chars().filter(char::is_ascii_hexdigit).collect();
    let mut words = [0; 4];
    for (at, word) in words.iter_mut().enumerate() {
        let part = digits.get(at * 8..at * 8 + 8).context("a GUID")?;
        *word = u32::from_str_radix(part, 16)?;
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_guid_is_four_numbers() {
        let words = super::words("{7D3C1B54-90E6-4A2F-B8C1-5E0F6A94D27B}").expect("it is one");
        assert_eq!(words, [0x7D3C_1B54, 0x90E6_4A2F, 0xB8C1_5E0F, 0x6A94_D27B]);
        assert!(super::words("{}").is_err());
    }
}

//! Steps that are about files and requests.

use anyhow::{Context, Result, bail};
use nt_trace::NtStatus;
use ntsim::scenario::{Expected, Open};
use wine_agent::{Answer, Command, Io};

use super::{File, Request, State, check};
use crate::agent::PATIENCE;

/// `ERROR_INVALID_HANDLE`
const INVALID_HANDLE: u32 = 6;

impl State {
    pub(super) fn open(&mut self, open: &Open) -> Result<()> {
        if !self.handles.contains_key(&open.process) {
            let count = self.count_handles(&open.process)?;
            self.handles.insert(open.process.clone(), count);
        }
        let number = self.number(&open.device)?;
        let path = self.path(number)?.context("it has no interface")?;
        let path = if open.path.is_empty() { path } else { format!("{path}{}", open.path) };
        let asked = Command::Open { path, read: open.read, write: open.write };
        let status = match self.session.ask(&open.process, &asked)? {
            Answer::Number(handle) => {
                let file = File { process: open.process.clone(), handle, device: open.device.clone() };
                self.files.insert(open.file.clone(), file);
                NtStatus::SUCCESS
            }
            Answer::Refused(status) => NtStatus(status),
            other => bail!("{other:?}"),
        };
        check(&open.expect, status, 0, &[])
    }

    pub(super) fn duplicate(&mut self, file: &str, new: &str) -> Result<()> {
        let old = self.file(file)?;
        match self.session.ask(&old.process, &Command::Duplicate { handle: old.handle })? {
            Answer::Number(handle) => {
                self.files.insert(new.into(), File { handle, ..old });
                Ok(())
            }
            other => bail!("{other:?}"),
        }
    }

    /// Closes a handle, once. A second time it must be refused; with the last one the process must have as many
    /// handles as it had before.
    pub(super) fn close(&mut self, file: &str) -> Result<()> {
        let File { process, handle, .. } = self.file(file)?;
        self.files.remove(file);
        let close = Command::Close { handle };
        match self.session.ask(&process, &close)? {
            Answer::Done => {}
            other => bail!("CloseHandle: {other:?}"),
        }
        match self.session.ask(&process, &close)? {
            Answer::Failed(INVALID_HANDLE) => {}
            other => bail!("a second CloseHandle: {other:?}, not ERROR_INVALID_HANDLE"),
        }
        let more = self.files.values().any(|other| other.process == process)
            || self.requests.values().any(|other| other.process == process);
        if !more {
            let (before, after) = (self.handles.get(&process).copied(), self.count_handles(&process)?);
            if before != Some(after) {
                bail!("the process has {after} handles, and had {before:?} before it opened any");
            }
        }
        Ok(())
    }

    pub(super) fn count_handles(&mut self, process: &str) -> Result<u64> {
        match self.session.ask(process, &Command::Handles)? {
            Answer::Number(count) => Ok(count),
            other => bail!("the handles cannot be counted: {other:?}"),
        }
    }

    pub(super) fn exit(&mut self, process: &str) -> Result<()> {
        self.session.exit(process)?;
        let devices: Vec<String> = self
            .files
            .values()
            .filter(|file| file.process == process)
            .map(|file| file.device.clone())
            .collect();
        self.files.retain(|_, file| file.process != process);
        self.requests.retain(|_, request| request.process != process);
        self.handles.remove(process);
        for device in devices {
            let left = self.files.values().filter(|file| file.device == device).count();
            let number = self.number(&device)?;
            self.session.until("its files stay open", |session| {
                let state = session.state(number)?;
                Ok((state.files as usize <= left).then_some(()))
            })?;
        }
        Ok(())
    }

    pub(super) fn start(&mut self, file: &str, io: Io) -> Result<Request> {
        let File { process, handle, .. } = self.file(file)?;
        match self.session.ask(&process, &Command::Start { handle, io })? {
            Answer::Number(id) => Ok(Request { process, handle, id }),
            other => bail!("{other:?}"),
        }
    }

    pub(super) fn end(&mut self, request: &Request, expect: &Expected) -> Result<()> {
        let milliseconds = u32::try_from(PATIENCE.as_millis() / 2)?;
        let asked = Command::Wait { request: request.id, milliseconds };
        match self.session.ask(&request.process, &asked)? {
            Answer::Ended { status, information, output } => {
                check(expect, NtStatus(status), information, &output)
            }
            Answer::Pending => bail!("hung: the request does not end"),
            other => bail!("{other:?}"),
        }
    }

    pub(super) fn cancel(&mut self, process: &str, handle: u64, request: Option<u64>) -> Result<()> {
        match self.session.ask(process, &Command::Cancel { handle, request })? {
            Answer::Bool(_) => Ok(()),
            other => bail!("{other:?}"),
        }
    }

    pub(super) fn file(&self, name: &str) -> Result<File> {
        self.files.get(name).cloned().with_context(|| format!("no file {name} is open"))
    }
}

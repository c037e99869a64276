//! An agent that runs under Wine, seen from here.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use wine_agent::{Answer, Command as Asked};

/// How long anything may take. What takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running agent. It is ended with this.
pub struct Agent {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Agent {
    /// Starts one. What Wine prints goes to `log`.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(mut command: Command, log: &File) -> Result<Self> {
        command.arg("wine-agent.exe").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log.try_clone()?);
        let mut child = command.spawn().context("starting wine")?;
        let input = child.stdin.take().context("the agent's input")?;
        let output = BufReader::new(child.stdout.take().context("the agent's output")?);
        let (lines, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if lines.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, input, answers })
    }

    /// Asks something and waits for the answer.
    ///
    /// # Errors
    /// The agent is gone, or does not answer in time.
    pub fn ask(&mut self, asked: &Asked) -> Result<Answer> {
        self.tell(asked)?;
        match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => serde_json::from_str(&line).with_context(|| format!("the agent said {line:?}")),
            Err(RecvTimeoutError::Timeout) => {
                bail!("hung: no answer in {} s to {asked:?}", PATIENCE.as_secs())
            }
            Err(RecvTimeoutError::Disconnected) => bail!("the agent is gone; it was asked {asked:?}"),
        }
    }

    /// Asks for something that has no answer.
    ///
    /// # Errors
    /// The agent is gone.
    pub fn tell(&mut self, asked: &Asked) -> Result<()> {
        let mut line = serde_json::to_vec(asked)?;
        line.push(b'\n');
        self.input.write_all(&line).context("the agent is gone")?;
        self.input.flush().context("the agent is gone")
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// It goes on.
    pub fn ended(&self) -> Result<()> {
        match self.answers.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => Ok(()),
            _ => bail!("the agent goes on"),
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

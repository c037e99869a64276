//! `usbctl`, built for Windows, with a device that is plugged in.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use ntsim::scenario::Bytes;
use usb_models::models::loopback;

use crate::{agent::PATIENCE, session::Session};

const PROGRAM: &str = "usbctl.exe";
/// Bytes that go to the device and come back.
const DATA: u32 = 0x8000;

/// How a program ended.
struct Ended {
    code: Option<i32>,
    output: Vec<u8>,
}

impl Ended {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

/// Lists and shows the device, and moves data both ways by control and bulk transfers.
///
/// # Errors
/// What went otherwise.
pub fn usbctl(session: &mut Session) -> Result<()> {
    let list = done(session, &["list"], &[])?.text();
    ensure!(list.contains("1209:0001"), "usbctl list: no device in {list:?}");
    let list: serde_json::Value = serde_json::from_slice(&done(session, &["list", "--json"], &[])?.output)
        .context("the JSON of usbctl list")?;
    ensure!(list.to_string().contains("1209"), "usbctl list --json: no device in {list}");
    let show = done(session, &["show"], &[])?.text();
    for word in ["bMaxPacketSize0", "bEndpointAddress", "512"] {
        ensure!(show.contains(word), "usbctl show: no {word} in {show:?}");
    }
    control(session)?;
    bulk(session)?;
    let nobody = run(session, &["show", "dead:beef"], &[])?;
    ensure!(nobody.code == Some(3), "usbctl show of no device: exit code {:?}", nobody.code);
    Ok(())
}

fn control(session: &Session) -> Result<()> {
    let request = loopback::MEMORY.to_string();
    let data = Bytes::pattern(30, 64).make();
    let mut digits = String::new();
    for byte in &data {
        write!(digits, "{byte:02x}")?;
    }
    done(session, &["control", "--request", &request, "--data", &digits], &[])?;
    let read = done(session, &["control", "--request", &request, "--length", "64", "--output", "-"], &[])?;
    ensure!(read.output == data, "usbctl control: other bytes came back");
    Ok(())
}

fn bulk(session: &Session) -> Result<()> {
    let data = Bytes::pattern(31, DATA).make();
    done(session, &["write", "--size", "4K"], &data)?;
    let read = done(session, &["read", "--size", "4K", "--length", "32K", "--output", "-"], &[])?;
    ensure!(read.output == data, "usbctl read: {} bytes came back, or others", read.output.len());
    Ok(())
}

/// Runs it, and demands that it succeeds.
fn done(session: &Session, arguments: &[&str], input: &[u8]) -> Result<Ended> {
    let ended = run(session, arguments, input)?;
    ensure!(ended.code == Some(0), "usbctl {}: exit code {:?}", arguments.join(" "), ended.code);
    Ok(ended)
}

fn run(session: &Session, arguments: &[&str], input: &[u8]) -> Result<Ended> {
    let mut command = session.program(PROGRAM)?;
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().context("starting usbctl.exe")?;
    let mut pipe = child.stdin.take().context("its input")?;
    let input = input.to_vec();
    // A program that does not read its input ends all the same.
    thread::spawn(move || pipe.write_all(&input).ok());
    let mut pipe = child.stdout.take().context("its output")?;
    let reader = thread::spawn(move || {
        let mut output = Vec::new();
        pipe.read_to_end(&mut output).map(|_| output)
    });
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            bail!("hung: usbctl {}", arguments.join(" "));
        }
        thread::sleep(Duration::from_millis(5));
    };
    let output = reader.join().ok().context("reading its output")??;
    Ok(Ended { code: status.code(), output })
}

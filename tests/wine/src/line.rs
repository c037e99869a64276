//! The lines that Wine prints: what was told for the runner, what Wine complains of, and known noise.

/// One line of Wine's standard error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Told by the shim, the bus, the filter or the USBD handle API.
    Told {
        /// Wine's number of the thread.
        thread: String,
        /// What.
        told: Told,
    },
    /// Something that went wrong, and nobody expected.
    Complaint(String),
    /// Nothing to look at.
    Noise,
}

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The driver calls a routine.
    Call {
        /// Its name.
        routine: String,
        /// The first four arguments.
        arguments: Vec<u64>,
    },
    /// The routine returns.
    Return {
        /// Its name.
        routine: String,
        /// Its value.
        value: u64,
    },
    /// The driver is called.
    Enter(Vec<String>),
    /// The driver returns.
    Leave(Vec<String>),
    /// The bus, its filter: who, and the rest.
    Around {
        /// `bus`, `flt` or `dex`.
        who: String,
        /// The words.
        words: Vec<String>,
    },
}

/// What Wine prints on a machine without a screen, and when it installs what it has installed already. A line that
/// contains one of these is nothing to look at.
const NOISE: &[&str] = &[
    "wine32 is missing",
    "multiarch needs to be enabled first",
    "dpkg --add-architecture i386",
    "apt-get install wine32",
    "nodrv_CreateWindow",
    "explorer process failed to start",
    "Make sure that your X server is running",
    "systray",
    "apartment_createwindowifneeded",
    "start_rpcss Failed to open service manager",
    "syswow64\\\\rundll32.exe",
    "syswow64\\rundll32.exe",
    "XDG_RUNTIME_DIR",
    "Unhandled flags 0x1",
    "send_devicechange",
    "Failed to control service, error 1061",
    "created the configuration directory",
    "configuration in L",
    "copy error 32",
];

/// Reads one line.
#[must_use]
pub fn read(line: &str) -> Line {
    if let Some((head, said)) = line.split_once(":warn:debugstr:") {
        let Some(at) = said.find('~') else { return Line::Noise };
        let said = said[at + 1..].trim_end_matches(|end: char| end == '"' || end.is_whitespace());
        let said = said.trim_end_matches("\\n");
        let thread = head.rsplit(':').next().unwrap_or(head).to_owned();
        return told(said)
            .map_or_else(|| Line::Complaint(line.to_owned()), |told| Line::Told { thread, told });
    }
    let complains = line.contains("err:") || line.starts_with("wine: ");
    if complains && !NOISE.iter().any(|noise| line.contains(noise)) {
        return Line::Complaint(line.to_owned());
    }
    Line::Noise
}

/// What was told, after the tilde. `None`: something broke a rule, or the line makes no sense.
fn told(said: &str) -> Option<Told> {
    let mut words = said.split_whitespace();
    let who = words.next()?;
    let mut words: Vec<String> = words.map(String::from).collect();
    let hexadecimal = |word: &String| u64::from_str_radix(word, 16).ok();
    match who {
        "c" => {
            let arguments = words.split_off(1.min(words.len()));
            let routine = words.pop()?;
            Some(Told::Call { routine, arguments: arguments.iter().filter_map(hexadecimal).collect() })
        }
        "r" => {
            Some(Told::Return { value: words.get(1).and_then(hexadecimal)?, routine: words.swap_remove(0) })
        }
        "d" => Some(Told::Enter(words)),
        "e" => Some(Told::Leave(words)),
        "bus" | "flt" | "dex" if words.first().is_some_and(|word| word != "broken") => {
            Some(Told::Around { who: who.into(), words })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(line: &str) -> Told {
        match read(line) {
            Line::Told { told, .. } => told,
            other => panic!("{line} is {other:?}"),
        }
    }

    #[test]
    fn calls_and_returns() {
        let line = "0050:warn:debugstr:OutputDebugStringA \"~c IoCreateDevice 1f 2 3 4\\n\"";
        assert_eq!(
            thread(line),
            Told::Call { routine: "IoCreateDevice".into(), arguments: vec![0x1f, 2, 3, 4] }
        );
        assert_eq!(
            thread("0050:warn:debugstr:x \"~r ZwClose c0000008\\n\""),
            Told::Return { routine: "ZwClose".into(), value: 0xC000_0008 }
        );
    }

    #[test]
    fn a_broken_rule_is_a_complaint() {
        for line in ["0050:warn:debugstr:x \"~flt broken completed twice\\n\"", "1:warn:debugstr:x \"~?\\n\""]
        {
            assert!(matches!(read(line), Line::Complaint(_)), "{line}");
        }
    }

    #[test]
    fn errors_are_complaints_unless_they_are_known() {
        assert!(matches!(read("0050:err:ntoskrnl:KeBugCheckEx c4 1 2 3 4"), Line::Complaint(_)));
        assert!(matches!(read("wine: Unhandled page fault"), Line::Complaint(_)));
        assert_eq!(read("0024:err:winediag:nodrv_CreateWindow Application tried"), Line::Noise);
        assert_eq!(read("0050:warn:debugstr:x \"something else\""), Line::Noise);
    }
}

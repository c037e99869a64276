//! The folder that is installed from: the driver and its INF file as they ship, adapted only where Wine needs it, and
//! what stands around them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};

/// What the module is called that the driver takes for ntoskrnl.exe. As long as the real name.
const SHIM: &str = "ntoskrnx.exe";
/// Files beside the driver that Wine has to find when it loads it.
const BESIDE: [&str; 2] = [SHIM, "usbdex.sys"];

/// Where everything comes from.
pub struct Sources {
    /// `usbclient.sys`
    pub driver: PathBuf,
    /// `usbclient.inx`
    pub inf: PathBuf,
    /// Bus driver, USBD handle API and shim.
    pub kernel: PathBuf,
    /// The programs for Windows.
    pub programs: PathBuf,
}

/// A folder with all that is installed.
pub struct Package {
    /// The folder.
    pub folder: PathBuf,
    /// What is not as it ships, in words.
    pub adapted: Vec<String>,
}

impl Package {
    /// Fills the folder.
    ///
    /// # Errors
    /// A file is missing, or is not as it was when this was written.
    pub fn make(sources: &Sources, folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let mut adapted = Vec::new();
        let driver = redirected(&fs::read(&sources.driver).context("reading the driver")?)?;
        fs::write(folder.join("usbclient.sys"), driver)?;
        adapted.push(format!(
            "usbclient.sys: the name of the module ntoskrnl.exe in its import table is {SHIM}; nothing else"
        ));
        let inf = fs::read_to_string(&sources.inf).context("reading the INF file")?;
        fs::write(folder.join("usbclient.inf"), adapted_inf(&inf, &mut adapted)?)?;
        fs::write(folder.join("usbclient.cat"), b"")?;
        adapted.push("usbclient.cat: empty; Wine looks whether it is there and does not read it".into());
        fs::write(folder.join("usbbus.inf"), BUS_INF)?;
        for name in ["usbbus.sys", "usbdex.sys", SHIM] {
            copy(&sources.kernel, folder, name)?;
        }
        for name in ["wine-agent.exe", "usbctl.exe", "bcryptprimitives.dll"] {
            copy(&sources.programs, folder, name)?;
        }
        Ok(Self { folder: folder.into(), adapted })
    }

    /// The driver's files, which Wine 8 looks for in its folder of INF files when a device with a new serial number
    /// comes.
    pub fn driver_files(&self) -> impl Iterator<Item = PathBuf> {
        std::iter::once(&"usbclient.sys").chain(&BESIDE).map(|name| self.folder.join(name))
    }
}

fn copy(from: &Path, to: &Path, name: &str) -> Result<()> {
    let file = from.join(name);
    fs::copy(&file, to.join(name)).with_context(|| format!("copying {}", file.display()))?;
    Ok(())
}

/// The image with another name for ntoskrnl.exe.
fn redirected(image: &[u8]) -> Result<Vec<u8>> {
    let name = b"ntoskrnl.exe\0";
    let mut image = image.to_vec();
    let mut found = 0;
    let places: Vec<usize> = (0..image.len()).filter(|&at| image[at..].starts_with(name)).collect();
    for at in places {
        image[at..at + SHIM.len()].copy_from_slice(SHIM.as_bytes());
        found += 1;
    }
    if found == 0 {
        bail!("the driver does not import from ntoskrnl.exe");
    }
    Ok(image)
}

/// The INF file as stampinf makes it, and what Wine needs otherwise.
fn adapted_inf(inx: &str, adapted: &mut Vec<String>) -> Result<String> {
    let version = concat!("DriverVer   = 11/21/2026,", env!("CARGO_PKG_VERSION"), ".0");
    let mut inf = inx.replace('\r', "");
    let beside = |then: &str| BESIDE.map(|name| format!("{name}{then}\n")).concat();
    let changes = [
        ("DriverVer   = ; stamped", version.to_owned(), None),
        ("Models,NT$ARCH$.10.0...19041", "Models,NTamd64".into(), None),
        (
            "[Models.NT$ARCH$.10.0...19041]",
            "[Models.NTamd64]".into(),
            Some("usbclient.inf: NTamd64 in place of NTamd64.10.0...19041, which Wine does not match"),
        ),
        (
            "[SourceDisksFiles]\nusbclient.sys = 1\n",
            format!("[SourceDisksFiles]\nusbclient.sys = 1\n{}", beside(" = 1")),
            None,
        ),
        (
            "[usbclient_CopyFiles]\nusbclient.sys\n",
            format!("[usbclient_CopyFiles]\nusbclient.sys\n{}", beside("")),
            Some("usbclient.inf: copies the modules that the driver imports from as well"),
        ),
    ];
    for (theirs, ours, why) in changes {
        if inf.matches(theirs).count() != 1 {
            bail!("the INF file has no {theirs:?}, or more than one");
        }
        inf = inf.replace(theirs, &ours);
        adapted.extend(why.map(String::from));
    }
    Ok(inf)
}

const BUS_INF: &str = r#"; Installs the bus driver of the tests under Wine.
[Version]
Signature   = "$WINDOWS NT$"
Class       = System
ClassGuid   = {4d36e97d-e325-11ce-bfc1-08002be10318}
Provider    = %Provider%
DriverVer   = 11/21/2026,0.1.0.0

[SourceDisksNames]
1 = %DiskName%

[SourceDisksFiles]
usbbus.sys = 1

[DestinationDirs]
DefaultDestDir = 12

[Manufacturer]
%Provider% = Models,NTamd64

[Models.NTamd64]
%DeviceDescription% = Bus,root\usbbus

[Bus.NT]
CopyFiles = Bus.Files

[Bus.Files]
usbbus.sys

[Bus.NT.Services]
AddService = usbbus,0x00000002,Bus.Service

[Bus.Service]
ServiceType   = 1
StartType     = 3
ErrorControl  = 1
ServiceBinary = %12%\usbbus.sys

[Strings]
Provider          = "usbclient"
DiskName          = "installation disk"
DeviceDescription = "USB bus of the tests"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mention_of_the_module_is_redirected_and_nothing_else() {
        let image = b"..ntoskrnl.exe\0..ntoskrnl.exe..ntoskrnl.exe\0";
        let made = redirected(image).expect("it imports");
        assert_eq!(made, b"..ntoskrnx.exe\0..ntoskrnl.exe..ntoskrnx.exe\0");
        assert!(redirected(b"hal.dll\0").is_err());
    }

    #[test]
    fn the_inf_file_of_the_tree_can_be_adapted() {
        let inx = include_str!("../../../inf/usbclient.inx");
        let mut adapted = Vec::new();
        let inf = adapted_inf(inx, &mut adapted).expect("it is as expected");
        let text = inf.lines().filter(|line| !line.starts_with(';'));
        assert!(!text.collect::<String>().contains("$ARCH$"));
        assert_eq!(adapted.len(), 2);
    }

    #[test]
    fn another_inf_file_is_refused() {
        assert!(adapted_inf("[Version]\n", &mut Vec::new()).is_err());
    }
}

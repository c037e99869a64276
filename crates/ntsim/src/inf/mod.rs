//! INF files: what a driver finds in the registry after it was installed by one.
//!
//! Read are the sections that a driver package for a device has: Manufacturer, models, `DDInstall` with its `.HW` and
//! `.Services`, `AddReg`, `AddService` and Strings. Windows' own INF parser has more (Include and Needs, `DelReg`, `BitReg`,
//! property sections, component INFs, sections of localised strings); those are skipped.
//!
//! Page: drivers/install/general-guidelines-for-inf-files.

mod lines;
mod value;

use std::collections::BTreeMap;

use thiserror::Error;

use crate::kernel::{Key, RegistryValue};
use lines::Sections;

/// Why an INF file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InfError {
    /// A line that is none of an INF file.
    #[error("line {0}: {1}")]
    Line(usize, String),
    /// A section that must be there.
    #[error("it has no section [{0}]")]
    NoSection(String),
    /// No models for x64.
    #[error("[Manufacturer] names no models for x64 (NTamd64)")]
    NoModels,
    /// No device is installed.
    #[error("its models install no device")]
    NoDevice,
    /// No driver is installed.
    #[error("it adds no service for the device (flag 0x2 of AddService)")]
    NoService,
}

/// What an INF file installs, for its first device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Installation {
    /// The service: the name that the driver object and the registry path have.
    pub service: String,
    /// The identifiers of the devices that it is for, upper case.
    pub hardware_ids: Vec<String>,
    /// The device's hardware key (`PLUGPLAY_REGKEY_DEVICE`).
    pub device_key: Key,
    /// The device's software key (`PLUGPLAY_REGKEY_DRIVER`).
    pub driver_key: Key,
    /// The keys of the service, by their path below the service's own; `""` is that.
    pub service_keys: BTreeMap<String, Key>,
    /// What was read and has no place here, for whoever wants to know.
    pub skipped: Vec<String>,
}

/// Flag of `AddService`: this service is the device's function driver.
const SPSVCINST_ASSOCSERVICE: u32 = 2;

impl Installation {
    /// Reads an INF file: UTF-16 with a byte order mark, or UTF-8.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of(file: &[u8]) -> Result<Self, InfError> {
        let sections = Sections::of(&lines::decoded(file))?;
        let mut installation = Self::default();
        let section = installation.choose_models(&sections)?;
        let install = decorated(&sections, &section);
        for line in directives(&sections, &install, "AddReg") {
            installation.add_registry(&sections, &line, Target::Driver);
        }
        for line in directives(&sections, &format!("{install}.HW"), "AddReg") {
            installation.add_registry(&sections, &line, Target::Device);
        }
        installation.add_service(&sections, &format!("{install}.Services"))?;
        Ok(installation)
    }

    /// Whether it is for a device with these numbers.
    #[must_use]
    pub fn is_for(&self, vendor: u16, product: u16) -> bool {
        let id = format!("USB\\VID_{vendor:04X}&PID_{product:04X}");
        self.hardware_ids.iter().any(|known| known.starts_with(&id))
    }

    /// Takes the identifiers of all models for x64; gives the install section of the first.
    fn choose_models(&mut self, sections: &Sections) -> Result<String, InfError> {
        let manufacturers =
            sections.get("Manufacturer").ok_or_else(|| InfError::NoSection("Manufacturer".into()))?;
        let mut install = None;
        let mut any = false;
        for manufacturer in manufacturers {
            let Some((name, decorations)) = manufacturer.fields.split_first() else { continue };
            let names = decorations.iter().map(|decoration| format!("{name}.{decoration}"));
            let is_x64 =
                |it: &String| it.to_lowercase().contains(".ntamd64") || it.to_lowercase().ends_with(".nt");
            for models in names.filter(is_x64).chain([name.clone()]) {
                let Some(lines) = sections.get(&models) else { continue };
                any = true;
                for line in lines {
                    let Some((section, ids)) = line.fields.split_first() else { continue };
                    install.get_or_insert_with(|| section.clone());
                    self.hardware_ids.extend(ids.iter().map(|id| id.to_uppercase()));
                }
            }
        }
        if !any {
            return Err(InfError::NoModels);
        }
        install.ok_or(InfError::NoDevice)
    }

    fn add_service(&mut self, sections: &Sections, section: &str) -> Result<(), InfError> {
        for service in directives(sections, section, "AddService") {
            let [name, flags, install, ..] = service.as_slice() else { continue };
            if value::number(flags).unwrap_or(0) & SPSVCINST_ASSOCSERVICE == 0 || name.is_empty() {
                continue;
            }
            self.service.clone_from(name);
            let own = self.service_keys.entry(String::new()).or_default();
            for line in sections.get(install).unwrap_or_default() {
                let (Some(key), Some(first)) = (&line.key, line.fields.first()) else { continue };
                match key.to_lowercase().as_str() {
                    "addreg" => {}
                    "servicebinary" => {
                        own.insert("imagepath".into(), value::text(first));
                    }
                    "servicetype" | "starttype" | "errorcontrol" => {
                        let name = match key.to_lowercase().as_str() {
                            "servicetype" => "type",
                            "starttype" => "start",
                            _ => "errorcontrol",
                        };
                        own.insert(name.into(), RegistryValue::dword(value::number(first).unwrap_or(0)));
                    }
                    other => {
                        own.insert(other.into(), value::text(first));
                    }
                }
            }
            for line in directives(sections, install, "AddReg") {
                self.add_registry(sections, &line, Target::Service);
            }
            return Ok(());
        }
        Err(InfError::NoService)
    }

    /// Adds what the `AddReg` sections of a directive say.
    fn add_registry(&mut self, sections: &Sections, names: &[String], target: Target) {
        for line in names.iter().filter_map(|name| sections.get(name)).flatten() {
            let field = |index: usize| line.fields.get(index).map_or("", String::as_str);
            let (root, below, name) = (field(0), field(1), field(2));
            let data = line.fields.get(4..).unwrap_or_default();
            let key = match target {
                Target::Service => Some(self.service_keys.entry(below.to_lowercase()).or_default()),
                Target::Device if below.is_empty() => Some(&mut self.device_key),
                Target::Driver if below.is_empty() => Some(&mut self.driver_key),
                Target::Device | Target::Driver => None,
            };
            match key.filter(|_| root.eq_ignore_ascii_case("HKR")) {
                Some(key) => value::add(key, name, value::number(field(3)).unwrap_or(0), data),
                None => self.skipped.push(line.fields.join(",")),
            }
        }
    }
}

/// Which key `HKR` is.
#[derive(Clone, Copy)]
enum Target {
    Driver,
    Device,
    Service,
}

/// The install section with the decoration that x64 prefers, if it is there.
fn decorated(sections: &Sections, section: &str) -> String {
    let names = [".NTamd64", ".NT", ""].map(|decoration| format!("{section}{decoration}"));
    let is_there =
        |it: &String| ["", ".HW", ".Services"].iter().any(|end| sections.has(&format!("{it}{end}")));
    names.iter().find(|it| is_there(it)).cloned().unwrap_or_else(|| section.into())
}

/// The fields of each directive of a kind in a section.
fn directives(sections: &Sections, section: &str, kind: &str) -> Vec<Vec<String>> {
    let lines = sections.get(section).unwrap_or_default();
    let wanted = |line: &&lines::Line| line.key.as_ref().is_some_and(|key| key.eq_ignore_ascii_case(kind));
    lines.iter().filter(wanted).map(|line| line.fields.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::{InfError, Installation};
    use crate::{abi::registry::REG_DWORD, kernel::RegistryValue};

    const INF: &str = r#"
        ; a comment
        [Version]
        Signature = "$WINDOWS NT$"
        [Manufacturer]
        %Name% = Things, NTx86, NTamd64.10.0
        [Things.NTx86]
        %Thing% = Other, USB\VID_0000&PID_0000
        [Things.NTamd64.10.0]
        %Thing% = Thing_Install, USB\VID_1209&PID_0001, \
                                 USB\vid_1209&pid_0002&MI_00
        [Thing_Install.NT]
        CopyFiles = Files
        AddReg = Software
        [Software]
        HKR,, Depth, 0x00010001, 0x20
        HKLM, Elsewhere, Name, , "no"
        [Thing_Install.NT.HW]
        AddReg = Hardware, More
        [Hardware]
        HKR,,Text,,"a ""quoted"", %Thing%; no comment"
        HKR,,Bytes,1,01,02,ff
        [More]
        HKR,,List,0x00010000,"one","two"
        [Thing_Install.NT.Services]
        AddService = other,,Nothing
        AddService = thing, 2, Service
        [Service]
        ServiceType = 1
        StartType = 3
        ServiceBinary = %13%\thing.sys
        AddReg = Parameters
        [Parameters]
        HKR, Parameters, Limit, %REG_DWORD%, 7
        [Strings]
        Name = "Maker"
        Thing = "A thing"
        REG_DWORD = 0x00010001
    "#;

    #[test]
    fn an_installation_is_what_its_sections_say() {
        let installation = Installation::of(INF.as_bytes()).expect("an INF file");
        assert_eq!(installation.service, "thing");
        assert!(
            installation.is_for(0x1209, 1) && installation.is_for(0x1209, 2) && !installation.is_for(0, 0)
        );
        assert_eq!(installation.driver_key.get("depth"), Some(&RegistryValue::dword(0x20)));
        let text = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let device = &installation.device_key;
        assert_eq!(
            device.get("text").map(|it| it.data.clone()),
            Some(text("a \"quoted\", A thing; no comment"))
        );
        assert_eq!(device.get("bytes").map(|it| it.data.clone()), Some(vec![1, 2, 0xFF]));
        assert_eq!(device.get("list").map(|it| it.data.clone()), Some(text("one\0two\0")));
        let parameters = installation.service_keys.get("parameters").expect("a key");
        assert_eq!(parameters.get("limit"), Some(&RegistryValue { kind: REG_DWORD, data: vec![7, 0, 0, 0] }));
        assert_eq!(installation.service_keys[""].get("start"), Some(&RegistryValue::dword(3)));
        assert_eq!(installation.skipped, ["HKLM,Elsewhere,Name,,no"]);
    }

    #[test]
    fn utf_16_is_read() {
        let bytes: Vec<u8> =
            std::iter::once(0xFEFF).chain(INF.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(Installation::of(&bytes), Installation::of(INF.as_bytes()));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(Installation::of(b""), Err(InfError::NoSection("Manufacturer".into())));
        assert_eq!(Installation::of(b"[Manufacturer]\n%a%=b,NTarm64\n"), Err(InfError::NoModels));
        let without = INF.replace("thing, 2,", "thing, 0,");
        assert_eq!(Installation::of(without.as_bytes()), Err(InfError::NoService));
        assert!(matches!(Installation::of(b"nothing"), Err(InfError::Line(1, _))));
    }
}

//! Headers and sections: what the loader and code integrity look at.

use object::pe;

use super::{Finding, image::Image};
use crate::pe_checksum;

/// The size that the driver aims to stay under, in bytes. It was 64 KiB until power, streams, isochronous transfers, recoveries,
/// claims and event tracing came.
const MAXIMUM_SIZE: usize = 128 * 1024;

/// Everything that the headers say.
pub fn findings(image: &Image) -> Vec<Finding> {
    vec![sections(image), subsystem(image), mitigations(image), checksum(image), size(image)]
}

/// No section is writable and executable, and none is left that made drivers fail to load.
fn sections(image: &Image) -> Finding {
    let mut breaches = Vec::new();
    for section in &image.sections {
        if section.has(pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE) {
            breaches.push(format!("{} is writable and executable", section.name));
        }
        // .retplne, cut off at eight characters: lld keeps it.
        if section.name == ".retplne" {
            breaches.push(".retplne is not merged".into());
        }
    }
    let names: Vec<&str> = image.sections.iter().map(|section| section.name.as_str()).collect();
    Finding { subject: "sections", found: names.join(" "), breaches }
}

fn subsystem(image: &Image) -> Finding {
    let native = image.subsystem == pe::IMAGE_SUBSYSTEM_NATIVE.0;
    let breaches = if native { Vec::new() } else { vec!["the subsystem is not native".into()] };
    Finding { subject: "subsystem", found: image.subsystem.to_string(), breaches }
}

fn mitigations(image: &Image) -> Finding {
    let wanted = [
        (pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT, "NX_COMPAT"),
        (pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, "DYNAMIC_BASE"),
    ];
    let breaches = wanted
        .iter()
        .filter(|(bit, _)| image.dll_characteristics & bit.0 == 0)
        .map(|(_, name)| format!("{name} is not set"))
        .collect();
    Finding { subject: "DllCharacteristics", found: format!("{:#06x}", image.dll_characteristics), breaches }
}

fn checksum(image: &Image) -> Finding {
    let stored = pe_checksum::stored(image.bytes).unwrap_or_default();
    let right = pe_checksum::computed(image.bytes).unwrap_or_default();
    let breaches = match stored {
        0 => vec!["the checksum is not set".into()],
        stored if stored != right => vec![format!("the checksum should be {right:#x}")],
        _ => Vec::new(),
    };
    Finding { subject: "checksum", found: format!("{stored:#x}"), breaches }
}

fn size(image: &Image) -> Finding {
    let breaches = if image.bytes.len() > MAXIMUM_SIZE {
        vec![format!("more than {MAXIMUM_SIZE} bytes")]
    } else {
        Vec::new()
    };
    Finding { subject: "size", found: format!("{} bytes", image.bytes.len()), breaches }
}

#[cfg(test)]
mod tests {
    use super::{super::fixture::Fixture, *};

    fn breaches(file: &[u8]) -> Vec<String> {
        let image = Image::parse(file).expect("the fixture is an image");
        findings(&image).into_iter().flat_map(|finding| finding.breaches).collect()
    }

    #[test]
    fn a_good_image_has_no_breach() {
        assert_eq!(breaches(&Fixture::default().build()), Vec::<String>::new());
    }

    #[test]
    fn a_writable_and_executable_section_is_a_breach() {
        let fixture = Fixture::default()
            .section(".both", pe::IMAGE_SCN_MEM_READ | pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE);
        assert_eq!(breaches(&fixture.build()), [".both is writable and executable"]);
    }

    #[test]
    fn a_section_that_lld_left_is_a_breach() {
        let fixture = Fixture::default().section(".retplne", pe::IMAGE_SCN_MEM_READ);
        assert_eq!(breaches(&fixture.build()), [".retplne is not merged"]);
    }

    #[test]
    fn another_subsystem_is_a_breach() {
        let fixture = Fixture { subsystem: pe::IMAGE_SUBSYSTEM_WINDOWS_GUI, ..Fixture::default() };
        assert_eq!(breaches(&fixture.build()), ["the subsystem is not native"]);
    }

    #[test]
    fn each_mitigation_is_wanted() {
        let fixture =
            Fixture { dll_characteristics: pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT, ..Fixture::default() };
        assert_eq!(breaches(&fixture.build()), ["DYNAMIC_BASE is not set"]);
        let fixture =
            Fixture { dll_characteristics: pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE, ..Fixture::default() };
        assert_eq!(breaches(&fixture.build()), ["NX_COMPAT is not set"]);
    }

    #[test]
    fn a_checksum_that_is_missing_or_wrong_is_a_breach() {
        let mut file = Fixture::default().build();
        let field = pe_checksum::offset(&file).expect("the fixture is an image");
        file[field] ^= 1;
        assert!(breaches(&file)[0].starts_with("the checksum should be"));
        file[field..field + 4].fill(0);
        assert_eq!(breaches(&file), ["the checksum is not set"]);
    }

    #[test]
    fn a_large_file_is_a_breach() {
        let mut file = Fixture::default().build();
        file.resize(MAXIMUM_SIZE + 2, 0);
        pe_checksum::set(&mut file);
        assert_eq!(breaches(&file), ["more than 131072 bytes"]);
    }
}

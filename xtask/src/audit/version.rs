//! The version resource.

use super::{Finding, image::Image};

/// The build script's half: what it writes is what is read here.
#[cfg(test)]
#[path = "../../../build/version_resource.rs"]
mod version_resource;

/// `VS_FIXEDFILEINFO.dwSignature`.
const SIGNATURE: u32 = 0xfeef_04bd;

/// `VFT_DRV`.
const DRIVER: u32 = 3;

/// The resource is there, has this version, which is the INF's too, and says that the file is a driver.
pub fn resource(image: &Image, expected: &str) -> Finding {
    let Some(fixed) = fixed(image.bytes) else {
        let breaches = vec!["there is no version resource".into()];
        return Finding { subject: "version resource", found: "none".into(), breaches };
    };
    let [_, _, high, low, product_high, product_low, _, _, _, kind] = fixed;
    let mut breaches = Vec::new();
    for (name, version) in [("file", text(high, low)), ("product", text(product_high, product_low))] {
        if version != expected {
            breaches.push(format!("the {name} version should be {expected}"));
        }
    }
    if kind != DRIVER {
        breaches.push("it does not say that the file is a driver".into());
    }
    Finding { subject: "version resource", found: text(high, low), breaches }
}

/// The first words of `VS_FIXEDFILEINFO`, which begins at a multiple of four after its key.
fn fixed(bytes: &[u8]) -> Option<[u32; 10]> {
    let key: Vec<u8> = "VS_VERSION_INFO\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = bytes.windows(key.len()).position(|window| window == key)? + key.len();
    let mut words = [0; 10];
    for (index, word) in words.iter_mut().enumerate() {
        let start = at.next_multiple_of(4) + index * 4;
        *word = u32::from_le_bytes(bytes.get(start..start + 4)?.try_into().ok()?);
    }
    (words[0] == SIGNATURE).then_some(words)
}

fn text(high: u32, low: u32) -> String {
    format!("{}.{}.{}.{}", high >> 16, high & 0xffff, low >> 16, low & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::{super::fixture::Fixture, *};

    fn breaches(resource: Vec<u8>) -> Vec<String> {
        let file = Fixture { read_only: resource, ..Fixture::default() }.build();
        super::resource(&Image::parse(&file).expect("the fixture is an image"), "1.2.3.0").breaches
    }

    #[test]
    fn what_the_build_writes_is_read_back() {
        let resource = version_resource::file([1, 2, 3], "A driver");
        // An empty resource, then the version's header and its data.
        assert_eq!(resource[..8], [0, 0, 0, 0, 0x20, 0, 0, 0]);
        assert_eq!(resource[36..40], [0x20, 0, 0, 0]);
        assert_eq!(resource.len() % 4, 0);
        assert_eq!(breaches(resource[64..].to_vec()), Vec::<String>::new());
    }

    #[test]
    fn lengths_of_the_blocks_are_those_of_their_contents() {
        let resource = version_resource::file([1, 2, 3], "A driver");
        let data = &resource[64..];
        let word = |at: usize| usize::from(u16::from_le_bytes([data[at], data[at + 1]]));
        assert!(data.len() - word(0) < 4, "only padding follows the outermost block");
        // Length, value length, type, key: "VS_VERSION_INFO" is 32 bytes, so the value is at 40 and the
        // first child behind its 52 bytes; the second child ends the block.
        let first = 92;
        let second = first + word(first).next_multiple_of(4);
        assert_eq!(second + word(second), word(0));
    }

    #[test]
    fn another_version_is_a_breach() {
        let resource = version_resource::file([1, 2, 4], "A driver");
        assert_eq!(breaches(resource).len(), 2);
    }

    #[test]
    fn a_missing_resource_is_a_breach() {
        assert_eq!(breaches(Vec::new()), ["there is no version resource"]);
    }

    #[test]
    fn a_file_that_is_no_driver_is_a_breach() {
        let mut resource = version_resource::file([1, 2, 3], "A driver");
        // Past the empty resource, the header, and 40 bytes of the block: VFT_DRV is the tenth word.
        let kind = 32 + 32 + 40 + 9 * 4;
        assert_eq!(resource[kind], 3);
        resource[kind] = 1;
        assert_eq!(breaches(resource), ["it does not say that the file is a driver"]);
    }
}

//! Text in the image that should not be there.

use super::{Finding, image::Image};

/// What core's panic messages begin with or contain.
const PANIC_TEXT: [&str; 9] = [
    "panicked at",
    "index out of bounds",
    "out of range for slice",
    "attempt to ",
    "called `Option",
    "called `Result",
    "assertion ",
    "internal error: entered unreachable",
    "memory allocation of ",
];

/// No panic's message, and no source file's name: only panic locations have one.
pub fn panic_text(image: &Image) -> Finding {
    let mut breaches: Vec<String> = PANIC_TEXT
        .iter()
        .filter(|text| contains(image, text.as_bytes()))
        .map(|text| format!("the image has the text {text:?}"))
        .collect();
    breaches.extend(source_names(image).into_iter().map(|name| format!("the image names {name}")));
    Finding { subject: "panic text", found: breaches.len().to_string(), breaches }
}

/// No path of the machine that built it.
pub fn build_paths(image: &Image, machine: &[String]) -> Finding {
    let breaches: Vec<String> = machine
        .iter()
        .filter(|path| contains(image, path.as_bytes()))
        .map(|path| format!("the image has the path {path}"))
        .collect();
    Finding { subject: "build paths", found: breaches.len().to_string(), breaches }
}

fn contains(image: &Image, text: &[u8]) -> bool {
    image.bytes.windows(text.len()).any(|window| window == text)
}

/// Names that end in `.rs` after at least four characters of a path.
fn source_names(image: &Image) -> Vec<String> {
    let mut names = Vec::new();
    for (at, window) in image.bytes.windows(3).enumerate() {
        if window != b".rs" {
            continue;
        }
        let start = image.bytes[..at]
            .iter()
            .rposition(|byte| !(byte.is_ascii_alphanumeric() || b"_-/\\.".contains(byte)))
            .map_or(0, |before| before + 1);
        if at - start >= 4 {
            names.push(String::from_utf8_lossy(&image.bytes[start..at + 3]).into_owned());
        }
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::{super::fixture::Fixture, *};

    fn image_with(text: &str) -> Vec<u8> {
        Fixture { read_only: text.as_bytes().to_vec(), ..Fixture::default() }.build()
    }

    #[test]
    fn a_panic_message_is_a_breach() {
        let file = image_with("index out of bounds: the len is ");
        assert_eq!(panic_text(&Image::parse(&file).expect("an image")).breaches.len(), 1);
    }

    #[test]
    fn a_source_name_is_a_breach() {
        let file = image_with("\0usbclient/src/nt/pool.rs\0");
        assert_eq!(
            panic_text(&Image::parse(&file).expect("an image")).breaches,
            ["the image names usbclient/src/nt/pool.rs"]
        );
    }

    #[test]
    fn other_text_is_none() {
        let file = image_with("usbclient ab.rs Parameters");
        assert!(panic_text(&Image::parse(&file).expect("an image")).breaches.is_empty());
    }

    #[test]
    fn a_path_of_the_machine_is_a_breach() {
        let file = image_with("/home/someone/usbclient/target/usbclient.pdb");
        let image = Image::parse(&file).expect("an image");
        assert_eq!(build_paths(&image, &["/home/someone".into()]).breaches.len(), 1);
        assert!(build_paths(&image, &["/home/other".into()]).breaches.is_empty());
    }
}

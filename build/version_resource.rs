//! The version resource (`VS_VERSIONINFO`) as a compiled resource file, so that neither Windows nor Linux
//! needs a resource compiler. learn.microsoft.com, windows/win32/menurc/vs-versioninfo and
//! resource-file-formats.

/// `RT_VERSION`.
const VERSION_RESOURCE: u16 = 16;

/// `VS_VERSION_INFO`, the only name that a version resource may have.
const VERSION_RESOURCE_NAME: u16 = 1;

/// English (United States), and Unicode: the language and code page of the strings.
const LANGUAGE: u16 = 0x0409;
const CODE_PAGE: u16 = 0x04b0;

/// A resource file with one version resource. The version's fourth part is 0, as in the INF's `DriverVer`.
pub fn file(version: [u16; 3], description: &str) -> Vec<u8> {
    let mut file = Vec::new();
    // An empty resource marks the 32-bit format.
    append(&mut file, 0, 0, 0, &[]);
    append(&mut file, VERSION_RESOURCE, VERSION_RESOURCE_NAME, LANGUAGE, &version_info(version, description));
    file
}

/// `RESOURCEHEADER` and data.
fn append(file: &mut Vec<u8>, kind: u16, name: u16, language: u16, data: &[u8]) {
    const HEADER_SIZE: u32 = 32;
    let size = u32::try_from(data.len()).unwrap_or(0);
    file.extend(size.to_le_bytes());
    file.extend(HEADER_SIZE.to_le_bytes());
    // 0xffff says that a number follows, not a string.
    for number in [0xffff, kind, 0xffff, name] {
        file.extend(u16::to_le_bytes(number));
    }
    file.extend(0_u32.to_le_bytes());
    // MemoryFlags is obsolete.
    file.extend(0_u16.to_le_bytes());
    file.extend(language.to_le_bytes());
    file.extend([0; 8]);
    file.extend(data);
    align(file);
}

fn version_info(version: [u16; 3], description: &str) -> Vec<u8> {
    let [major, minor, patch] = version;
    let text = format!("{major}.{minor}.{patch}.0");
    let strings = [
        ("CompanyName", "usbclient"),
        ("FileDescription", description),
        ("FileVersion", &text),
        ("InternalName", "usbclient.sys"),
        ("OriginalFilename", "usbclient.sys"),
        ("ProductName", "usbclient"),
        ("ProductVersion", &text),
    ]
    .map(|(key, value)| string(key, value));
    let table = block(&format!("{LANGUAGE:04x}{CODE_PAGE:04x}"), &[], 0, true, &strings);
    let mut translation = LANGUAGE.to_le_bytes().to_vec();
    translation.extend(CODE_PAGE.to_le_bytes());
    let translation = block("Translation", &translation, 4, false, &[]);
    let children =
        [block("StringFileInfo", &[], 0, true, &[table]), block("VarFileInfo", &[], 0, true, &[translation])];
    block("VS_VERSION_INFO", &fixed(version), 52, false, &children)
}

/// `VS_FIXEDFILEINFO`.
fn fixed([major, minor, patch]: [u16; 3]) -> Vec<u8> {
    let high = (u32::from(major) << 16) | u32::from(minor);
    let low = u32::from(patch) << 16;
    [
        // Signature and structure version.
        0xfeef_04bd,
        0x0001_0000,
        // File version, product version.
        high,
        low,
        high,
        low,
        // The flags that are valid, and none of them.
        0x3f,
        0,
        // VOS_NT_WINDOWS32, VFT_DRV, VFT2_DRV_SYSTEM.
        0x0004_0004,
        3,
        7,
        // No date.
        0,
        0,
    ]
    .into_iter()
    .flat_map(u32::to_le_bytes)
    .collect()
}

/// A `String` structure. Its length counts characters, the last zero included.
fn string(key: &str, value: &str) -> Vec<u8> {
    let value = utf16(value);
    let length = u16::try_from(value.len() / 2).unwrap_or(0);
    block(key, &value, length, true, &[])
}

/// What all the structures have in common: lengths, type, key, value, children, each at a multiple of four.
fn block(key: &str, value: &[u8], value_length: u16, is_text: bool, children: &[Vec<u8>]) -> Vec<u8> {
    let mut block = vec![0; 2];
    block.extend(value_length.to_le_bytes());
    block.extend(u16::from(is_text).to_le_bytes());
    block.extend(utf16(key));
    align(&mut block);
    block.extend(value);
    for child in children {
        align(&mut block);
        block.extend(child);
    }
    let length = u16::try_from(block.len()).unwrap_or(0);
    block[..2].copy_from_slice(&length.to_le_bytes());
    block
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn align(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

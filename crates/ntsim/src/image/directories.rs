//! What the loader takes from the image's data directories: the function table, and the security cookie.

use object::{
    LittleEndian as LE,
    pe::{
        IMAGE_DIRECTORY_ENTRY_EXCEPTION, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG, ImageDataDirectory,
        ImageNtHeaders64,
    },
    read::pe::PeFile64,
};

use super::{LoadError, parse::malformed};
use crate::kernel::interruption::FunctionTable;

/// Bytes of an entry of the function table.
const ENTRY: u32 = 12;
/// `SecurityCookie` in `IMAGE_LOAD_CONFIG_DIRECTORY64`, and where the field ends.
const SECURITY_COOKIE: u64 = 0x58;
const SECURITY_COOKIE_END: u32 = 0x60;
/// What the linker leaves in the cookie. A driver that finds it there knows that nobody initialised it.
const DEFAULT_COOKIE: u64 = 0x0000_2B99_2DDF_A232;
/// What the loader writes: any value that does not look like the default, the upper 16 bits zero. Always the same,
/// because a life must be the same each time.
const COOKIE: u64 = 0x0000_6E74_7369_6D21;

fn directory(pe: &PeFile64<'_>, which: usize) -> Option<ImageDataDirectory> {
    pe.data_directories().get(which).copied().filter(|it| it.virtual_address.get(LE) != 0)
}

/// The image's functions.
pub(super) fn functions(pe: &PeFile64<'_>, image: &[u8]) -> Result<FunctionTable, LoadError> {
    let Some(table) = directory(pe, IMAGE_DIRECTORY_ENTRY_EXCEPTION) else {
        return Ok(FunctionTable::default());
    };
    let (rva, size) = (table.virtual_address.get(LE), table.size.get(LE));
    if u64::from(rva) + u64::from(size) > image.len() as u64 {
        return Err(malformed("its function table leaves the image"));
    }
    Ok(FunctionTable { rva, entries: size / ENTRY })
}

/// Initialises the security cookie, as the loader does for an image whose load configuration names one.
pub(super) fn initialise_cookie(
    pe: &PeFile64<'_>,
    image: &mut [u8],
    preferred_base: u64,
) -> Result<(), LoadError> {
    let _: &ImageNtHeaders64 = pe.nt_headers();
    let Some(configuration) = directory(pe, IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG) else { return Ok(()) };
    let at = u64::from(configuration.virtual_address.get(LE));
    let size =
        slot(image, at).and_then(|slot| slot.first_chunk::<4>().copied()).map_or(0, u32::from_le_bytes);
    if size < SECURITY_COOKIE_END {
        return Ok(());
    }
    let field = slot(image, at + SECURITY_COOKIE).map_or(0, |slot| u64::from_le_bytes(*slot));
    if field == 0 {
        return Ok(());
    }
    let cookie = field.checked_sub(preferred_base).and_then(|rva| slot(image, rva));
    let cookie = cookie.ok_or_else(|| malformed("its security cookie lies outside the image"))?;
    if u64::from_le_bytes(*cookie) == DEFAULT_COOKIE {
        *cookie = COOKIE.to_le_bytes();
    }
    Ok(())
}

/// Eight bytes of the image.
fn slot(image: &mut [u8], rva: u64) -> Option<&mut [u8; 8]> {
    let start = usize::try_from(rva).ok()?;
    image.get_mut(start..)?.first_chunk_mut()
}

//! The checksum field of a PE file, which the loader of drivers requires and lld leaves 0.

/// The offset of `CheckSum` in the optional header, for 32-bit and 64-bit images alike.
const IN_OPTIONAL_HEADER: usize = 64;

/// The offset of `e_lfanew` in the DOS header.
const E_LFANEW: usize = 0x3c;

/// The size of the PE signature and the file header, after which the optional header starts.
const BEFORE_OPTIONAL_HEADER: usize = 24;

/// The offset of the checksum field in this file, if it is a PE file.
pub fn offset(file: &[u8]) -> Option<usize> {
    let header = u32::from_le_bytes(file.get(E_LFANEW..E_LFANEW + 4)?.try_into().ok()?) as usize;
    if file.get(header..header.checked_add(4)?)? != b"PE\0\0" {
        return None;
    }
    let field = header.checked_add(BEFORE_OPTIONAL_HEADER + IN_OPTIONAL_HEADER)?;
    file.get(field..field.checked_add(4)?)?;
    Some(field)
}

/// The checksum that the header has.
pub fn stored(file: &[u8]) -> Option<u32> {
    let field = offset(file)?;
    Some(u32::from_le_bytes(file.get(field..field + 4)?.try_into().ok()?))
}

/// The checksum that the header should have: the sum of the file's 16-bit words with end-around carry,
/// the field itself taken as 0, plus the file's length (what `MapFileAndCheckSum` computes).
pub fn computed(file: &[u8]) -> Option<u32> {
    let field = offset(file)?;
    let mut sum: u32 = 0;
    for (index, word) in file.chunks(2).enumerate() {
        let at = index * 2;
        if at >= field && at < field + 4 {
            continue;
        }
        let word = u32::from(word[0]) | word.get(1).map_or(0, |high| u32::from(*high) << 8);
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    Some(sum + u32::try_from(file.len()).ok()?)
}

/// Stores the right checksum. False if this is not a PE file.
pub fn set(file: &mut [u8]) -> bool {
    let Some((field, sum)) = offset(file).zip(computed(file)) else { return false };
    file[field..field + 4].copy_from_slice(&sum.to_le_bytes());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Vec<u8> {
        let mut file = vec![0_u8; 0x200];
        file[E_LFANEW] = 0x80;
        file[0x80..0x84].copy_from_slice(b"PE\0\0");
        file[0x1ff] = 0x12;
        file
    }

    #[test]
    fn the_field_itself_does_not_count() {
        let mut file = image();
        let before = computed(&file);
        assert!(set(&mut file));
        assert_eq!(computed(&file), before);
        assert_eq!(stored(&file), before);
    }

    #[test]
    fn the_sum_is_of_words_and_the_length() {
        // "PE" is 0x4550; e_lfanew's low word 0x80; the last byte is the high half of a word.
        assert_eq!(computed(&image()), Some(0x4550 + 0x80 + 0x1200 + 0x200));
    }

    #[test]
    fn what_is_no_image_is_left_alone() {
        let mut file = vec![0_u8; 0x20];
        assert!(!set(&mut file));
        assert_eq!(file, vec![0_u8; 0x20]);
        let mut file = image();
        file[E_LFANEW + 3] = 0xff;
        assert!(!set(&mut file));
    }
}

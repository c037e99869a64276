//! Metadata as the crates of Microsoft write them, and what is wrong with others.

use nt_trace::{Arg, NtStatus};

use super::{event, traits};

/// `write_event!(.., "Hi", u32("A", ..), ntstatus("S", ..), str8_z("T", ..))`, without tags.
const METADATA: &[u8] = &[18, 0, 0, b'H', b'i', 0, b'A', 0, 8, b'S', 0, 0x94, 14, b'T', 0, 0x82, 35, 0];

fn metadata() -> Vec<u8> {
    // The size is that of what stands here, without the last byte that the array has for reading.
    let mut bytes = METADATA[..17].to_vec();
    bytes[0] = 17;
    bytes
}

fn data() -> Vec<u8> {
    let mut data = 7_u32.to_le_bytes().to_vec();
    data.extend(0xC000_0120_u32.to_le_bytes());
    data.extend(b"text\0");
    data
}

#[test]
fn fields_have_names_and_types() {
    let decoded = event(&metadata(), &data()).unwrap();
    assert_eq!((decoded.name.as_str(), decoded.flaw.as_str()), ("Hi", ""));
    let values: Vec<_> =
        decoded.fields.iter().map(|field| (field.name.as_ref(), field.value.clone())).collect();
    assert_eq!(
        values,
        [("A", Arg::Number(7)), ("S", Arg::Status(NtStatus::CANCELLED)), ("T", Arg::Text("text".into())),]
    );
}

#[test]
fn a_size_that_is_not_that_of_the_metadata_is_refused() {
    let mut bytes = metadata();
    bytes[0] += 1;
    assert!(event(&bytes, &data()).unwrap_err().contains("say that they have 18 bytes, and have 17"));
    assert!(traits(&[9, 0, b'n', 0]).is_err());
}

#[test]
fn data_that_are_too_few_or_too_many_are_a_flaw() {
    let mut more = data();
    more.push(1);
    assert_eq!(event(&metadata(), &more).unwrap().flaw, "1 bytes belong to no field");
    let fewer = event(&metadata(), &data()[..6]).unwrap();
    assert_eq!((fewer.fields.len(), fewer.flaw.as_str()), (1, "field S: it ends too early"));
}

#[test]
fn unknown_types_are_a_flaw() {
    let mut bytes = metadata();
    bytes[8] = 31;
    assert!(event(&bytes, &data()).unwrap().flaw.contains("no in-type 31"));
    let mut bytes = metadata();
    bytes[12] = 100;
    assert!(event(&bytes, &data()).unwrap().flaw.contains("no out-type 100"));
}

#[test]
fn whatever_is_given_does_no_harm() {
    let whole = metadata();
    for length in 0..whole.len() {
        let mut cut = whole[..length].to_vec();
        if let [size, ..] = cut.as_mut_slice() {
            *size = u8::try_from(length).unwrap();
        }
        let _ = event(&cut, &data());
        let _ = traits(&cut);
    }
}

#[test]
fn traits_may_follow_the_name() {
    assert_eq!(traits(&[4, 0, b'n', 0]).unwrap(), "n");
    assert_eq!(traits(&[7, 0, b'n', 0, 3, 0, 1]).unwrap(), "n");
    assert!(traits(&[3, 0, 0]).is_err());
    assert!(traits(&[6, 0, b'n', 0, 1, 0]).is_err());
}

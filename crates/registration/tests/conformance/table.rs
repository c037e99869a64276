//! `HandleTable` against a model: a map of what was given out, and to whom.
//!
//! The model is written from the page of `WPUCloseSocketHandle` (a value that is not in the table is refused, removing
//! leaves the resources to their owner) and from what the driver promises: bounded, per open file, never an endpoint
//! address.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use usbclient_registration::{Handle, HandleTable, Refusal, Slot};

/// What the handles of the tests stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Object {
    Interface(u32),
    Pipe(u32),
    Stream(u32),
}

impl Object {
    const fn new(number: u32) -> Self {
        match number % 3 {
            0 => Self::Interface(number),
            1 => Self::Pipe(number),
            _ => Self::Stream(number),
        }
    }

    const fn pipe(self) -> Option<u32> {
        if let Self::Pipe(number) = self { Some(number) } else { None }
    }
}

/// An endpoint address is a byte.
const _: () = assert!(Handle::MIN > 0xFF);

/// Which open file.
type Owner = u8;

type Table = HandleTable<Owner, Object, Vec<Slot<Owner, Object>>>;

fn table(capacity: usize) -> Table {
    HandleTable::new(std::iter::repeat_with(|| Slot::FREE).take(capacity).collect())
}

#[derive(Clone, Debug)]
enum Operation {
    Insert(Owner),
    /// Removes the handle that was given out so many insertions ago.
    Remove(Owner, usize),
    RemoveAll(Owner),
    /// Any number at all.
    Forge(Owner, u32),
    /// A number beside one that was given out.
    ForgeNear(Owner, usize, i32),
}

fn operation() -> impl Strategy<Value = Operation> {
    let owner = 0..4_u8;
    prop_oneof![
        6 => owner.clone().prop_map(Operation::Insert),
        4 => (owner.clone(), 0..12_usize).prop_map(|(owner, ago)| Operation::Remove(owner, ago)),
        1 => owner.clone().prop_map(Operation::RemoveAll),
        2 => (owner.clone(), any::<u32>()).prop_map(|(owner, value)| Operation::Forge(owner, value)),
        4 => (owner, 0..12_usize, prop_oneof![-2..=2_i32, Just(1 << 12), Just(-(1 << 12)), Just(1 << 31)])
            .prop_map(|(owner, ago, by)| Operation::ForgeNear(owner, ago, by)),
    ]
}

/// What the table must know.
#[derive(Default)]
struct Books {
    valid: HashMap<u32, (Owner, Object)>,
    given: Vec<u32>,
    made: u32,
}

impl Books {
    fn ago(&self, ago: usize) -> Option<u32> {
        self.given.iter().rev().nth(ago).copied()
    }

    fn expect(&self, owner: Owner, value: u32) -> Option<Object> {
        self.valid.get(&value).filter(|(other, _)| *other == owner).map(|(_, object)| *object)
    }
}

fn check(table: &Table, books: &Books, owner: Owner, value: u32) -> Result<(), TestCaseError> {
    let expected = books.expect(owner, value);
    prop_assert_eq!(table.get(owner, value).ok().copied(), expected);
    if expected.is_none() {
        let is_foreign = books.valid.contains_key(&value);
        prop_assert_eq!(table.get(owner, value) == Err(Refusal::Foreign), is_foreign);
    }
    Ok(())
}

fn apply(table: &mut Table, books: &mut Books, operation: &Operation) -> Result<(), TestCaseError> {
    match *operation {
        Operation::Insert(owner) => {
            let object = Object::new(books.made);
            books.made += 1;
            match table.insert(owner, object) {
                Ok(handle) => {
                    let value = handle.value();
                    prop_assert!(value >= Handle::MIN, "an endpoint address: {:#x}", value);
                    prop_assert!(!books.given.contains(&value), "given out twice: {:#x}", value);
                    books.given.push(value);
                    books.valid.insert(value, (owner, object));
                }
                Err(back) => {
                    prop_assert_eq!(back, object);
                    prop_assert_eq!(books.valid.len(), table.capacity(), "refused though there is room");
                }
            }
        }
        Operation::Remove(owner, ago) => {
            let Some(value) = books.ago(ago) else { return Ok(()) };
            let expected = books.expect(owner, value);
            prop_assert_eq!(table.remove(owner, value).ok(), expected);
            if expected.is_some() {
                books.valid.remove(&value);
            }
        }
        Operation::RemoveAll(owner) => {
            let mut released = Vec::new();
            let count = table.remove_all_of(owner, |object| released.push(object));
            prop_assert_eq!(count, released.len());
            let mine: HashSet<u32> = books
                .valid
                .iter()
                .filter(|(_, (other, _))| *other == owner)
                .map(|(value, _)| *value)
                .collect();
            prop_assert_eq!(count, mine.len());
            for value in mine {
                let (_, object) = books.valid.remove(&value).unwrap();
                prop_assert!(released.contains(&object));
                check(table, books, owner, value)?;
            }
        }
        Operation::Forge(owner, value) => check(table, books, owner, value)?,
        Operation::ForgeNear(owner, ago, by) => {
            let Some(value) = books.ago(ago) else { return Ok(()) };
            let forged = value.wrapping_add_signed(by);
            check(table, books, owner, forged)?;
            // Sending it to be removed changes nothing either, unless it is one's own.
            if books.expect(owner, forged).is_none() {
                prop_assert!(table.remove(owner, forged).is_err());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn behaves_as_the_model(capacity in 0..7_usize, operations in prop::collection::vec(operation(), 0..80)) {
        let mut table = table(capacity);
        let mut books = Books::default();
        for operation in &operations {
            apply(&mut table, &mut books, operation)?;
            prop_assert_eq!(table.count(), books.valid.len());
            prop_assert_eq!(table.entries().count(), books.valid.len());
            for value in &books.given {
                for owner in 0..4 {
                    check(&table, &books, owner, *value)?;
                }
            }
        }
    }

    #[test]
    fn no_number_is_a_handle_that_was_not_given_out(values in prop::collection::vec(any::<u32>(), 200)) {
        let mut table = table(16);
        let given: Vec<u32> = (0..16).map(|n| table.insert(1, Object::new(n)).unwrap().value()).collect();
        for value in values {
            prop_assert_eq!(table.get(1, value).is_ok(), given.contains(&value));
        }
    }
}

#[test]
fn every_number_around_a_valid_one_is_refused() {
    let mut table = table(5);
    let given: Vec<u32> = (0..5).map(|n| table.insert(1, Object::new(n)).unwrap().value()).collect();
    for value in (0..0x4000).chain(u32::MAX - 0x2000..=u32::MAX) {
        assert_eq!(table.get(1, value).is_ok(), given.contains(&value), "{value:#x}");
        assert!(table.get(2, value).is_err(), "{value:#x}");
    }
    for value in 0..=0xFF {
        assert_eq!(table.get(1, value), Err(Refusal::NoHandle), "an endpoint address");
    }
    for value in given {
        assert_eq!(table.get(2, value), Err(Refusal::Foreign));
    }
}

#[test]
fn a_handle_of_another_kind_is_refused() {
    let mut table = table(3);
    let interface = table.insert(1, Object::Interface(0)).unwrap().value();
    let pipe = table.insert(1, Object::Pipe(8)).unwrap().value();
    let stream = table.insert(1, Object::Stream(9)).unwrap().value();
    assert_eq!(table.find(1, pipe, |object| object.pipe()), Ok(8));
    assert_eq!(table.find(1, interface, |object| object.pipe()), Err(Refusal::WrongKind));
    assert_eq!(table.find(1, stream, |object| object.pipe()), Err(Refusal::WrongKind));
    assert_eq!(
        table.find(2, pipe, |object| object.pipe()),
        Err(Refusal::Foreign),
        "the owner is asked first"
    );
}

#[test]
fn a_full_table_gives_the_object_back_and_a_free_place_serves_again() {
    let mut table = table(2);
    let first = table.insert(1, Object::Pipe(1)).unwrap();
    table.insert(2, Object::Pipe(2)).unwrap();
    assert_eq!(table.insert(1, Object::Pipe(3)), Err(Object::Pipe(3)));
    assert_eq!((table.count(), table.capacity()), (2, 2));
    assert_eq!(table.remove(1, first.value()), Ok(Object::Pipe(1)));
    assert_eq!(table.remove(1, first.value()), Err(Refusal::NotValid), "twice");
    let again = table.insert(1, Object::Pipe(4)).unwrap();
    assert_ne!(again, first, "the same place, another handle");
}

#[test]
fn what_is_removed_by_a_condition_is_handed_over_with_its_owner() {
    let mut table = table(6);
    for (owner, number) in (0..6).map(|number| (u8::from(number > 2), number)) {
        table.insert(owner, Object::new(number)).unwrap();
    }
    let mut released = Vec::new();
    let count = table.remove_where(
        |_owner, object| object.pipe().is_some(),
        |owner, object| released.push((owner, object)),
    );
    assert_eq!(count, 2);
    assert_eq!(released, [(0, Object::Pipe(1)), (1, Object::Pipe(4))]);
    assert_eq!(table.count(), 4);
}

/// `Handle::REUSE_DISTANCE`: how long a stale value stays stale. Afterwards it may name another entry, and the owner is
/// the last that stands between.
#[test]
fn a_value_comes_again_only_after_the_reuse_distance() {
    let mut table = table(1);
    let first = table.insert(1, Object::Pipe(0)).unwrap().value();
    table.remove(1, first).unwrap();
    for use_number in 1..Handle::REUSE_DISTANCE {
        let value = table.insert(2, Object::Pipe(use_number)).unwrap().value();
        assert!(value >= Handle::MIN);
        assert_ne!(value, first, "use {use_number}");
        table.remove(2, value).unwrap();
    }
    assert_eq!(table.get(1, first), Err(Refusal::NotValid));
    let again = table.insert(2, Object::Pipe(9)).unwrap().value();
    assert_eq!(again, first);
    assert_eq!(table.get(1, first), Err(Refusal::Foreign), "to whom it belonged it is stale still");
}

/// The free places are used in turn: with more than one of them a value comes again later still.
#[test]
fn the_place_that_was_freed_last_is_used_last() {
    let mut table = table(4);
    let first = table.insert(1, Object::Pipe(0)).unwrap();
    table.remove(1, first.value()).unwrap();
    let places: Vec<u32> =
        (0..4).map(|n| table.insert(1, Object::Pipe(n)).unwrap().value() & 0xFFF).collect();
    assert_eq!(places, [1, 2, 3, 0]);
}

#[test]
fn a_table_gets_its_room_once() {
    let mut table: Table = HandleTable::without_room(Vec::new());
    assert_eq!(table.insert(1, Object::Pipe(1)), Err(Object::Pipe(1)));
    assert_eq!(table.get(1, Handle::MIN), Err(Refusal::NoHandle));
    assert!(table.furnish(vec![Slot::FREE, Slot::FREE]).is_ok());
    let handle = table.insert(1, Object::Pipe(1)).unwrap();
    assert_eq!(table.furnish(vec![Slot::FREE]).map_err(|back| back.len()), Err(1));
    assert_eq!(table.get(1, handle.value()), Ok(&Object::Pipe(1)));
}

#[test]
fn memory_beyond_what_a_handle_can_name_stays_unused() {
    let mut table = table(Table::MAX_CAPACITY + 3);
    assert_eq!(table.capacity(), Table::MAX_CAPACITY);
    for number in 0..4096 {
        assert!(table.insert(1, Object::new(number)).is_ok());
    }
    assert!(table.insert(1, Object::new(0)).is_err());
    assert_eq!(table.remove_all_of(1, drop), 4096);
}

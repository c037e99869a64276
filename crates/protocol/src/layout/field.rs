//! What a structure of the interface is made of, and the macro that makes one.

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One byte.
    U8,
    /// A little-endian 16-bit number.
    U16,
    /// A little-endian 32-bit number.
    U32,
    /// A little-endian 64-bit number.
    U64,
    /// So many bytes.
    Bytes(usize),
    /// A structure of this name.
    Structure(&'static str),
}

/// One field of a structure.
#[derive(Clone, Copy, Debug)]
pub struct FieldDescription {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: FieldKind,
    /// Bytes from the start of the structure.
    pub offset: usize,
    /// What it means, one line after another.
    pub about: &'static [&'static str],
}

/// One structure of the interface.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// Bytes.
    pub size: usize,
    /// Its fields, in order, without gaps.
    pub fields: &'static [FieldDescription],
    /// What it is for, one line after another.
    pub about: &'static [&'static str],
}

/// One number with a name.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub value: u64,
    /// What it means, one line after another.
    pub about: &'static [&'static str],
}

/// The values, or the bits, of a field.
#[derive(Clone, Copy, Debug)]
pub struct ConstantGroup {
    /// The name of the module that has them.
    pub name: &'static str,
    /// The numbers.
    pub constants: &'static [Constant],
    /// What they are for, one line after another.
    pub about: &'static [&'static str],
}

/// What a field's type can do.
pub trait Field: Sized {
    const KIND: FieldKind;

    /// Writes the value to the start of `room`, as far as it goes.
    fn put(self, room: &mut [u8]);

    /// Reads the value from the start of `bytes`; `None` if there are too few.
    fn get(bytes: &[u8]) -> Option<Self>;
}

fn copy(room: &mut [u8], bytes: &[u8]) {
    for (to, from) in room.iter_mut().zip(bytes) {
        *to = *from;
    }
}

macro_rules! number {
    ($type:ty, $kind:ident) => {
        impl Field for $type {
            const KIND: FieldKind = FieldKind::$kind;

            fn put(self, room: &mut [u8]) {
                copy(room, &self.to_le_bytes());
            }

            fn get(bytes: &[u8]) -> Option<Self> {
                bytes.first_chunk().copied().map(Self::from_le_bytes)
            }
        }
    };
}

number!(u8, U8);
number!(u16, U16);
number!(u32, U32);
number!(u64, U64);

impl<const N: usize> Field for [u8; N] {
    const KIND: FieldKind = FieldKind::Bytes(N);

    fn put(self, room: &mut [u8]) {
        copy(room, &self);
    }

    fn get(bytes: &[u8]) -> Option<Self> {
        bytes.first_chunk().copied()
    }
}

/// Declares a structure of the interface: its fields, and how it is sent and read. A size that is not the sum of the
/// fields does not compile.
macro_rules! layout {
    (
        $(#[doc = $about:literal])*
        $name:ident: $size:literal {
            $($(#[doc = $field_about:literal])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[doc = $about])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name {
            $($(#[doc = $field_about])* pub $field: $type,)*
        }

        const _: () = {
            assert!(size_of::<$name>() == $size);
            // No padding: nothing that is sent was not written.
            assert!(0 $(+ size_of::<$type>())* == $size);
        };

        impl $name {
            /// Size in bytes.
            pub const SIZE: usize = $size;

            /// What it is made of.
            pub const LAYOUT: crate::Layout = crate::Layout {
                name: stringify!($name),
                size: $size,
                fields: &[$(crate::FieldDescription {
                    name: stringify!($field),
                    kind: <$type as crate::layout::field::Field>::KIND,
                    offset: core::mem::offset_of!(Self, $field),
                    about: &[$($field_about),*],
                },)*],
                about: &[$($about),*],
            };

            /// The bytes as they are sent.
            #[must_use]
            pub fn encode(self) -> [u8; $size] {
                let mut bytes = [0; $size];
                $(if let Some(room) = bytes.get_mut(core::mem::offset_of!(Self, $field)..) {
                    crate::layout::field::Field::put(self.$field, room);
                })*
                bytes
            }

            /// Reads it from the start of `bytes`; `None` if there are too few.
            #[must_use]
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                Some(Self {
                    $($field: crate::layout::field::Field::get(bytes.get(core::mem::offset_of!(Self, $field)..)?)?,)*
                })
            }
        }

        impl crate::layout::field::Field for $name {
            const KIND: crate::FieldKind = crate::FieldKind::Structure(stringify!($name));

            fn put(self, room: &mut [u8]) {
                crate::layout::field::Field::put(self.encode(), room);
            }

            fn get(bytes: &[u8]) -> Option<Self> {
                Self::decode(bytes)
            }
        }
    };
}

/// Declares the values or bits of a field, as a module of constants and a table of them.
macro_rules! constants {
    (
        $(#[doc = $about:literal])*
        $group:ident: $type:ident {
            $($(#[doc = $one_about:literal])* $name:ident = $value:literal,)*
        }
    ) => {
        $(#[doc = $about])*
        pub mod $group {
            $($(#[doc = $one_about])* pub const $name: $type = $value;)*

            /// All of them.
            pub const GROUP: crate::ConstantGroup = crate::ConstantGroup {
                name: stringify!($group),
                constants: &[$(crate::Constant {
                    name: stringify!($name),
                    value: $value,
                    about: &[$($one_about),*],
                },)*],
                about: &[$($about),*],
            };
        }
    };
}

pub(super) use constants;
pub(super) use layout;

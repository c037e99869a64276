//! The macro that makes payload structures.

/// Defines payload structures: public fields, a default, and the objects they name.
macro_rules! payloads {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
            #[serde(default)]
            pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

            impl crate::event::mention::Mention for $name {
                fn mention(&self, visit: &mut dyn FnMut(crate::object::ObjectId)) {
                    let _ = &visit;
                    $(self.$field.mention(visit);)*
                }
            }
        )*
    };
}

pub(super) use payloads;

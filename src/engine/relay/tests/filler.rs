//! Makes a value of any type that can be read, and notes what it is made of: each struct with its fields in their order,
//! each enum with its variants, each field with its kind. So a type need not be named to be looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::value::Error;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

/// Of types within types no more than this: none is so deep, but one that holds itself.
const DEEPEST: usize = 60;

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Types and places by name: what they are.
    pub(super) what: BTreeMap<String, BTreeSet<String>>,
    /// Each enum, with what it holds: its variants, and how often it was met. Each time it is the next one.
    enums: BTreeMap<&'static str, (&'static [&'static str], usize)>,
}

impl Seen {
    /// A value of this type; another each time, until each variant of each enum in it was met.
    pub(super) fn fill<T: DeserializeOwned>(&mut self) -> T {
        let filler = Filler { seen: self, place: "a message".into(), kind: String::new(), depth: 0 };
        T::deserialize(filler).unwrap()
    }

    /// Variants that were not met yet.
    pub(super) fn missing(&self) -> Vec<String> {
        let rest = self.enums.iter().flat_map(|(name, (all, met))| {
            all.iter().skip(*met).map(move |variant| format!("{name}::{variant}"))
        });
        rest.collect()
    }

    fn note(&mut self, place: &str, kind: String) {
        self.what.entry(place.to_owned()).or_default().insert(kind);
    }
}

struct Filler<'s> {
    seen: &'s mut Seen,
    /// Where the value goes: `Vm.name`.
    place: String,
    /// What is around it there: `option list `.
    kind: String,
    depth: usize,
}

impl Filler<'_> {
    fn within(self, kind: &str) -> Self {
        Self { kind: format!("{}{kind} ", self.kind), depth: self.depth + 1, ..self }
    }

    /// A number that depends on the place, not on the order.
    fn number(&self) -> u8 {
        let mut hash = 0x811c_9dc5_u32;
        for byte in self.place.bytes() {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
        (hash % 113) as u8
    }

    fn is(self, kind: &str) -> u8 {
        let number = self.number();
        let kind = format!("{}{kind}", self.kind);
        self.seen.note(&self.place, kind);
        number
    }

    fn fields<'de, V: Visitor<'de>>(
        self,
        name: &str,
        fields: &[&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.seen.note(name, format!("{{ {} }}", fields.join(", ")));
        let places = fields.iter().map(|field| format!("{name}.{field}")).collect();
        visitor.visit_seq(Each { seen: self.seen, places, kind: String::new(), depth: self.depth, next: 0 })
    }

    fn places<'de, V: Visitor<'de>>(
        self,
        kind: String,
        places: Vec<String>,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Each { seen: self.seen, places, kind, depth: self.depth, next: 0 })
    }
}

/// Values for these places, one after the other.
struct Each<'s> {
    seen: &'s mut Seen,
    places: Vec<String>,
    kind: String,
    depth: usize,
    next: usize,
}

impl<'de> SeqAccess<'de> for Each<'_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some(place) = self.places.get(self.next).cloned() else { return Ok(None) };
        self.next += 1;
        let filler = Filler { seen: &mut *self.seen, place, kind: self.kind.clone(), depth: self.depth + 1 };
        seed.deserialize(filler).map(Some)
    }
}

impl<'de> MapAccess<'de> for Each<'_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.next_element_seed(seed)?.ok_or_else(|| serde::de::Error::custom("no value"))
    }
}

/// A variant of an enum.
struct Variant<'s> {
    seen: &'s mut Seen,
    index: u32,
    name: String,
    depth: usize,
}

impl<'de, 's> EnumAccess<'de> for Variant<'s> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Variant<'s>), Error> {
        Ok((seed.deserialize(IntoDeserializer::<Error>::into_deserializer(self.index))?, self))
    }
}

impl<'s> Variant<'s> {
    fn filler(self) -> Filler<'s> {
        Filler { seen: self.seen, place: self.name, kind: String::new(), depth: self.depth + 1 }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.filler())
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.filler().deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let name = self.name.clone();
        self.filler().fields(&name, fields, visitor)
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit($kind::from(self.is(stringify!($kind))))
        }
    )*};
}

impl<'de> Deserializer<'de> for Filler<'_> {
    type Error = Error;

    numbers! {
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
        deserialize_f32 visit_f32 f32
        deserialize_f64 visit_f64 f64
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u8(self.is("u8"))
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i8(self.is("i8").cast_signed())
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.is("bool").is_multiple_of(2))
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_char(char::from(self.is("char")))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.is("text").to_string())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        // As many as a UUID has.
        visitor.visit_byte_buf(vec![self.is("bytes"); 16])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.depth > DEEPEST { visitor.visit_none() } else { visitor.visit_some(self.within("option")) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.is("nothing");
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.is(name);
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self.within(name))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let places = if self.depth > DEEPEST { vec![] } else { vec![self.place.clone()] };
        let kind = format!("{}list ", self.kind);
        self.places(kind, places, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        let places = (0..len).map(|i| format!("{}.{i}", self.place)).collect();
        let kind = self.kind.clone();
        self.places(kind, places, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.within(name).deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let places = ["key", "value"].map(|part| format!("{}.{part}", self.place)).into();
        visitor.visit_map(Each { seen: self.seen, places, kind: self.kind, depth: self.depth, next: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let kind = format!("{}{name}", self.kind);
        self.seen.note(&self.place, kind);
        self.fields(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let kind = format!("{}{name}", self.kind);
        self.seen.note(&self.place, kind);
        self.seen.note(name, variants.join(" | "));
        let (_, met) = self.seen.enums.entry(std::any::type_name::<V::Value>()).or_insert((variants, 0));
        let index = *met % variants.len();
        *met += 1;
        let name = format!("{name}::{}", variants[index]);
        visitor.visit_enum(Variant { seen: self.seen, index: index as u32, name, depth: self.depth })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("the wire does not tell what comes"))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_any(visitor)
    }
}

//! The parameter table, one file per topic. A row gives a field of the topic's struct, its type, default, names, kind
//! and marks; the struct, its `Default` and the rows all follow from it.
//!
//! ```text
//! /// What it means.
//! field: Type = default, "name" / "alias", Kind, [MARK | MARK], ignored "why";
//! ```

/// Declares a topic: its struct of plain fields, their defaults and its rows of the parameter table.
macro_rules! topic {
    (
        $(#[doc = $outer:literal])+
        pub struct $Topic:ident in $slot:ident {
            $(
                $(#[doc = $doc:literal])+
                $field:ident : $Type:ty = $default:expr, $name:literal $(/ $alias:literal)?, $kind:expr
                    $(, [$($mark:ident)|+])? $(, ignored $why:literal)?;
            )*
        }
    ) => {
        $(#[doc = $outer])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Topic { $( $(#[doc = $doc])+ pub $field: $Type ),* }

        impl Default for $Topic {
            fn default() -> Self {
                Self { $( $field: $default ),* }
            }
        }

        impl $Topic {
            pub(in $crate::config) const ROWS: &'static [$crate::config::parameter::Parameter] = &[$(
                $crate::config::parameter::Parameter {
                    name: $name,
                    alias: topic!(@alias $($alias)?),
                    about: concat!($($doc),+),
                    kind: $kind,
                    marks: topic!(@marks $($($mark)+)?),
                    effect: topic!(@effect $($why)?),
                    show: |settings| $crate::config::value::Value::show(&settings.$slot.$field),
                    assign: |settings, words, kind| {
                        $crate::config::value::Value::assign(&mut settings.$slot.$field, words, kind)
                    },
                    lines: |settings, default, kind| {
                        $crate::config::value::Value::lines(&settings.$slot.$field, &default.$slot.$field, kind)
                    },
                    same: |one, other| one.$slot.$field == other.$slot.$field,
                }
            ),*];
        }
    };
    (@alias) => { None };
    (@alias $alias:literal) => { Some($alias) };
    (@marks $($mark:ident)*) => {
        $crate::config::parameter::Marks::NONE $(.and($crate::config::parameter::Marks::$mark))*
    };
    (@effect) => { $crate::config::parameter::Effect::Acts };
    (@effect $why:literal) => { $crate::config::parameter::Effect::Ignored($why) };
}

pub mod advanced;
pub mod append_only;
pub mod cluster;
pub mod defrag;
pub mod events;
pub mod general;
pub mod lazy_free;
pub mod memory;
pub mod network;
pub mod replication;
pub mod scripting;
pub mod security;
pub mod slow_log;
pub mod snapshot;
pub mod testing;
pub mod threads;
pub mod tls;

use super::value::Kind;

/// A whole number from 0 to the greatest 32-bit signed one.
const NATURAL: Kind = Kind::Integer(0, i32::MAX as i128);
/// A whole number from 1 to the greatest 32-bit signed one.
const POSITIVE: Kind = Kind::Integer(1, i32::MAX as i128);
/// A whole number from 0 to the greatest 64-bit signed one.
const WIDE_NATURAL: Kind = Kind::Integer(0, i64::MAX as i128);
/// Any size that fits 63 bits.
const SIZE: Kind = Kind::Memory(0, i64::MAX as i128);
/// A TCP port, 0 standing for none.
const PORT: Kind = Kind::Integer(0, 65535);

//! Strings: one string.

use super::{Fault, Reader, Value};
use engine::value::NewValue;
use engine::value::string::StringValue;

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Value, Fault> {
    let bytes = reader.string()?;
    let string = match NewValue::from_bytes(&bytes) {
        NewValue::Int(number) => StringValue::Int(number),
        NewValue::Embedded(bytes) => StringValue::Embedded(bytes.into()),
        _ => StringValue::Raw(bytes.into_owned()),
    };
    Ok(Value::String(string))
}

//! Passing over values: how long they are, without decoding them. Layouts are drawn in [`super::values`].

use super::fault::{Fault, FaultKind};
use super::format::ValueType;
use super::reader::Reader;

/// Passes over a value. What it holds may still be broken.
pub fn skip(layout: ValueType, reader: &mut Reader<'_>) -> Result<(), Fault> {
    match layout {
        ValueType::String
        | ValueType::HashZipmap
        | ValueType::ListZiplist
        | ValueType::SetIntset
        | ValueType::SetListpack
        | ValueType::SortedSetZiplist
        | ValueType::SortedSetListpack
        | ValueType::HashZiplist
        | ValueType::HashListpack
        | ValueType::HashListpackExPreGa => reader.skip_string(),
        ValueType::HashListpackEx => {
            reader.millis()?;
            reader.skip_string()
        }
        ValueType::List | ValueType::Set | ValueType::ListQuicklist => {
            each(reader, |reader| reader.skip_string())
        }
        ValueType::ListQuicklist2 => each(reader, |reader| {
            reader.number()?;
            reader.skip_string()
        }),
        ValueType::Hash => each(reader, pair),
        ValueType::HashMetadata => {
            reader.millis()?;
            each(reader, timed_pair)
        }
        ValueType::HashMetadataPreGa => each(reader, timed_pair),
        ValueType::SortedSet => each(reader, |reader| {
            reader.skip_string()?;
            match reader.byte()? {
                253..=255 => Ok(()),
                length => reader.bytes(length.into()).map(drop),
            }
        }),
        ValueType::SortedSet2 => each(reader, |reader| {
            reader.skip_string()?;
            reader.bytes(8).map(drop)
        }),
        ValueType::StreamListpacks | ValueType::StreamListpacks2 | ValueType::StreamListpacks3 => {
            stream(layout, reader)
        }
    }
}

/// A number, and so many of something.
fn each(
    reader: &mut Reader<'_>,
    mut one: impl FnMut(&mut Reader<'_>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    for _ in 0..reader.number()? {
        one(reader)?;
    }
    Ok(())
}

fn pair(reader: &mut Reader<'_>) -> Result<(), Fault> {
    reader.skip_string()?;
    reader.skip_string()
}

fn timed_pair(reader: &mut Reader<'_>) -> Result<(), Fault> {
    reader.number()?;
    pair(reader)
}

fn numbers(count: usize, reader: &mut Reader<'_>) -> Result<(), Fault> {
    (0..count).try_for_each(|_| reader.number().map(drop))
}

fn stream(layout: ValueType, reader: &mut Reader<'_>) -> Result<(), Fault> {
    let has_counters = layout != ValueType::StreamListpacks;
    let consumer_times = match layout {
        ValueType::StreamListpacks3 => 16,
        _ => 8,
    };
    each(reader, pair)?;
    numbers(if has_counters { 8 } else { 3 }, reader)?;
    each(reader, |reader| {
        reader.skip_string()?;
        numbers(if has_counters { 3 } else { 2 }, reader)?;
        each(reader, |reader| {
            reader.bytes(16 + 8)?;
            numbers(1, reader)
        })?;
        each(reader, |reader| {
            reader.skip_string()?;
            reader.bytes(consumer_times)?;
            each(reader, |reader| reader.bytes(16).map(drop))
        })
    })
}

/// Passes over what a module wrote behind its name: numbers and strings, each behind its kind, up to the end.
pub fn skip_module(reader: &mut Reader<'_>) -> Result<(), Fault> {
    loop {
        let fault = reader.fault(FaultKind::Module);
        match reader.number()? {
            0 => return Ok(()),
            1 | 2 => drop(reader.number()?),
            3 => drop(reader.bytes(4)?),
            4 => drop(reader.bytes(8)?),
            5 => reader.skip_string()?,
            _ => return Err(fault),
        }
    }
}

//! What DUMP hands out and RESTORE takes: one value with a version and a checksum behind it, see [`super::format`].

use super::crc64::crc64;
use super::fault::{Fault, FaultKind};
use super::format::{ValueType, Version};
use super::reader::Reader;
use super::values::{self, Maker};
use super::writer::Writer;
use engine::value::{Value, ValueRef};

/// Bytes behind the value.
const FOOTER: usize = 10;

/// The payload of a value, in `version` or in the first later one that can hold it.
pub fn dump(value: ValueRef<'_>, version: Version, compresses: bool) -> Vec<u8> {
    let version = values::version_for(value, version);
    let layout = values::layout(value, version);
    let mut payload = vec![layout.code()];
    values::write(value, &mut Writer::new(&mut payload, version, compresses));
    payload.extend_from_slice(&version.0.to_le_bytes());
    payload.extend_from_slice(&crc64(0, &payload).to_le_bytes());
    payload
}

/// What is looked at behind a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Version and checksum.
    Whole,
    /// The version alone.
    Version,
}

/// The bytes of type and value, if what stands behind them is right.
pub fn verify(payload: &[u8], check: Check) -> Result<&[u8], Fault> {
    let fault = |offset| Fault {
        kind: FaultKind::Payload,
        offset,
    };
    let end = payload.len().checked_sub(FOOTER).ok_or(fault(0))?;
    let (summed, checksum) = payload.split_at(payload.len() - 8);
    let (value, version) = summed.split_at(end);
    let is_known = Version(u16::from_le_bytes([version[0], version[1]])) <= Version::NEWEST;
    let is_whole = check == Check::Version || crc64(0, summed).to_le_bytes() == *checksum;
    if is_known && is_whole {
        Ok(value)
    } else {
        Err(fault(end))
    }
}

/// The value whose type and bytes these are. What stands behind it is left alone, as Redis does.
pub fn read(value: &[u8], maker: &mut Maker<'_>) -> Result<Value, Fault> {
    let mut reader = Reader::new(value);
    let fault = |code| Fault {
        kind: FaultKind::ValueType(code),
        offset: 0,
    };
    let code = reader.byte()?;
    let layout = ValueType::from_code(code).ok_or(fault(code))?;
    values::read(layout, &mut reader, maker)
}

#[cfg(test)]
mod tests;

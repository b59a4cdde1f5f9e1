//! What FUNCTION DUMP hands out and FUNCTION RESTORE takes: the sources of libraries, with a version and a checksum behind them.

use super::crc64::crc64;
use super::fault::Fault;
use super::format::{Version, opcode};
use super::payload::{Check, verify};
use super::reader::Reader;
use super::writer::Writer;

/// The payload of libraries with these sources.
pub fn dump<'s>(sources: impl Iterator<Item = &'s [u8]>, version: Version) -> Vec<u8> {
    let mut payload = Vec::new();
    let mut writer = Writer::new(&mut payload, version, true);
    for source in sources {
        writer.raw(&[opcode::FUNCTION]);
        writer.string(source);
    }
    payload.extend_from_slice(&version.0.to_le_bytes());
    payload.extend_from_slice(&crc64(0, &payload).to_le_bytes());
    payload
}

/// The sources in a payload; None for one that holds something else. Errors: version or checksum are wrong, or it is cut off.
pub fn read(payload: &[u8]) -> Result<Option<Vec<Vec<u8>>>, Fault> {
    let mut reader = Reader::new(verify(payload, Check::Whole)?);
    let mut sources = Vec::new();
    while reader.left() > 0 {
        if reader.byte()? != opcode::FUNCTION {
            return Ok(None);
        }
        sources.push(reader.string()?.into_owned());
    }
    Ok(Some(sources))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_dumped_is_read() {
        let sources: [&[u8]; 2] = [b"#!lua name=a\n", b"#!lua name=b\n"];
        let mut payload = dump(sources.into_iter(), Version(10));
        assert_eq!(read(&payload).unwrap().unwrap(), sources);
        payload[1] ^= 1;
        assert!(read(&payload).is_err());
    }
}

//! Strings in their three encodings. An integer has no bytes of its own: its decimal text is made when asked for.

/// A string that belongs to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringValue {
    /// Encoding "int".
    Int(i64),
    /// Encoding "embstr".
    Embedded(Box<[u8]>),
    /// Encoding "raw".
    Raw(Vec<u8>),
}

/// A string inside the keyspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringRef<'a> {
    /// Encoding "int".
    Int(i64),
    /// Encoding "embstr".
    Embedded(&'a [u8]),
    /// Encoding "raw".
    Raw(&'a [u8]),
}

/// Room for the decimal text of an integer.
pub struct IntBuffer(itoa::Buffer);

impl IntBuffer {
    /// An empty buffer; costs nothing.
    #[inline]
    pub fn new() -> IntBuffer {
        IntBuffer(itoa::Buffer::new())
    }

    /// The decimal text of `number`.
    #[inline]
    pub fn format(&mut self, number: i64) -> &[u8] {
        self.0.format(number).as_bytes()
    }
}

impl Default for IntBuffer {
    fn default() -> IntBuffer {
        IntBuffer::new()
    }
}

impl<'a> StringRef<'a> {
    /// Length in bytes, of the text for integers.
    #[inline]
    pub fn len(&self) -> usize {
        match *self {
            StringRef::Int(number) => int_len(number),
            StringRef::Embedded(bytes) | StringRef::Raw(bytes) => bytes.len(),
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes; the buffer is used for the text of an integer.
    #[inline]
    pub fn bytes<'b>(&self, buffer: &'b mut IntBuffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match *self {
            StringRef::Int(number) => buffer.0.format(number).as_bytes(),
            StringRef::Embedded(bytes) | StringRef::Raw(bytes) => bytes,
        }
    }

    /// Hands the bytes to `read`.
    #[inline]
    pub fn with_bytes<R>(&self, read: impl FnOnce(&[u8]) -> R) -> R {
        read(self.bytes(&mut IntBuffer::new()))
    }

    /// A copy of the bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.with_bytes(<[u8]>::to_vec)
    }

    /// What OBJECT ENCODING says.
    pub fn encoding(&self) -> &'static str {
        match self {
            StringRef::Int(_) => "int",
            StringRef::Embedded(_) => "embstr",
            StringRef::Raw(_) => "raw",
        }
    }

    /// The number this string is, by the rule of [`parse_int`].
    #[inline]
    pub fn as_int(&self) -> Option<i64> {
        match *self {
            StringRef::Int(number) => Some(number),
            StringRef::Embedded(bytes) | StringRef::Raw(bytes) => parse_int(bytes),
        }
    }

    /// A copy of the same encoding.
    pub fn to_owned(&self) -> StringValue {
        match *self {
            StringRef::Int(number) => StringValue::Int(number),
            StringRef::Embedded(bytes) => StringValue::Embedded(bytes.into()),
            StringRef::Raw(bytes) => StringValue::Raw(bytes.to_vec()),
        }
    }
}

impl StringValue {
    /// A borrowed view with the same encoding.
    pub fn as_ref(&self) -> StringRef<'_> {
        match self {
            StringValue::Int(number) => StringRef::Int(*number),
            StringValue::Embedded(bytes) => StringRef::Embedded(bytes),
            StringValue::Raw(bytes) => StringRef::Raw(bytes),
        }
    }
}

/// Reads an integer by Redis's strict rule: the one text that the number prints as. No blanks, no `+`, no leading
/// zeros, no `-0`, at most 20 characters, and within `i64`.
#[inline]
pub fn parse_int(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'0'] => return Some(0),
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 19 || !matches!(digits.first(), Some(b'1'..=b'9')) {
        return None;
    }
    // Nineteen digits are below 10^19, which u64 holds.
    let mut magnitude = 0u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        magnitude = magnitude * 10 + u64::from(digit);
    }
    if negative {
        0i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

/// Length of the decimal text of an integer.
pub(crate) fn int_len(number: i64) -> usize {
    let digits = number.unsigned_abs().checked_ilog10().unwrap_or(0) as usize + 1;
    digits + usize::from(number < 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_canonical_text_is_an_integer() {
        for text in [
            "",
            "-",
            "-0",
            "00",
            "01",
            "-01",
            "+1",
            " 1",
            "1 ",
            "1.0",
            "9223372036854775808",
            "-9223372036854775809",
            "99999999999999999999",
            "1a",
        ] {
            assert_eq!(parse_int(text.as_bytes()), None, "{text}");
        }
        for number in [0, 1, -1, 10, i64::MAX, i64::MIN] {
            assert_eq!(parse_int(number.to_string().as_bytes()), Some(number));
        }
    }

    proptest! {
        #[test]
        fn lengths_are_those_of_the_text(number in any::<i64>(), shift in 0..64u32) {
            let number = number >> shift;
            let string = StringRef::Int(number);
            prop_assert_eq!(string.to_vec(), number.to_string().into_bytes());
            prop_assert_eq!(string.len(), string.to_vec().len());
        }

        #[test]
        fn any_text_parses_as_its_round_trip(text in "-?[0-9]{0,20}") {
            let expected = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
            prop_assert_eq!(parse_int(text.as_bytes()), expected);
        }
    }
}

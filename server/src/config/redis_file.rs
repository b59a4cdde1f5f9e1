//! The form of `redis.conf`: one directive a line, `#` starts a comment line, words are split and quoted as in
//! [`words`](super::words).

use super::directive::{Directive, Fatal, Origin, Place};
use super::words;

/// The directives of a text, in order; a line that cannot be split yields its error.
pub fn directives(text: &[u8], origin: Origin) -> impl Iterator<Item = Result<Directive, Fatal>> {
    text.split(|byte| *byte == b'\n')
        .enumerate()
        .filter_map(move |(index, line)| {
            directive(line.trim_ascii(), index + 1, &origin).transpose()
        })
}

fn directive(line: &[u8], number: usize, origin: &Origin) -> Result<Option<Directive>, Fatal> {
    if line.is_empty() || line.starts_with(b"#") {
        return Ok(None);
    }
    let place = || Place {
        origin: origin.clone(),
        line: number,
        text: line.to_vec(),
    };
    let mut split = words::split(line)
        .map_err(|_| Fatal::At(place(), "Unbalanced quotes in configuration line".into()))?
        .into_iter();
    let Some(mut name) = split.next() else {
        return Ok(None);
    };
    name.make_ascii_lowercase();
    Ok(Some(Directive {
        name,
        words: split.collect(),
        place: place(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_count_but_say_nothing() {
        let text = b"# comment\r\n\n  PORT 7000  \n#x\nsave 900 1\n";
        let read: Vec<_> = directives(text, Origin::Stdin)
            .map(|line| line.expect("fine"))
            .collect();
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].name.as_slice(), read[0].place.line),
            (&b"port"[..], 3)
        );
        assert_eq!(read[0].place.text, b"PORT 7000");
        assert_eq!(read[1].word_slices(), [b"900".as_slice(), b"1"]);
    }

    #[test]
    fn an_open_quote_is_told_with_its_line() {
        let fault = directives(b"port 1\nlogfile \"x", Origin::Flags)
            .nth(1)
            .expect("line")
            .expect_err("open");
        assert!(
            fault
                .to_string()
                .contains(">>> 'logfile \"x'\nUnbalanced quotes"),
            "{fault}"
        );
    }
}

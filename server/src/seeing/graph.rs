//! A row of values drawn with letters, each with a label written downwards below it.

/// Rows that the values have.
const ROWS: usize = 4;
/// Values beside each other at the most; more go below.
const COLUMNS: usize = 80;
/// How a value looks in the row that it ends in, from the lowest to the highest.
const TOPS: [char; 3] = ['_', 'o', '#'];
/// How it looks in the rows below.
const BODY: char = '|';

/// Draws `values`, as heights between the least and the greatest of them.
pub fn draw(values: &[(u64, String)]) -> String {
    let all = || values.iter().map(|(value, _)| *value);
    let (least, greatest) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
    let range = (greatest - least).max(1);
    let steps = ROWS * TOPS.len();
    let height = |value: u64| {
        let step = u128::from(value - least) * steps as u128 / u128::from(range);
        (step as usize).min(steps - 1)
    };
    let mut picture = String::new();
    for part in values.chunks(COLUMNS) {
        for row in (0..ROWS).rev() {
            let cell =
                |(value, _): &(u64, String)| match height(*value).checked_sub(row * TOPS.len()) {
                    Some(above) => TOPS.get(above).copied().unwrap_or(BODY),
                    None => ' ',
                };
            push_row(&mut picture, part.iter().map(cell));
        }
        push_row(&mut picture, part.iter().map(|_| ' '));
        let longest = part.iter().map(|(_, label)| label.len()).max().unwrap_or(0);
        for at in 0..longest {
            let cell = |(_, label): &(u64, String)| label.chars().nth(at).unwrap_or(' ');
            push_row(&mut picture, part.iter().map(cell));
        }
    }
    picture
}

fn push_row(picture: &mut String, cells: impl Iterator<Item = char>) {
    picture.extend(cells);
    picture.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_follow_the_values() {
        let values =
            [(0, "9s"), (50, "8s"), (100, "10m")].map(|(value, label)| (value, label.to_owned()));
        let picture = draw(&values);
        assert_eq!(picture, "  #\n _|\n ||\n_||\n   \n981\nss0\n  m\n");
    }

    #[test]
    fn one_value_is_a_line_at_the_bottom() {
        assert_eq!(draw(&[(7, "0s".to_owned())]), " \n \n \n_\n \n0\ns\n");
        assert_eq!(draw(&[]), "");
    }
}

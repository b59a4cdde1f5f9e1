//! Command lines with holes, choices and repetitions; all random lines of a repertoire are made from them.
//!
//! ```text
//! WORD         itself
//! <key>        a word of a pool, see `pool`
//! ( a | b c )  one of them
//! [ a | b ]    one of them, or nothing; neighbours stand in any order
//! { a b }      once or several times
//! ```
//! Everything is separated by blanks.

use engine::random::Random;

use super::pool::{Hole, Pool};

/// See the top of the file.
pub(super) struct Template(Vec<Node>);

enum Node {
    Word(&'static str),
    Hole(Hole),
    OneOf(Vec<Vec<Node>>),
    Maybe(Vec<Vec<Node>>),
    Repeat(Vec<Node>),
}

impl Template {
    /// Reads `text`.
    ///
    /// # Panics
    /// If it is not well-formed: templates are part of the program.
    pub(super) fn new(text: &'static str) -> Self {
        let mut tokens = text.split_ascii_whitespace().peekable();
        let mut alternatives = alternatives(&mut tokens, None);
        assert!(
            alternatives.len() == 1,
            "alternatives need parentheses: {text}"
        );
        Template(alternatives.remove(0))
    }

    /// A line of it.
    pub(super) fn line(&self, pool: &mut Pool<'_>, random: &mut Random) -> Vec<Vec<u8>> {
        let mut words = Vec::new();
        pool.begin();
        write(&self.0, pool, random, &mut words);
        words
    }
}

fn alternatives(
    tokens: &mut std::iter::Peekable<std::str::SplitAsciiWhitespace<'static>>,
    end: Option<&str>,
) -> Vec<Vec<Node>> {
    let mut all = vec![Vec::new()];
    loop {
        let token = tokens.next();
        if token == end {
            return all;
        }
        let token = token.expect("a bracket is closed");
        let node = match token {
            "|" => {
                all.push(Vec::new());
                continue;
            }
            "(" => Node::OneOf(alternatives(tokens, Some(")"))),
            "[" => Node::Maybe(alternatives(tokens, Some("]"))),
            "{" => Node::Repeat(alternatives(tokens, Some("}")).remove(0)),
            _ => match token
                .strip_prefix('<')
                .and_then(|rest| rest.strip_suffix('>'))
            {
                Some(hole) => Node::Hole(Hole::named(hole)),
                None => Node::Word(token),
            },
        };
        all.last_mut().expect("never empty").push(node);
    }
}

fn write(nodes: &[Node], pool: &mut Pool<'_>, random: &mut Random, words: &mut Vec<Vec<u8>>) {
    let mut index = 0;
    while index < nodes.len() {
        match &nodes[index] {
            Node::Word(word) => words.push(word.as_bytes().to_vec()),
            Node::Hole(hole) => pool.fill(*hole, random, words),
            Node::OneOf(choices) => write(pick(choices, random), pool, random, words),
            Node::Repeat(content) => {
                for _ in 0..pool.repetitions(random) {
                    write(content, pool, random, words);
                }
            }
            Node::Maybe(_) => {
                let run = nodes[index..]
                    .iter()
                    .take_while(|node| matches!(node, Node::Maybe(_)))
                    .count();
                options(&nodes[index..index + run], pool, random, words);
                index += run - 1;
            }
        }
        index += 1;
    }
}

/// Neighbouring options, each with one chance in three, in their order or turned around.
fn options(run: &[Node], pool: &mut Pool<'_>, random: &mut Random, words: &mut Vec<Vec<u8>>) {
    let mut order: Vec<usize> = (0..run.len()).collect();
    if random.below(4) == 0 {
        order.rotate_left(random.below(run.len() as u64) as usize);
    }
    for index in order {
        if let Node::Maybe(choices) = &run[index]
            && random.below(3) == 0
        {
            write(pick(choices, random), pool, random, words);
        }
    }
}

fn pick<'n>(choices: &'n [Vec<Node>], random: &mut Random) -> &'n [Node] {
    &choices[random.below(choices.len() as u64) as usize]
}

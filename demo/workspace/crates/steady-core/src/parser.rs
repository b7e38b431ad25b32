//! A question, split into a verb and words. The parser lives for one question.

use std::collections::HashMap;

#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    pub verb: String,
    pub words: Vec<String>,
}

/// Made for one question and dropped with it, so its cache cannot grow for long.
struct Parser {
    cache: HashMap<String, String>,
}

impl Parser {
    fn normal(&mut self, word: &str) -> String {
        if let Some(normal) = self.cache.get(word) {
            return normal.clone();
        }

        let normal = word
            .trim_matches(|c: char| c.is_ascii_punctuation())
            .to_lowercase();
        self.cache.insert(word.to_string(), normal.clone());
        normal
    }
}

/// Reads one line; `None` if there is nothing on it.
pub fn parse(line: &str) -> Option<Question> {
    let mut parser = Parser {
        cache: HashMap::new(),
    };
    let mut words = line.split_whitespace().map(|word| parser.normal(word));
    let verb = words.next()?;
    Some(Question {
        verb,
        words: words.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_made_equal() {
        let question = parse("Find Rust, rust RUST!").unwrap();
        assert_eq!(question.verb, "find");
        assert_eq!(question.words, ["rust", "rust", "rust"]);
    }

    #[test]
    fn an_empty_line_is_no_question() {
        assert_eq!(parse("  "), None);
    }
}

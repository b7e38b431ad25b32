//! Which notes hold which words. It is the data itself, not a copy of something.

use std::collections::HashMap;

#[derive(Default)]
pub struct WordIndex {
    notes: Vec<String>,
    by_word: HashMap<String, Vec<usize>>,
}

impl WordIndex {
    pub fn add(&mut self, note: &str) {
        let number = self.notes.len();
        self.notes.push(note.to_string());
        for word in note.split_whitespace() {
            let numbers = self.by_word.entry(word.to_string()).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }

    pub fn find(&self, word: &str) -> Vec<&str> {
        let numbers = self.by_word.get(word).map_or(&[][..], Vec::as_slice);
        numbers
            .iter()
            .map(|&number| self.notes[number].as_str())
            .collect()
    }

    /// Every word, in order.
    pub fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> = self.by_word.keys().map(String::as_str).collect();
        words.sort_unstable();
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_found_by_each_of_its_words_once() {
        let mut index = WordIndex::default();
        index.add("rust never sleeps never");
        assert_eq!(index.find("never"), ["rust never sleeps never"]);
        assert_eq!(index.find("always"), [] as [&str; 0]);
        assert_eq!(index.words(), ["never", "rust", "sleeps"]);
    }
}

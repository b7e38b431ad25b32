//! Summaries of texts. This cache has a bound already.

use std::collections::HashMap;

const MAX_SUMMARIES: usize = 64;

#[derive(Default)]
pub struct SummaryCache {
    cache: HashMap<String, String>,
}

impl SummaryCache {
    /// The first sentence of `text`.
    pub fn summary(&mut self, text: &str) -> String {
        if let Some(summary) = self.cache.get(text) {
            return summary.clone();
        }

        let summary = text.split('.').next().unwrap_or_default().to_string();
        if self.cache.len() >= MAX_SUMMARIES {
            self.cache.clear();
        }
        self.cache.insert(text.to_string(), summary.clone());
        summary
    }

    pub fn len(&self) -> usize {
        self.cache.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_within_its_bound() {
        let mut summaries = SummaryCache::default();
        for number in 0..1_000 {
            summaries.summary(&format!("Text {number}. More."));
        }
        assert!(!summaries.is_empty());
        assert!(summaries.len() <= MAX_SUMMARIES);
    }

    #[test]
    fn it_keeps_the_first_sentence() {
        let mut summaries = SummaryCache::default();
        assert_eq!(summaries.summary("One. Two."), "One");
        assert_eq!(summaries.summary("One. Two."), "One");
    }
}

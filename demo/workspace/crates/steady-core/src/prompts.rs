//! Prompts, composed once for each role that somebody asks for.

use std::collections::HashMap;
use std::sync::{LazyLock, RwLock};

static PROMPTS: LazyLock<PromptCache> = LazyLock::new(PromptCache::new);

/// Composed prompts by role. Nothing ever leaves it.
pub struct PromptCache {
    entries: RwLock<HashMap<String, String>>,
}

impl PromptCache {
    pub fn new() -> Self {
        Self {
            entries: RwLock::new(HashMap::new()),
        }
    }

    /// The prompt under `key`, built if nobody has asked for it before.
    pub fn get_or_insert_with<F>(&self, key: &str, builder: F) -> String
    where
        F: FnOnce() -> String,
    {
        if let Some(prompt) = self.entries.read().unwrap().get(key) {
            return prompt.clone();
        }

        let mut entries = self.entries.write().unwrap();
        entries
            .entry(key.to_string())
            .or_insert_with(builder)
            .clone()
    }

    pub fn len(&self) -> usize {
        self.entries.read().unwrap().len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.read().unwrap().is_empty()
    }
}

impl Default for PromptCache {
    fn default() -> Self {
        Self::new()
    }
}

/// The prompt for `role`, a word that the user typed.
pub fn system_prompt(role: &str) -> String {
    PROMPTS.get_or_insert_with(role, || compose(role))
}

/// How many prompts are remembered at the moment.
pub fn remembered() -> usize {
    PROMPTS.len()
}

fn compose(role: &str) -> String {
    format!("You are {role}. Answer briefly, and say what you do not know.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_built_once() {
        let cache = PromptCache::new();
        assert!(cache.is_empty());
        assert_eq!(cache.get_or_insert_with("cook", || "first".into()), "first");
        assert_eq!(
            cache.get_or_insert_with("cook", || "second".into()),
            "first"
        );
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn every_role_has_its_own_prompt() {
        assert!(system_prompt("a cook").starts_with("You are a cook."));
        assert!(system_prompt("a judge").starts_with("You are a judge."));
        assert!(remembered() >= 2);
    }
}

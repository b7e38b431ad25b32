//! The cache of an earlier release. No `mod` reaches this file, so rustc never sees it.

use std::collections::HashMap;

pub struct LegacyCache {
    cache: HashMap<String, String>,
}

impl LegacyCache {
    pub fn lookup(&mut self, key: &str) -> String {
        if let Some(value) = self.cache.get(key) {
            return value.clone();
        }

        let value = key.to_uppercase();
        self.cache.insert(key.to_string(), value.clone());
        value
    }
}

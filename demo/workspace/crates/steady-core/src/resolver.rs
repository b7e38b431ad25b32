//! From the name of a command to the program that it runs.

use std::collections::HashMap;

/// Where a command was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    pub command: String,
    pub program: Option<String>,
}

/// Resolves names against a fixed list of folders, and remembers every answer.
pub struct CommandResolver {
    folders: Vec<String>,
    cache: HashMap<String, Resolution>,
}

impl CommandResolver {
    pub fn new(folders: Vec<String>) -> Self {
        Self {
            folders,
            cache: HashMap::new(),
        }
    }

    /// What `name` resolves to; a name that nobody knows is remembered too.
    pub fn resolve(&mut self, name: &str) -> Resolution {
        if let Some(resolution) = self.cache.get(name) {
            return resolution.clone();
        }

        let resolution = Resolution {
            command: name.to_string(),
            program: search(&self.folders, name),
        };
        self.cache.insert(name.to_string(), resolution.clone());
        resolution
    }

    pub fn len(&self) -> usize {
        self.cache.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cache.is_empty()
    }
}

fn search(folders: &[String], name: &str) -> Option<String> {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    let folder = folders.get(name.len() % folders.len().max(1))?;
    plain.then(|| format!("{folder}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolver() -> CommandResolver {
        CommandResolver::new(vec!["/bin".into(), "/usr/bin".into()])
    }

    #[test]
    fn the_second_answer_is_the_first() {
        let mut resolver = resolver();
        assert!(resolver.is_empty());
        let first = resolver.resolve("ls");
        assert_eq!(resolver.resolve("ls"), first);
        assert_eq!(resolver.len(), 1);
    }

    #[test]
    fn an_unknown_name_has_no_program() {
        assert_eq!(resolver().resolve("no such command").program, None);
    }
}

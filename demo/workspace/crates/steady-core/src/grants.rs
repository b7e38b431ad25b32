//! What the user has allowed. It must not be forgotten: to forget is to ask again.

use std::collections::HashSet;

/// Grants live as long as the session. A cache by name only.
#[derive(Default)]
pub struct PermissionCache {
    granted: HashSet<String>,
}

impl PermissionCache {
    pub fn grant(&mut self, action: &str) -> bool {
        self.granted.insert(action.to_string())
    }

    pub fn is_granted(&self, action: &str) -> bool {
        self.granted.contains(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_lasts() {
        let mut grants = PermissionCache::default();
        assert!(!grants.is_granted("write"));
        assert!(grants.grant("write"));
        assert!(!grants.grant("write"));
        assert!(grants.is_granted("write"));
    }
}

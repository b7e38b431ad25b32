//! How often each client has asked. To forget a count is to let the client start over.

use std::collections::HashMap;

pub struct RateLimiter {
    asked: HashMap<String, u32>,
    limit: u32,
}

impl RateLimiter {
    pub fn new(limit: u32) -> Self {
        Self {
            asked: HashMap::new(),
            limit,
        }
    }

    /// Counts one question of `client`, and says whether it may still be answered.
    pub fn allow(&mut self, client: &str) -> bool {
        let asked = self.asked.entry(client.to_string()).or_insert(0);
        *asked += 1;
        *asked <= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_its_own_count() {
        let mut limiter = RateLimiter::new(1);
        assert!(limiter.allow("ann"));
        assert!(!limiter.allow("ann"));
        assert!(limiter.allow("bob"));
    }
}

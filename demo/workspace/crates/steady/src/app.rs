//! One session: what it has learned, and how it answers.

use steady_core::grants::PermissionCache;
use steady_core::index::WordIndex;
use steady_core::limiter::RateLimiter;
use steady_core::parser::{self, Question};
use steady_core::prompts;
use steady_core::resolver::CommandResolver;
use steady_core::summaries::SummaryCache;

const QUESTIONS_PER_VERB: u32 = 1_000_000;

/// Everything that lives as long as the process.
pub struct App {
    resolver: CommandResolver,
    grants: PermissionCache,
    limiter: RateLimiter,
    notes: WordIndex,
    summaries: SummaryCache,
}

impl App {
    pub fn new() -> Self {
        Self {
            resolver: CommandResolver::new(vec!["/bin".into(), "/usr/bin".into()]),
            grants: PermissionCache::default(),
            limiter: RateLimiter::new(QUESTIONS_PER_VERB),
            notes: WordIndex::default(),
            summaries: SummaryCache::default(),
        }
    }

    /// The answer to one line of input.
    pub fn answer(&mut self, line: &str) -> String {
        let Some(question) = parser::parse(line) else {
            return String::new();
        };
        if !self.limiter.allow(&question.verb) {
            return "later".to_string();
        }
        self.reply(&question)
    }

    fn reply(&mut self, question: &Question) -> String {
        let rest = question.words.join(" ");
        match question.verb.as_str() {
            "prompt" => prompts::system_prompt(&rest),
            "which" => self.which(&rest),
            "grant" => format!("new: {}", self.grants.grant(&rest)),
            "may" => self.grants.is_granted(&rest).to_string(),
            "note" => {
                self.notes.add(&rest);
                self.summaries.summary(&rest)
            }
            "find" => self.notes.find(&rest).join("\n"),
            "words" => self.notes.words().join(" "),
            "stats" => self.stats(),
            verb => format!("unknown: {verb}"),
        }
    }

    fn which(&mut self, name: &str) -> String {
        let resolution = self.resolver.resolve(name);
        resolution.program.unwrap_or_else(|| "not found".into())
    }

    fn stats(&self) -> String {
        format!(
            "prompts {}, resolutions {}, summaries {}",
            prompts::remembered(),
            self.resolver.len(),
            self.summaries.len(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_remembers() {
        let mut app = App::new();
        assert_eq!(app.answer("which ls"), "/bin/ls");
        assert_eq!(app.answer("which ls"), "/bin/ls");
        assert_eq!(app.answer("may write"), "false");
        assert_eq!(app.answer("grant write"), "new: true");
        assert_eq!(app.answer("may write"), "true");
        assert_eq!(app.answer("note rust never sleeps"), "rust never sleeps");
        assert_eq!(app.answer("find never"), "rust never sleeps");
        assert_eq!(app.answer("words"), "never rust sleeps");
        assert!(app.answer("prompt a cook").contains("a cook"));
        assert!(app.answer("stats").ends_with("resolutions 1, summaries 1"));
    }

    #[test]
    fn what_it_does_not_know_it_says() {
        let mut app = App::new();
        assert_eq!(app.answer(""), "");
        assert_eq!(app.answer("sing"), "unknown: sing");
        assert_eq!(app.answer("which no such"), "not found");
    }
}

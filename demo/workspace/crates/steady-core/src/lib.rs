//! What `steady` knows, and what it remembers between two questions.

pub mod grants;
pub mod index;
pub mod limiter;
pub mod parser;
pub mod prompts;
pub mod resolver;
pub mod summaries;

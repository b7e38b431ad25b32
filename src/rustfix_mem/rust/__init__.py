"""All that knows Rust: from the bytes of one file to an edit that rests on many."""

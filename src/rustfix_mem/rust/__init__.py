"""All that knows Rust and Cargo: from the bytes of one file to the truth about many."""

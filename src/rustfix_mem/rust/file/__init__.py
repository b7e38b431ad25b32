"""One Rust file: from its bytes to the facts that are cached; no other file is known here."""

"""Everything that a codemod author needs."""

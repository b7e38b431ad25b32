"""Many files: which of them rustc sees, what a name means, who touches a collection."""

"""How many bytes a value takes at least, as far as its type says; on 64 bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.rust.whole.types import expand

if TYPE_CHECKING:
    from rustfix_mem.rust.file.facts import TypeTree
    from rustfix_mem.rust.whole.files import Files

KNOWN = {
    **dict.fromkeys(("bool", "u8", "i8"), 1),
    **dict.fromkeys(("u16", "i16"), 2),
    **dict.fromkeys(("u32", "i32", "f32", "char"), 4),
    **dict.fromkeys(("u64", "i64", "f64", "usize", "isize", "Instant", "Arc", "Rc", "Box"), 8),
    **dict.fromkeys(("u128", "i128", "Duration", "SystemTime"), 16),
    **dict.fromkeys(("String", "Vec", "PathBuf", "OsString", "BTreeMap", "BTreeSet"), 24),
    **dict.fromkeys(("HashMap", "HashSet"), 48),
    "VecDeque": 32,
}
MAX_DEPTH = 6


def least_bytes(tree: TypeTree, path: str, module: str, files: Files, depth: int = 0) -> int | None:
    """The bytes that a value of a type takes at least; None if a part is not known."""

    def total(trees: list[TypeTree], file: str, inside: str) -> int | None:
        sizes = [least_bytes(one, file, inside, files, depth + 1) for one in trees]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    if depth > MAX_DEPTH:
        return None
    if tree.head in ("&", "&mut"):
        return 8
    if tree.head == "()" or tree.name in ("Option", "Mutex", "RwLock", "RefCell"):
        return total(list(tree.args), path, module)
    meaning = files.names.meaning(tree.head, path, module)
    if meaning is None or meaning.defined is None:
        return KNOWN.get(tree.name)
    defined = meaning.defined
    if defined.kind == "type":
        target = expand(defined, tree)
        return None if target is None else least_bytes(target, meaning.file, "", files, depth + 1)
    if defined.kind == "enum":
        return 1
    return total([kept.type for kept in defined.fields], meaning.file, defined.module)

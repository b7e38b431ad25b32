"""One growth with all that its rewrite depends on, and the names and keys that the rewrite says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.file.facts import TypeTree
from rustfix_mem.rust.write import layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from rustfix_mem.rust.cap.capacity import Bound
    from rustfix_mem.rust.file.facts import FnDef, UseOf
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.whole.links import Here
    from rustfix_mem.rust.whole.types import Collection
    from rustfix_mem.rust.write.layout import Style

WORD = re.compile(r"(?<!\w)(?:(?<!\.)|(?<=\.\.))[A-Za-z_]\w*")
"""A name that is not a field or a method: those stand behind a single dot."""


@dataclass(frozen=True, slots=True)
class Site:
    """One growth with all that its rewrite depends on."""

    here: Here
    collection: Collection
    source: bytes
    style: Style
    constant: str
    bound: Bound
    chains: bool
    """Whether `if a && let Some(b) = c` may be written: edition 2024 and Rust 1.88."""
    discard: str
    """`let _ = ` where the lint `unused_results` may be on."""
    guards: frozenset[str]
    """The functions that hand out a guard of the collection, or a concurrent one itself."""
    copied: bool
    """Whether its keys are copied, not cloned."""
    fn: FnDef

    @property
    def use(self) -> UseOf:
        return self.here.use

    def text(self, span: Span) -> str:
        return self.source[span.start : span.end].decode("utf-8", "replace").replace("\r\n", "\n")


def constant(
    collection: Collection, path: str, fns: list[FnDef], bound: Bound, files: Files
) -> tuple[str, Edit | None]:
    """The constant's name, and the edit that declares it unless it is there."""
    base, module = constant_base(collection), fns[0].module
    if len(base) > LONG_BASE and _is_only(collection, path, files):
        base = "_".join(words(collection.name))
    named = [s for s in files.outline(path).statics if s.name == collection.name]
    if collection.static is not None and len(named) > 1:  # `static CACHE` in two functions
        base = "_".join(dict.fromkeys([*words(fns[0].name), *words(collection.name)]))
    plain = (f"MAX_{base}",) if "CACHE" in base or base.endswith("ENTRIES") else ()
    for name in (f"MAX_{base}_ENTRIES", *plain):
        for known in files.outline(path).statics:
            if known.name == name and known.module == module:
                fixed = bound.memory is None
                if (
                    fixed
                    and known.constant
                    and known.type.head == "usize"
                    and known.scope == "module"
                ):
                    return name, None
                raise Refused(f"`{name}` is there already, and is something else")
    name = f"MAX_{base}" if base.endswith("ENTRIES") else f"MAX_{base}_ENTRIES"
    asked = bound.named(name)
    if re.search(rb"\b" + asked.rstrip("()").encode() + rb"\b", files.sources[path]):
        raise Refused(f"`{name}` is there already, and is something else")
    home = min(fn.home for fn in fns)
    source = files.sources[path]
    for at in (home, collection.span.start if path == collection.path else home):
        if is_conditional(source, at):
            raise Refused("it is compiled only under a `cfg`, and so would be its constant")
    if any(is_conditional(source, fn.span.start) for fn in fns):
        raise Refused("it is compiled only under a `cfg`, and so would be its constant")
    indent = layout.indent_at(files.sources[path], home)
    effect = "is emptied to make room" if bound.eviction == "clear" else "loses one to make room"
    what = collection.item.replace(".", "::")
    most = "About the most" if collection.is_concurrent else "The most"
    style = layout.style_of(source, files.rustfmt(path))
    gap = layout.gap(
        f"{indent}/// {most} entries `{what}` holds before it {effect}.", indent, style
    )
    text = (
        f"/// {most} entries `{what}` holds{gap}before it {effect}.\n"
        f"{indent}{bound.declared(name, indent)}\n\n{indent}"
    )
    return asked, Edit(path, Span(home, home), text)


LONG_BASE = 40
"""A name of more letters goes without its owner: two reviewers minded one of 71."""


def _is_only(collection: Collection, path: str, files: Files) -> bool:
    """Whether a field of two words or more is the only one in its file that is called so."""
    here = [f for t in files.outline(path).types for f in t.fields if f.name == collection.name]
    several = len(words(collection.name)) > 1
    return several and path == collection.path and len(here) == 1


ATTRIBUTES = re.compile(rb"(?:[ \t]*(?:#\[[^\n]*|//[^\n]*)\r?\n)*")


def is_conditional(source: bytes, at: int) -> bool:
    """Whether a `#[cfg]` stands among the attributes at, or right before, a byte."""
    behind = ATTRIBUTES.match(source, source.rfind(b"\n", 0, at) + 1)
    if behind is not None and b"#[cfg" in behind[0]:
        return True
    lines = source[:at].split(b"\n")[:-1]
    for line in reversed(lines):
        if not line.strip().startswith((b"#[", b"//")):
            return False
        if line.strip().startswith(b"#[cfg"):
            return True
    return False


def constant_base(collection: Collection) -> str:
    """The owner and the field in capitals, no word said twice: `PROMPT_CACHE_ENTRIES`."""
    said = words(collection.owner.name) if collection.owner is not None else []
    for word in words(collection.name):
        if not said or word != said[-1]:
            said.append(word)
    return "_".join(said)


def words(name: str) -> list[str]:
    """The words of a name in capitals: of `PromptCache`, of `prompt_cache`, of `r#type`."""
    name = name.removeprefix("r#")
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return [word.upper() for word in spaced.split("_") if word]


def _one_line(expression: str) -> str:
    """The expression as written: one that is broken, or has a comment, is not said again."""
    if "\n" in expression or "//" in expression or "/*" in expression:
        raise Refused("its key is written over several lines, or has a comment")
    return expression


def key_of(site: Site) -> tuple[str, str, str]:
    """The key as the cap says it, a `let` to put before or empty, what the growth then says."""
    use = site.use
    given = site.fn.params[:1]
    owned = bool(given) and given[0].type.head in ("self", "mutself")
    if owned and re.search(r"\bself\b", use.key):
        raise Refused("its key is taken from a `self` that the function owns, and may be gone")
    looked = use.lookup.key if use.lookup is not None else ""
    if use.lookup is not None and looked and not (owned and re.search(r"\bself\b", looked)):
        return _one_line(use.lookup.key), "", ""
    key = _one_line(use.key)
    match use.key_form:
        case "name":
            return f"&{key}", "", ""
        case "literal":
            return key if key.startswith('"') else f"&{key}", "", ""
        case "inferred":
            raise Refused(f"the type of its key `{key}` is inferred from where it stands")
        case "pure":
            if key.startswith("("):
                return f"&{key}", "", ""
            plain = _borrowed(key, site)
            if plain:
                return plain, "", ""
    name = free_name("key", site.text(Span(_statement(site).start, site.fn.span.end)))
    return f"&{name}", f"let {name} = {key};", name


def _statement(site: Site) -> Span:
    assert site.use.slot is not None
    return site.use.slot.statement


CONVERTED = re.compile(
    r"^(?P<of>[\w.]+?)\.(?:to_string|to_owned|clone|to_path_buf)\(\)$|^(?:String|PathBuf)::from\((?P<in>\w+)\)$"
)


def _borrowed(key: str, site: Site) -> str:
    """What `key.to_string()` converts, borrowed; empty if it may be a reference or not."""
    found = CONVERTED.match(key)
    if found is None:
        return ""
    name = found["of"] or found["in"]
    if re.search(rf"\b(?:let|for|Some|Ok)\b[^=;\n]*\b{re.escape(name)}\b", site.text(site.fn.span)):
        return ""  # another of that name may stand between
    if name.startswith("self.") and name.count(".") == 1 and key.endswith(".clone()"):
        return f"&{name}"
    for parameter in site.fn.params:
        if parameter.name == name:
            kind = parameter.type
            copied = key.endswith(".clone()")
            if kind.head == "&" and (copied or kind.args[:1] == (TypeTree("str"),)):
                return name
            if kind.head == "String":
                return f"&{name}"
    return ""


def free_name(name: str, text: str) -> str:
    """`name`, or another that does not stand in `text`."""
    taken = set(WORD.findall(text))
    for candidate in (name, f"{name}_entries", f"bounded_{name}", f"{name}_guard"):
        if candidate not in taken:
            return candidate
    raise Refused("every name for a new local is taken")

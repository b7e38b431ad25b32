"""The edits that bound what is kept of a process's output: it is read to its end all the same.

Who stops reading when the buffer is full leaves the process on a full pipe, where it hangs, or
kills it with SIGPIPE. So the rest is read, and thrown away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.cap.sites import is_conditional
from rustfix_mem.rust.output import helpers
from rustfix_mem.rust.write import indents, layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from rustfix_mem.rust.file.process_reads import ProcessRead
    from rustfix_mem.rust.whole.files import Files
    from rustfix_mem.rust.write.layout import Style

__all__ = ["Refused", "cap"]

DOC = "/// The most bytes of a process's output that are kept; the rest is read and dropped."
AS = b"as_conversions"
NAMES = ("MAX_OUTPUT_BYTES", "MAX_PROCESS_OUTPUT_BYTES", "MAX_KEPT_OUTPUT_BYTES")


@dataclass(frozen=True, slots=True)
class _Site:
    """One read with all that its rewrite depends on."""

    read: ProcessRead
    path: str
    source: bytes
    style: Style
    constant: str

    def text(self, span: Span) -> str:
        return self.source[span.start : span.end].decode("utf-8", "replace").replace("\r\n", "\n")


def cap(read: ProcessRead, path: str, home: int, most: int, files: Files) -> tuple[Edit, ...]:
    """The edits that keep at most `most` bytes of what is read; raises `Refused`.

    What is declared goes to `home`, which is the same for all reads of a module: it is said once.
    """
    source = files.sources[path]
    read = replace(read, home=home)
    style = layout.style_of(source, files.rustfmt(path))
    if is_conditional(source, home) or is_conditional(source, read.fn.start):
        raise Refused("it is compiled only under a `cfg`, and so would be its constant")
    if read.decoding is not None:
        return _finished(_Site(read, path, source, style, ""), *_decoded(read, path, source, style))
    constant, declared = _constant(source, read, most, style)
    site = _Site(read, path, source, style, constant)
    declarations = [declared] if declared else []
    if read.growth is not None:
        return _finished(site, _kept(site), declarations)
    if files.files_with("as_conversions") or any(AS in one for one in files.manifests.values()):
        raise Refused("`as_conversions` may be denied, and the length would have to be converted")
    edits, helper = _drained(site)
    return _finished(site, edits, [*declarations, *([helper] if helper else [])])


def _finished(site: _Site, edits: list[Edit], declarations: list[str]) -> tuple[Edit, ...]:
    """The edits with what has to be declared before the function, in the file's style."""
    read, path, source, style = site.read, site.path, site.source, site.style
    if declarations:
        indent = layout.indent_at(source, read.home)
        text = "".join(f"{_indented(one, indent)}\n\n{indent}" for one in declarations)
        edits.append(Edit(path, Span(read.home, read.home), text))
    return tuple(Edit(path, edit.span, style.lines(edit.text)) for edit in edits)


def _indented(text: str, indent: str) -> str:
    return text.replace("\n", f"\n{indent}").replace(f"{indent}\n", "\n")


def _constant(source: bytes, read: ProcessRead, most: int, style: Style) -> tuple[str, str]:
    """The constant's name, and its declaration unless it is there."""
    written = f"{most // 1024} * 1024" if most % 1024 == 0 and most > 1024 else str(most)
    for name in NAMES:
        if not re.search(rb"\b" + name.encode() + rb"\b", source):
            indent = layout.indent_at(source, read.home)
            doc = DOC.replace("; ", f";{layout.gap(f'{indent}{DOC}', '', style)}")
            return name, f"{doc}\nconst {name}: usize = {written};"
        ours = rb"(?m)^" + re.escape(f"const {name}: usize = {written};".encode())
        if not read.module and re.search(ours, source):
            return name, ""
    raise Refused(f"`{NAMES[0]}` is there already, and is something else")


def _decoded(
    read: ProcessRead, path: str, source: bytes, style: Style
) -> tuple[list[Edit], list[str]]:
    """A chunk is decoded with what was left of the one before."""
    how = read.decoding
    assert how is not None
    site = _Site(read, path, source, style, "")
    name = _free(("begun", "carried", "begun_char"), site.text(read.fn))
    decoder = helpers.decoder(read, source, style)
    indent = layout.indent_at(source, how.loop)
    before = Edit(path, Span(how.loop, how.loop), f"let mut {name} = Vec::new();\n{indent}")
    call = f"{decoder.name}(&mut {name}, {site.text(how.chunk)})"
    declarations = [decoder.declaration] if decoder.declaration else []
    return [before, Edit(path, how.whole, call)], declarations


def lower(read: ProcessRead, path: str, most: int) -> tuple[Edit, ...]:
    """The edit that gives a buffer less room at the start."""
    assert read.room is not None
    return (Edit(path, read.room.span, str(most)),)


def _kept(site: _Site) -> list[Edit]:
    """The slice that is appended ends where there is no more room."""
    growth, read = site.read.growth, site.read
    assert growth is not None
    indent = layout.indent_at(site.source, growth.whole.start)
    inner = indent + site.style.unit if growth.form == "arm" else indent
    name = _free(("keep", "kept", "room"), site.text(read.fn))
    steps = f".saturating_sub({read.buffer}.len()).min({growth.count})"
    before = len(f"let {name} = ")
    room = layout.chain(inner, site.constant, steps, site.style, before=before)
    let = f"let {name} = {room};"
    if growth.form == "statement":
        if site.source[: growth.whole.start].rpartition(b"\n")[2].strip():
            raise Refused("its statement shares a line with another")
        before_it = Span(growth.whole.start, growth.whole.start)
        return [Edit(site.path, before_it, f"{let}\n{indent}"), Edit(site.path, growth.end, name)]
    whole = site.text(growth.whole)
    if "\n" in whole or "//" in whole:
        raise Refused("its statement is written over several lines")
    start, end = growth.end.start - growth.whole.start, growth.end.end - growth.whole.start
    comma = site.source[growth.whole.end : growth.whole.end + 1] == b","
    grown = f"{whole[:start]}{name}{whole[end:]}"
    block = f"{{\n{inner}{let}\n{inner}{grown};\n{indent}}}"
    return [Edit(site.path, Span(growth.whole.start, growth.whole.end + comma), block)]


def _drained(site: _Site) -> tuple[list[Edit], str]:
    """The call goes to a function that keeps the beginning and reads the rest away."""
    read, drain = site.read, site.read.drain
    assert drain is not None
    helper = helpers.helper(read, site.source, site.constant, site.style)
    reader = "".join(line.strip() for line in site.text(drain.reader).split("\n"))
    argument = site.text(drain.argument)
    if any(mark in reader + argument for mark in ("//", "/*")):
        raise Refused("a comment stands in what it is called on")
    indent = layout.indent_at(site.source, drain.chain.start)
    head = f"{helper.name}({drain.borrow}{reader}, {argument})"
    steps = site.text(Span(read.span.end, drain.chain.end))
    if "//" in steps or "/*" in steps:
        raise Refused("a comment stands in the chain that it is part of")
    line = site.source[: drain.chain.start].rpartition(b"\n")[2].decode("utf-8", "replace")
    chained = layout.chain(indent, head, steps, site.style, before=len(line.strip()))
    if not _fits(f"{line}{chained};", site.style):
        inner = f"\n{indent}{site.style.unit}"
        chained = inner.join([head, *indents.steps(steps)])
    if not _fits(f"{line}{chained};", site.style):
        raise Refused("its call would be too long for one line")
    return [Edit(site.path, drain.chain, chained)], helper.declaration


def _free(names: tuple[str, ...], text: str) -> str:
    """The first name that a text does not say."""
    for name in names:
        if not re.search(rf"\b{name}\b", text):
            return name
    raise Refused("every name for a new local is taken")


def _fits(text: str, style: Style) -> bool:
    return all(len(line.expandtabs(4)) <= style.width for line in text.split("\n"))

"""The edit that counts a line that is not ended against the limit of its scrollback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.write import layout
from rustfix_mem.text import Edit, Span

if TYPE_CHECKING:
    from rustfix_mem.rust.file.scrollbacks import Partial
    from rustfix_mem.rust.whole.files import Files

__all__ = ["Refused", "count"]


def count(partial: Partial, path: str, files: Files) -> tuple[Edit, ...]:
    """The comparison with the length of the partial line in its sum; raises `Refused`."""
    source = files.sources[path]
    style = layout.style_of(source, files.rustfmt(path))
    added = f" + self.{partial.partial}.len()"
    end = source.find(b"\n", partial.counted.end)
    line = source[source.rfind(b"\n", 0, partial.counted.end) + 1 : end].decode("utf-8", "replace")
    if len(line.rstrip().expandtabs(4)) + len(added) > style.width:
        raise Refused("its line would be too long")
    return (Edit(path, Span(partial.counted.end, partial.counted.end), added),)

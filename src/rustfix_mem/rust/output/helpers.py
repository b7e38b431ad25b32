"""The functions that a file is given, to read a pipe to its end and keep only its beginning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rustfix_mem.errors import Refused
from rustfix_mem.rust.write import layout

if TYPE_CHECKING:
    from rustfix_mem.rust.file.process_reads import ProcessRead
    from rustfix_mem.rust.write.layout import Style

SIGNATURES = {
    "std": "fn {name}<R: std::io::Read>({parameters}) -> std::io::Result<usize> {{",
    "tokio": "async fn {name}<R>({parameters}) -> std::io::Result<usize>",
}
WHERE = "where\n\tR: tokio::io::AsyncRead + Unpin,\n{"

HEADS = {
    "std": """\tlet mut start = reader.by_ref().take({most} as u64);
\tlet kept = start.read_to_end({into})?;
\tlet dropped = std::io::copy(reader, &mut std::io::sink())?;
""",
    "tokio": """\tlet mut start = (&mut *reader).take({most} as u64);
\tlet kept = start.read_to_end({into}).await?;
\tlet dropped = tokio::io::copy(reader, &mut tokio::io::sink()).await?;
""",
}
BYTES = """\tmatch std::str::from_utf8(into) {
\t\tErr(error) if dropped > 0 && error.error_len().is_none() => {
\t\t\tinto.truncate(error.valid_up_to()); // no half of a character
\t\t}
\t\t_ => {}
\t}
\tOk(kept)
}"""
TEXT = """\tmatch std::str::from_utf8(&bytes) {
\t\tErr(error) if dropped > 0 && error.error_len().is_none() => {
\t\t\tbytes.truncate(error.valid_up_to()); // no half of a character
\t\t}
\t\t_ => {}
\t}
\tmatch String::from_utf8(bytes) {
\t\tOk(text) => into.push_str(&text),
\t\tErr(error) => return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, error)),
\t}
\tOk(kept)
}"""
DECODER = """/// The text of `chunk`, with the character that the chunk before it has `begun`.
fn {name}(begun: &mut Vec<u8>, chunk: &[u8]) -> String {
\tbegun.extend_from_slice(chunk);
\tlet behind = match begun.as_slice() {
\t\t[.., 0xC2..=0xF4] => 1,
\t\t[.., 0xE0..=0xF4, 0x80..=0xBF] => 2,
\t\t[.., 0xF0..=0xF4, 0x80..=0xBF, 0x80..=0xBF] => 3,
\t\t_ => 0,
\t};
\tlet rest = begun.split_off(begun.len() - behind);
\tlet text = String::from_utf8_lossy(begun).into_owned();
\t*begun = rest;
\ttext
}"""
DECODERS = ("decode_chunk", "decode_output", "decode_whole_chars")


@dataclass(frozen=True, slots=True)
class Helper:
    """A function: how it is called, and its text unless it is there already."""

    name: str
    declaration: str


def decoder(read: ProcessRead, source: bytes, style: Style) -> Helper:
    """The function that decodes chunks; raises `Refused`."""
    for name in DECODERS:
        text = DECODER.replace("{name}", name).replace("\t", style.unit)
        if found := _there(name, text, read, source, style):
            return found
    raise Refused(f"`{DECODERS[0]}` is there already, and is something else")


def _there(name: str, text: str, read: ProcessRead, source: bytes, style: Style) -> Helper | None:
    """The function to be called `name`, if that name is free, or ours already."""
    if re.search(rb"\b" + name.encode() + rb"\b", source) is None:
        return Helper(name, text)
    ours = not read.module and style.lines(text).encode() in source
    return Helper(name, "") if ours else None


def helper(read: ProcessRead, source: bytes, constant: str, style: Style) -> Helper:
    """The function that reads like one call does; raises `Refused`."""
    if not read.library:
        raise Refused("it cannot be seen which library's `read_to_end` it is")
    if not read.imported:
        raise Refused("its trait is imported in the function alone, which would need it no more")
    for name in _names(read):
        text = _written(read, name, constant, style)
        if found := _there(name, text, read, source, style):
            return found
    raise Refused(f"`{_names(read)[0]}` is there already, and is something else")


def _names(read: ProcessRead) -> tuple[str, ...]:
    ending = "_to_string" if read.shape == "read-to-string" else ""
    return tuple(f"{name}{ending}" for name in ("read_capped", "read_output", "drain_capped"))


def _written(read: ProcessRead, name: str, constant: str, style: Style) -> str:
    """The function's text, with `\\n` and the file's unit of indent."""
    text = read.shape == "read-to-string"
    body = HEADS[read.library].format(most=constant, into="&mut bytes" if text else "into")
    if text:
        body = body.replace("\tlet mut start", "\tlet mut bytes = Vec::new();\n\tlet mut start", 1)
    indent = "\t" if read.module else ""
    first, second = "/// Reads `reader` to its end, so that the process can end,", "but keeps only"
    whole = f"{indent}{first} {second} `{constant}`."
    lines = [
        f"{first}{layout.gap(whole, '', style)}{second} `{constant}`.",
        _signature(read, name, "String" if text else "Vec<u8>", style),
        body + (TEXT if text else BYTES),
    ]
    return "\n".join(lines).replace("\t", style.unit)


def _signature(read: ProcessRead, name: str, kind: str, style: Style) -> str:
    """The function's head; its parameters have a line each where rustfmt has it."""
    parameters = ("reader: &mut R", f"into: &mut {kind}")
    shape = SIGNATURES[read.library]
    flat = shape.format(name=name, parameters=", ".join(parameters))
    if len(flat) > style.width - (4 if read.module else 0):
        lines = "".join(f"\t{parameter},\n" for parameter in parameters)
        flat = shape.format(name=name, parameters=f"\n{lines}")
    return f"{flat}\n{WHERE}" if read.library == "tokio" else flat

"""`rustfix-mem schema`: the JSON Schema of `rustfix-mem.toml`, for editors, from the parameters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rustfix_mem import registry
from rustfix_mem.cli import output
from rustfix_mem.cli.config import EXCLUDE, INCLUDE, PATHS, PER_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rustfix_mem.cli.options import Schema
    from rustfix_mem.codemod import Codemod, Parameter

GLOBS = {"$ref": "#/$defs/globs"}


def run(options: Schema) -> int:
    output.say(render(registry.discover()))
    return 0


def render(codemods: Mapping[str, type[Codemod]]) -> str:
    """The schema of a file that configures these codemods."""
    limits = {
        INCLUDE: {**GLOBS, "description": "only these files are judged"},
        EXCLUDE: {
            **GLOBS,
            "description": "these files are not judged; what is in them still counts for others",
        },
    }
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "rustfix-mem.toml, and the tables metadata.rustfix-mem of Cargo.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": limits | {name: _codemod(one) for name, one in codemods.items()},
        "$defs": {
            "globs": {
                "description": "from the top of the repository: `crates/server/**`",
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "minLength": 1},
            }
        },
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _codemod(codemod: type[Codemod]) -> dict[str, Any]:
    values = {one.name: _parameter(one) for one in codemod.parameters()}
    special = {
        "type": "object",
        "required": [PATHS],
        "minProperties": 2,
        "additionalProperties": False,
        "properties": {PATHS: GLOBS, **values},
    }
    by_path = {
        "description": "parameters of some files; a later table is stronger",
        "type": "array",
        "items": special,
    }
    return {
        "description": codemod.summary(),
        "type": "object",
        "additionalProperties": False,
        "properties": {**values, PER_PATH: by_path} if values else {},
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    kinds = {int: "integer", bool: "boolean", str: "string"}
    unit = f" ({parameter.unit})" if parameter.unit else ""
    said: dict[str, Any] = {
        "description": f"{parameter.help}{unit}",
        "type": kinds[type(parameter.default)],
        "default": parameter.default,
    }
    limits = {"minimum": parameter.at_least, "maximum": parameter.at_most}
    said |= {key: value for key, value in limits.items() if value is not None}
    return said | ({"enum": list(parameter.choices)} if parameter.choices else {})

"""The command line through typer: the help, and every mistake told in two lines.

Typer only reads; it gives back the options (options.py), and main.py runs the command. So
nothing that happens in a command can be taken for a mistake on the command line.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from rustfix_mem import registry
from rustfix_mem.cli import help, options
from rustfix_mem.cli.version import version
from rustfix_mem.errors import CodemodBug, UsageError, did_you_mean

if TYPE_CHECKING:
    import dataclasses
    from collections.abc import Callable, Iterator, Sequence

    from rustfix_mem.codemod import Codemod, Parameter

OWN = "own_"
HELP = {"help_option_names": ["-h", "--help"]}


def parse(args: Sequence[str], program: str) -> options.Options | None:
    """The options of the command in `args`; `None` if it asked for help and has it."""
    command = _app(args)
    try:
        made = command(args=list(args) or ["--help"], prog_name=program, standalone_mode=False)
    except typer.TyperException as error:
        raise _usage_error(error, program) from None
    return made if isinstance(made, options.Options) else None


def _app(args: Sequence[str]) -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.callback(help=_text(help.TOP), epilog=_text(help.EXIT_CODES), context_settings=HELP)(_top)
    codemod = _named(args[1:]) if args[:1] == ["apply"] else None
    for name, kind in help.COMMANDS.items():
        own = list(_own(codemod)) if codemod and kind is options.Apply else []
        text = help.apply(codemod) if codemod and kind is options.Apply else help.TEXT[name]
        reader = _reader(kind, own)
        app.command(name, help=_text(text), context_settings=HELP)(reader)
    return app


def _top(
    show_version: Annotated[
        bool, typer.Option("-V", "--version", help="Show the version and exit.", is_eager=True)
    ] = False,
) -> None:
    if show_version:
        typer.echo(f"rustfix-mem {version()}")
        raise typer.Exit


def _reader(
    kind: type[options.Options], own: list[inspect.Parameter]
) -> Callable[..., options.Options]:
    """A function of the signature that typer reads, which gives the options back."""

    def read(**values: Any) -> options.Options:
        given = {
            name.removeprefix(OWN).replace("_", "-"): values.pop(name)
            for name in list(values)
            if name.startswith(OWN)
        }
        given = {name: value for name, value in given.items() if value is not None}
        return options.make(kind, {**values, "given": given} if given else values)

    parameters = [_parameter(field) for field in options.described(kind)]
    read.__signature__ = inspect.Signature([*parameters, *own])  # type: ignore[attr-defined]  # it is what `inspect` reads
    return read


def _parameter(field: dataclasses.Field[Any]) -> inspect.Parameter:
    flags, choices = field.metadata["flags"], field.metadata["choices"]
    metavar = field.metadata["metavar"] or "|".join(choices) or None
    about: dict[str, Any] = {"metavar": metavar, "help": escape(field.metadata["help"])}
    default: Any = list(field.default) if isinstance(field.default, tuple) else field.default
    kind: Any = list[str] if isinstance(field.default, tuple) else type(field.default)
    if field.default is None:
        kind = str | None
    if kind is int:
        kind, default = str, str(default)
    if not flags:
        info = typer.Argument(show_default=False, **about)
        default = default if isinstance(field.default, tuple) else inspect.Parameter.empty
    else:
        info = typer.Option(*flags, show_default=bool(default), **about)
    return _keyword(field.name, Annotated[kind, info], default)


def _own(codemod: type[Codemod]) -> Iterator[inspect.Parameter]:
    """The codemod's parameters as options; the value is judged by the parameter itself."""
    taken = {flag for f in options.described(options.Apply) for flag in f.metadata["flags"]}
    for parameter in codemod.parameters():
        flag = f"--{parameter.name}"
        if flag in taken | {"--help"}:
            raise CodemodBug(
                f"the parameter `{parameter.name}` of `{codemod.name()}` is an option of `apply`",
                "its author must give it another name",
            )
        yield _keyword(
            OWN + parameter.name.replace("-", "_"), _annotation(codemod, parameter, flag), None
        )


def _annotation(codemod: type[Codemod], parameter: Parameter, flag: str) -> Any:
    is_flag = isinstance(parameter.default, bool)
    metavar = "|".join(parameter.choices) or ("WORD" if isinstance(parameter.default, str) else "N")
    info = typer.Option(
        f"{flag}/--no-{parameter.name}" if is_flag else flag,
        help=escape(help.parameter(parameter)),
        metavar=None if is_flag else metavar,
        show_default=False,
        rich_help_panel=f"Parameters of {codemod.name()}",
    )
    kind: Any = bool if is_flag else str
    return Annotated[kind | None, info]


def _keyword(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, annotation=annotation, default=default)


def _named(args: Sequence[str]) -> type[Codemod] | None:
    """The only codemod that `apply` is given, so that its parameters can be options.

    It may stand behind an option that is not known before it is: a name that is known wins,
    then a word that is no option's value, then one that may be the value of such an option.
    """
    sure, doubtful = _words(args)
    words = [*sure, *doubtful]
    known = registry.discover() if words else {}
    every = {registry.ALL, *known}
    names = every.intersection(sure) or every.intersection(doubtful) or set(words[:1])
    return registry.find(names.pop()) if len(names) == 1 and registry.ALL not in names else None


def _words(args: Sequence[str]) -> tuple[list[str], list[str]]:
    fields = {f: o for o in options.described(options.Apply) for f in o.metadata["flags"]}
    sure, doubtful = list[str](), list[str]()
    before = ""
    for arg in args:
        field = fields.get(before)
        if arg.startswith("-"):
            before = arg
            continue
        if field is None:
            unknown = before.startswith("--") and "=" not in before and before != "--help"
            (doubtful if unknown else sure).append(arg)
        elif isinstance(field.default, bool):
            sure.append(arg)
        before = ""
    return sure, doubtful


def _usage_error(error: typer.TyperException, program: str) -> UsageError:
    """Click's sentence in the manner of ours: lower case, code in backticks, what to type."""
    what, _, guess = error.format_message().partition(" (Possible options: ")
    what, _, near = what.partition(". Did you mean ")
    what = what.rstrip(".").replace("'", "`")
    context = getattr(error, "ctx", None)
    command = context.command_path if context else program
    known = getattr(error, "possibilities", None)
    hint = f"see `{command} --help`"
    if near:
        hint = f"did you mean {near.partition(',')[0].rstrip('?').replace(chr(39), '`')}?"
    elif guess and known:
        hint = did_you_mean(getattr(error, "option_name", ""), list(known)) or hint
    return UsageError(f"{what[:1].lower()}{what[1:]}", hint)


def _text(text: str) -> str:
    """Help as it is written: rich would read brackets as markup and join the lines."""
    return "\n\n".join("\b\n" + block for block in escape(text).strip().split("\n\n"))

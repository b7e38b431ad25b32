"""The version of the tool, from where it is installed."""

from __future__ import annotations


def version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("rustfix-mem")
    except PackageNotFoundError:  # run from a checkout
        return "0+unknown"

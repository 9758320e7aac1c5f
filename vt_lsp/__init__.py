"""VelocityTree language server: where the code no longer does what was written down.

What can be imported from here is the public interface, as docs/api.md describes it; everything else may change.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vt_lsp.api import Project, open_project
    from vt_lsp.models import Commit, DriftReport, DriftType, Edit, Place, Realignment, Role, Severity, Summary

__version__ = "0.1.0"

__all__ = [
    "Commit",
    "DriftReport",
    "DriftType",
    "Edit",
    "Place",
    "Project",
    "Realignment",
    "Role",
    "Severity",
    "Summary",
    "__version__",
    "open_project",
]


if not TYPE_CHECKING:  # a checker would take every name for one that is there

    def __getattr__(name: str) -> object:
        # Loaded when it is asked for: the command line imports this package first, and has to start soon.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from vt_lsp import api, models  # noqa: PLC0415

        return getattr(api, name, None) or getattr(models, name)


def __dir__() -> list[str]:
    return __all__

"""One sentence for each drift type: for SARIF's rules, the statistics and the table in the README."""

from __future__ import annotations

from typing import Final

from vt_lsp.models import DriftType

DESCRIPTIONS: Final = {
    DriftType.MISSING_FILE: "The spec names a file or folder that does not exist.",
    DriftType.MOVED_FILE: "The spec names a file by the place where it used to be.",
    DriftType.TREE_ENTRY: "A directory tree in the spec shows an entry that is not there.",
    DriftType.MISSING_SYMBOL: "The spec names a class, function or constant that the code does not define.",
    DriftType.RENAMED_SYMBOL: "The spec uses the former name of a class, function or constant.",
    DriftType.MISSING_MEMBER: "The spec names a method, field or attribute that its class or module does not have.",
    DriftType.SIGNATURE_MISMATCH: "The parameters in the spec differ from those of the function in the code.",
    DriftType.PARAMETER_DEFAULT: "The spec gives another default than the code.",
    DriftType.TYPE_MISMATCH: "The spec gives another type than the code.",
    DriftType.BASE_CLASS: "The spec gives a class other bases than the code.",
    DriftType.ENUM_MEMBER: "The spec shows an enum member, or a value of it, that the enum does not have.",
    DriftType.CONSTANT_VALUE: "The spec gives a constant another value than the code.",
    DriftType.EXAMPLE_IMPORT: "An example imports a module or name that the project does not offer.",
    DriftType.EXAMPLE_CALL: "An example calls a function in a way that its signature does not allow.",
    DriftType.BROKEN_LINK: "A link points to a file or heading that does not exist.",
    DriftType.TASK_NOT_DONE: "A task is ticked, and what it says to have made is not there.",
    DriftType.TASK_MOVED: "A task is ticked, and what it made has moved since.",
    DriftType.STALE_STATUS: "What a document says of its own status is belied by its tasks.",
    DriftType.UNKNOWN_REQUIREMENT: "A document names a requirement that nothing defines.",
    DriftType.UNTRACED_REQUIREMENT: "No task names a requirement, though the tasks name most of the others.",
    DriftType.DOCSTRING_PARAMETER: "A docstring describes a parameter that its function does not have.",
    DriftType.CLI_OPTION: "The spec gives a command an option, or runs a target, that the project does not have.",
    DriftType.ENVIRONMENT_VARIABLE: "The spec sets an environment variable of the project that nothing reads.",
    DriftType.ROUTE: "The spec names a route that nothing serves, or with a method that it does not take.",
    DriftType.VERSION_STATEMENT: "The spec states a version that the project's own metadata contradict.",
    DriftType.OPENAPI_OPERATION: "The OpenAPI document promises an operation that nothing serves.",
    DriftType.LAYER_VIOLATION: "A module imports what a rule in the spec forbids to it.",
    DriftType.DECISION_CONTRADICTED: "The code uses a library that an accepted decision record rejected.",
    DriftType.ADR_GRAPH: "A decision record names, or is named as, one that is not there or says otherwise.",
}

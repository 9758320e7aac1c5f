"""LSP in, LSP out: the only room that imports pygls and lsprotocol.

Nothing heavier than these two may be imported here at module level: `initialize` is answered before the engine,
tree-sitter, SQLite or watchdog are loaded.
"""

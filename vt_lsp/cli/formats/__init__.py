"""What ``vt-lsp check`` writes: one module for each format."""

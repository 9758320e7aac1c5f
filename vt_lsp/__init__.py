"""VelocityTree language server: where the code no longer does what was written down."""

__version__ = "0.1.0"

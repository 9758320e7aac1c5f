"""Claim and index in, verdict out: holds, broken or unknown; one file per kind of claim."""

"""Spec text to claims: pure readers, one file per format."""

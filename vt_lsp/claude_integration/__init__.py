"""A question and its context to a streamed answer: Claude where it may be asked, the project's own facts where not.

``messages.py`` has the plain values that everything else here speaks in.
"""

"""Progress: the history of task lists, when they may be done, and what stands in their way.

:mod:`history` rebuilds from git how a list grew and was ticked; all else are pure functions of that.
"""

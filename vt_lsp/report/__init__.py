"""The report: where a project stands, as plain data and as one page of HTML that needs nothing else.

:mod:`contents` gathers what the engine knows and what was kept of the project (:mod:`kept`); :mod:`page` writes it.
"""

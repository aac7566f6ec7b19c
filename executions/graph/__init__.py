"""Draw a state machine as SVG, coloured by what became of its states. Pure: no Django, no clock.

    sheet = Sheet(definition)                              # depends on the definition alone: keep it
    statuses, taken = outcome(sheet.scope, visits, link)
    svg = sheet.draw(statuses, taken, name="workflow-cost")   # cheap: only classes and counts change

An ASL edge never crosses the border of a Map or Parallel, so each scope is laid out alone, inner
ones first, and then stands as one box in the scope around it.

    scopes, wording      the definition as states, edges and words
    metrics              how wide a text will be
    ranks, rows          which row a state stands in; lines that pass and labels get places too
    ordering             the order inside the rows: few crossings
    columns, simplex     positions across: straight lines first
    tracks, lines        the horizontal parts of edges between the rows, and their corners
    layout, paper        all of it for one scope, then the scopes into each other
    outcome              which states were visited, how that went, which edges were taken
    drawing, states, markup, symbols    the SVG
"""

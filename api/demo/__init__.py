"""A register with a whole fictitious history, the same each time for the same options: `xueshi demo`.

    dice        everything that is left to chance, from one seed
    calendar    what is to happen when, one day after the other
    store, pen  recording it at its own time, sealed and proved like everything
    law         what the law of the day says: rulings, and who looks at what
    country     offices, units and those who act for them (`country.toml`)
    studies     what people study, and how a year comes together (`studies.toml`)
    claims      a claim on its way, and what becomes of it afterwards
    people      lives: entered, matched, studying, moving, leaving
    rosters     classes of an authority's own, whose people are registered all at once
    trainings   organisers: a plan a year, its classes, a card for whoever was there
    imports     a city's own register, whose records are taken over once a year
    courses     a public course a year in each city that registers by itself: chosen, studied
    exams       its sessions and seats, who passed, and whose hours the system registers
    faults      what is planted for detectors to find, and what only looks like it
    petitions   the last evening's applications, sanctions and cases
    case_of_many  one of these cases, about several entries and worked on by two
    statements  what is handed out on the last evening
    history     its days, from the first to the last
    making      the data folder: empty before, whole after, refused in between

There is one engine for every size. It decides through the same pure functions of `ledger.streams`, under the same law
and with the same registrar tables as the service, so nothing in it could not have happened; it only leaves out the
requests. `tests/api/demo/` holds what it recorded against what the service would have said.
"""

"""The lives of things: for each stream a frozen state, commands, pure decisions and `evolve`.

    decision.py   what every decision is made of        standing.py       whether an actor may act upon a matter
    person.py     人员, its affiliations and titles     transfer.py       单位变更
    unit.py       用人单位                              actor.py          经办账号 and their scopes
    claim.py      学时申报 as it stands                 claim_review.py   审核    claim_register.py  登记以后
    rulebook.py   细则                                  act.py            larger acts
    refusals.py   what each refusal says to a person

A decision takes the state of its stream, a command and the states of whatever else it rests on, and gives drafts (each
names its stream) or a `Refusal`. Nothing here reads a clock, a store or a rulebook.
"""

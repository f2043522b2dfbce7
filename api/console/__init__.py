"""The console: every screen that somebody works with in a browser, in Chinese, server-rendered.

    frame    what stands on every page: who somebody is here, where they may go, which rules hold
    screen   how a screen is asked for and answered: session, errors as pages, `.json` beside each page, `.csv` of lists
    moment   the as-of bar: which past is looked at, and that nothing is written in it
    sending  the hidden fields of a form: a key that no other site has, the version that was seen
    words    statuses, steps, facts and hours in Chinese
    home     the workbench: person for somebody themselves, office for what waits; beginnings: where each role begins
    form     the fields of the claim form; claim_trial: what was typed, tried; filing: its way from the form to the log
    claim    one's own claims, and one claim in full; acts: what can be done about it; correction: putting it right
    deeds    what can be done about any other record: one page a deed, with before, after and result
    records  what the pages of such records have in common
    queue    what waits for an office, side by side with what it is about; many approvals at once
    years    a person's years; certificates: a course completed elsewhere, registered on the certificate that is shown
    timeline the investigator's: of a person, an account, a record; lines: what each line says; lanes: the picture;
             as_read: a long list as a file that is written while it is read;
             fields, field_words: what an event says, in Chinese; conduct_view: how an account decides
    finder   from what one has in hand to its timeline; event: one event whole, and its proof
    rules    the rulebooks: where each holds, one beside its official text, two compared, words looked for;
             proposing: one put forward, examined place by place; proposals: enacted or refused by another, taken back
    replays  one's own, and how far each is; replay_form: what is asked, and what it takes; replay_result:
             sums, rows of people, one year under both laws; replay_lead: it in sentences; announcing: its report,
             recorded in advance
    differences  between as decided and as evaluated: how many, whose to look at, and which
    courses  of a year, and one; enrolments: how far somebody has come; player: a session of study; learning: words
    exams    the plan with its seats; sitting: a seat and who has one; publishing: courses and sessions that begin
    trainings  plans and classes; training_deeds: what is done about them; training_forms: each filed, and filed anew;
             training_papers: the form as it is typed
    rosters  a class's list from its check to its receipt; cards: who is registered, and what certifies it
    imports  another system's files, tried and taken over; reconciling: told back, added up, compared
    registration  of persons and units, by themselves
    transfers  where one belongs, and how it changes; units: those of an office, one in full, its people and their years
    applications  for titles, as they are judged; applying: one filed; titles: their words
    sanctions  titles entered and lost, and who may not apply
    papers   sheets that print: the packet of an application, a card
    statements  handed out about a person: tried, issued, replaced, void
    accounts who may do what where; status: how far the log and its answers are, what was backed up and checked last
    helping  keys, glossary and rules; and as whom somebody works
    screens  all of them, under their addresses

A screen decides nothing and knows no fact of its own: it asks the use cases that the API asks (`api.cases`), and its
forms go to them. What would be refused, it does not offer: that is found by trying, never by asking for a role.
Everything that can be read or sent can be so without a script; htmx and a small script of ours only make it quicker.

`tests/console/` shows it, in a browser too.
"""

"""Every screen of the console under its address: the one list of them. `tests/console/test_screens.py` opens each."""

from __future__ import annotations

from flask import Blueprint

from api.console import deeds, helping, status, years
from api.console.belonging import accounts, entering, erasures, leaving, registration, transfers, units
from api.console.claiming import acts, claim, correction, filing, listing, queue
from api.console.door.factor_page import factor_routes
from api.console.home import home
from api.console.importing import imports, ledgers, reconciling, sources
from api.console.investigating import (
    case_bulk,
    case_bundle,
    case_deeds,
    case_lists,
    case_opening,
    case_papers,
    cases,
    findings,
    simulation,
)
from api.console.law import (
    announcing,
    differences,
    proposals,
    proposing,
    replay_check,
    replay_form,
    replay_result,
    replays,
    rules,
)
from api.console.learning import certificates, courses, enrolments, exams, player, publishing, sitting
from api.console.page import frame_routes
from api.console.screen import FORM_MOST, add, take
from api.console.statement import papers, statements, year_closings
from api.console.titles import applications, applying, sanctions
from api.console.tracing import event, event_notes, finder, looks, pivot, timeline
from api.console.training import (
    cards,
    classes,
    papers_filed,
    plans,
    rosters,
    training_deeds,
    training_forms,
    training_lists,
)

_CLAIM = "/claims/<claim:claim>"
_DRAFT = "/drafts/<draft:draft>"


def page_routes() -> Blueprint:
    """Every page: the frame, and the screens within it."""
    return frame_routes(console_routes(), factor_routes())


def console_routes() -> Blueprint:
    """The console, to be put into the frame of the pages."""
    console = Blueprint("console", __name__)
    add(console, "/home", home.home)
    add(console, "/years", years.find, json=False)
    add(console, "/persons/<person>/years", years.newest)
    add(console, "/persons/<person>/years/<int:year>", years.year)
    add(console, certificates.AT, certificates.new, json=False)
    take(console, certificates.AT, certificates.register, most=certificates.SENT_MOST)
    _closings(console)
    _filing(console)
    _claims(console)
    _accounts(console)
    _statements(console)
    _learning(console)
    _replays(console)
    _rules(console)
    _registry(console)
    _trainings(console)
    _timelines(console)
    _papers(console)
    _findings(console)
    _cases(console)
    add(console, "/queue", queue.listed, csv=True)
    take(console, "/queue/batch", queue.batch)
    add(console, "/help", helping.help_page, chooses=False, json=False)
    take(console, "/help/keys", helping.choose_keys)
    take(console, "/help/look", helping.choose_look)
    add(console, "/status", status.status, chooses=False)
    add(console, "/role", helping.roles, chooses=False, json=False)
    take(console, "/role", helping.choose_role)
    return console


def _deeds(console: Blueprint, address: str, room: deeds.Room, *, most: int = FORM_MOST) -> None:
    """What can be done about a subject: each has a page that says what it would come to, and takes it."""
    for code in room.deeds:
        add(console, f"{address}/{code}", deeds.shown(room, code), json=False)
        take(console, f"{address}/{code}", deeds.done(room, code), most=most)


def _closings(console: Blueprint) -> None:
    at = year_closings.LIST
    add(console, at, year_closings.listed, csv=True)
    add(console, f"{at}/new", year_closings.new, json=False)
    take(console, f"{at}/new", year_closings.send)
    add(console, f"{at}/<int:year>", year_closings.detail, csv=True)
    add(console, f"{at}/<int:year>/line", year_closings.line)
    add(console, f"{at}/<int:year>/line.txt", year_closings.line_file, json=False)


def _rules(console: Blueprint) -> None:
    add(console, "/rules", rules.listed, csv=True)
    add(console, "/rules/<family>/<version>", rules.read)
    add(console, "/rules/<family>/<old>/<new>", rules.compare)
    proposal = "/rules/proposals/<sha256:digest>"
    add(console, "/rules/proposals/new", proposing.new, json=False)
    take(console, "/rules/proposals/new", proposing.propose, most=proposing.SENT_MOST)
    add(console, proposal, proposals.proposal)
    _deeds(console, proposal, proposals.ROOM)


def _cases(console: Blueprint) -> None:
    case = "/cases/<case:case>"
    add(console, cases.LIST, cases.listed, csv=True)
    add(console, case_opening.NEW, case_opening.new, json=False)
    take(console, case_opening.NEW, case_opening.open_it, most=case_opening.SENT_MOST)
    add(console, case, cases.detail)
    add(console, f"{case}/entries", case_lists.entries, csv=True)
    add(console, f"{case}/effects", case_lists.effects, csv=True)
    add(console, f"{case}/rests-on", case_lists.rests_on, csv=True)
    add(console, f"{case}/simulation", simulation.shown, csv=True)
    add(console, f"{case}/bulk", case_bulk.form, json=False)
    take(console, f"{case}/bulk", case_bulk.send, most=case_bulk.SENT_MOST)
    add(console, f"{case}/bulk/<act:act>", case_bulk.one)
    take(console, f"{case}/bulk/<act:act>/resumption", case_bulk.resume)
    take(console, f"{case}/bulk/<act:act>/stopping", case_bulk.stop)
    take(console, f"{case}/bulk/<act:act>/abandonment", case_bulk.abandon)
    add(console, f"{case}/notices", case_papers.every_notice, csv=True)
    add(console, f"{case}/letters.zip", case_papers.letters, json=False)
    add(console, f"{case}/bundle.zip", case_papers.bundle, json=False)
    take(console, f"{case}/bundles", case_bundle.ask)
    add(console, f"{case}/bundles/<job:job>", case_bundle.one)
    add(console, f"{case}/bundles/<job:job>/bundle.zip", case_bundle.fetch, json=False)
    take(console, f"{case}/bundles/<job:job>/stopping", case_bundle.stop)
    _deeds(console, case, case_deeds.CASE)


def _findings(console: Blueprint) -> None:
    finding = "/findings/<finding:finding>"
    add(console, findings.LIST, findings.listed, csv=True)
    add(console, f"{findings.LIST}/patterns", findings.patterns)
    add(console, finding, findings.detail)
    _deeds(console, finding, findings.FINDING)


def _papers(console: Blueprint) -> None:
    add(console, "/applications/<application:application>/packet", papers.packet)
    add(console, "/applications/<application:application>/packet.zip", papers.packet_archive, json=False)
    add(console, "/cards/<card:card>/paper", papers.card)
    add(console, "/cards/<card:card>/paper.pdf", papers.card_pdf, json=False)


def _filing(console: Blueprint) -> None:
    add(console, "/claims/new", filing.new, json=False)
    add(console, _DRAFT, filing.draft, json=False)
    take(console, _DRAFT, filing.save, most=filing.SENT_MOST)
    add(console, f"{_DRAFT}/check", filing.check, json=False)
    take(console, f"{_DRAFT}/submission", filing.submit)
    add(console, f"{_CLAIM}/revision", filing.revision, json=False)
    take(console, f"{_CLAIM}/revision", filing.revise, most=filing.SENT_MOST)
    add(console, f"{_CLAIM}/receipt", filing.receipt, json=False)


def _claims(console: Blueprint) -> None:
    add(console, listing.AT, listing.listed, csv=True)
    add(console, f"{listing.AT}.xlsx", listing.workbook, json=False)
    add(console, _CLAIM, claim.detail)
    add(console, f"{_CLAIM}/evidence/<sha256:sha256>", claim.paper, json=False)
    for code in acts.ACTS:
        if code not in acts.PAGES:
            add(console, f"{_CLAIM}/{code}", acts.shown(code), json=False)
            most = {"most": filing.SENT_MOST} if code == acts.WITH_PAPERS else {}
            take(console, f"{_CLAIM}/{code}", acts.done(code), **most)
    add(console, f"{_CLAIM}/correction", correction.form, json=False)
    take(console, f"{_CLAIM}/correction", correction.correct, most=filing.SENT_MOST)


def _learning(console: Blueprint) -> None:
    course, enrolment = "/courses/<course:course>", "/enrolments/<enrolment:enrolment>"
    exam, booking = "/exams/<exam:exam>", "/bookings/<booking:booking>"
    add(console, "/courses", courses.listed, csv=True)
    add(console, course, courses.course)
    _deeds(console, course, courses.ROOM)
    add(console, enrolment, enrolments.enrolment)
    _deeds(console, enrolment, enrolments.ROOM)
    add(console, f"{enrolment}/study", player.study)
    take(console, f"{enrolment}/study", player.beat)
    take(console, f"{enrolment}/study/begin", player.begin)
    take(console, f"{enrolment}/study/end", player.end)
    add(console, "/exams", exams.listed, csv=True)
    add(console, exam, exams.exam)
    _deeds(console, exam, exams.ROOM)
    add(console, f"{exam}/bookings", sitting.listed, csv=True)
    add(console, f"{exam}/results", sitting.form, json=False)
    take(console, f"{exam}/results", sitting.enter, most=sitting.SENT_MOST)
    add(console, booking, sitting.booking)
    _deeds(console, booking, sitting.ROOM)
    for kind in (publishing.COURSE, publishing.EXAM):
        add(console, f"{kind.address}/new", publishing.shown(kind), json=False)
        take(console, f"{kind.address}/new", publishing.sent(kind))


def _accounts(console: Blueprint) -> None:
    account = "/accounts/<actor:actor>"
    add(console, "/accounts", accounts.listed, csv=True)
    add(console, "/accounts/new", accounts.new, json=False)
    take(console, "/accounts/new", accounts.appoint)
    add(console, account, accounts.detail)
    add(console, f"{account}/opening", accounts.opening, json=False)
    take(console, f"{account}/opening", accounts.open_it)
    _deeds(console, account, accounts.ROOM)


def _replays(console: Blueprint) -> None:
    job = "/replays/<job:job>"
    add(console, "/replays", replays.listed, csv=True)
    add(console, "/replays/new", replay_form.new, json=False)
    take(console, "/replays/new", replay_form.send, most=replay_form.SENT_MOST)
    add(console, job, replays.detail)
    take(console, f"{job}/cancellation", replays.cancel)
    take(console, f"{job}/check", replay_check.begin)
    _deeds(console, job, announcing.ROOM)
    add(console, f"{job}/files/<name>", replay_result.file, json=False)
    add(console, f"{job}/person-years", replay_result.person_years, csv=True)
    add(console, f"{job}/entries", replay_result.entries, csv=True)
    add(console, f"{job}/titles", replay_result.titles, csv=True)
    add(console, f"{job}/persons/<person>/<int:year>", replay_result.year)
    add(console, "/differences", differences.listed, csv=True)


def _registry(console: Blueprint) -> None:
    for address, show in ((registration.PERSON, registration.person), (registration.UNIT, registration.unit)):
        console.add_url_rule(address, view_func=show, methods=["GET", "POST"])  # For everybody, so without a session.
    console.add_url_rule(f"{registration.UNIT}/<unit:unit>", view_func=registration.unit_stands, methods=["GET"])
    add(console, registration.REGISTERED, registration.registered, json=False)
    add(console, entering.NEW, entering.new, json=False)
    take(console, entering.NEW, entering.send)
    add(console, entering.ENTERED, entering.entered, json=False)
    take(console, entering.ENTERED, entering.hand_over)
    add(console, transfers.MINE, transfers.mine, csv=True)
    add(console, transfers.ASKING, transfers.look_for)
    take(console, transfers.ASKING, transfers.ask)
    add(console, "/transfers/<transfer:transfer>", transfers.detail)
    _deeds(console, "/transfers/<transfer:transfer>", transfers.TRANSFER)
    add(console, "/units", units.listed, csv=True)
    add(console, "/units/<unit:unit>", units.detail)
    _deeds(console, "/units/<unit:unit>", units.UNIT)
    add(console, "/units/<unit:unit>/people", units.people, csv=True)
    add(console, applications.LIST, applications.listed, csv=True)
    add(console, applying.NEW, applying.new, json=False)
    take(console, applying.NEW, applying.file)
    add(console, "/applications/<application:application>", applications.detail)
    _deeds(console, "/applications/<application:application>", applications.APPLICATION)
    add(console, sanctions.LIST, sanctions.listed, csv=True)
    add(console, "/sanctions/<application:application>", sanctions.detail)
    _deeds(console, "/sanctions/<application:application>", sanctions.SANCTION)
    add(console, "/persons/<person:person>/titles", sanctions.record)
    _deeds(console, "/persons/<person:person>/titles", sanctions.RECORD)
    add(console, "/persons/<person:person>/belonging", leaving.detail)
    _deeds(console, "/persons/<person:person>/belonging", leaving.BELONGING)
    add(console, erasures.LIST, erasures.listed, csv=True)
    add(console, "/persons/<person:person>/erasure", erasures.detail)
    _deeds(console, "/persons/<person:person>/erasure", erasures.ROOM)


def _trainings(console: Blueprint) -> None:
    one_class, one_plan, one_card = "/classes/<class:training_class>", "/plans/<plan:plan>", "/cards/<card:card>"
    one_import, most = "/imports/<import:batch>", training_forms.SENT_MOST
    add(console, "/classes", training_lists.classes, csv=True)
    add(console, "/classes/new", training_forms.new_class, json=False)
    take(console, "/classes/new", training_forms.file_class, most=most)
    add(console, one_class, classes.training_class)
    _deeds(console, one_class, training_deeds.CLASSES, most=most)
    add(console, f"{one_class}/evidence/<sha256:sha256>", papers_filed.of_class, json=False)
    add(console, f"{one_class}/refiling", training_forms.refile_class_form, json=False)
    take(console, f"{one_class}/refiling", training_forms.refile_class, most=most)
    add(console, "/plans", training_lists.plans, csv=True)
    add(console, "/plans/new", training_forms.new_plan, json=False)
    take(console, "/plans/new", training_forms.file_plan, most=most)
    add(console, one_plan, plans.plan)
    _deeds(console, one_plan, training_deeds.PLANS, most=most)
    add(console, f"{one_plan}/evidence/<sha256:sha256>", papers_filed.of_plan, json=False)
    add(console, f"{one_plan}/refiling", training_forms.refile_plan_form, json=False)
    take(console, f"{one_plan}/refiling", training_forms.refile_plan, most=most)
    add(console, f"{one_class}/roster-template", rosters.blank, json=False)
    add(console, f"{one_class}/roster", rosters.form, json=False)
    take(console, f"{one_class}/roster", rosters.send, most=rosters.SENT_MOST)
    add(console, f"{one_class}/rosters/<act>", rosters.receipt)
    add(console, f"{one_class}/people", cards.people, csv=True)
    add(console, f"{one_class}/people.xlsx", cards.people_workbook, json=False)
    add(console, f"{one_class}/cards", cards.cards, csv=True)
    add(console, f"{one_class}/cards/new", cards.new_card, json=False)
    take(console, f"{one_class}/cards/new", cards.issue_card)
    add(console, one_card, cards.card)
    _deeds(console, one_card, cards.CARDS, most=most)
    add(console, "/imports", imports.listed, csv=True)
    add(console, "/imports/new", imports.new, json=False)
    take(console, "/imports/new", imports.send, most=rosters.SENT_MOST)
    add(console, "/imports/template", imports.template, json=False)
    add(console, "/imports/report", reconciling.report, csv=True)
    add(console, "/imports/changes", reconciling.changes)
    add(console, "/imports/ledgers", ledgers.listed)
    add(console, "/imports/ledgers/<int:position>.fork", ledgers.fork, json=False)
    add(console, sources.LIST, sources.listed)
    add(console, sources.NEW, sources.new, json=False)
    take(console, sources.NEW, sources.send)
    add(console, f"{sources.LIST}/<system>", sources.one)
    _deeds(console, f"{sources.LIST}/<system>", sources.ROOM)
    add(console, one_import, imports.one)
    _deeds(console, one_import, imports.ROOM, most=most)
    add(console, f"{one_import}/reconciliation", reconciling.form, json=False)
    take(console, f"{one_import}/reconciliation", reconciling.send, most=rosters.SENT_MOST)


def _timelines(console: Blueprint) -> None:
    add(console, event_notes.LIST, event_notes.listed, csv=True)
    take(console, "/events/<int:position>/note", event_notes.save)
    add(console, "/timeline", finder.find, json=False)
    take(console, "/timeline", finder.found)
    add(console, "/persons/<person:person>/timeline", timeline.person, csv=True)
    add(console, "/actors/<actor:actor>/timeline", timeline.actor, csv=True)
    for kind, address in timeline.RECORDS.items():
        add(console, f"{address}/timeline", timeline.record(kind), csv=True)
    add(console, f"{_CLAIM}/certificate", finder.certificate, csv=True)
    add(console, "/evidence/<sha256:sha256>", finder.showing, csv=True)
    add(console, f"{_CLAIM}/shared", pivot.claim, csv=True)
    add(console, "/findings/<finding:finding>/shared", pivot.finding, csv=True)
    add(console, "/shared", pivot.value, csv=True)
    add(console, "/shared/timeline", pivot.events, csv=True)
    add(console, "/access", looks.listed, csv=True)
    add(console, "/access/<int:position>/proof", looks.proof, json=False)
    add(console, "/events/<int:position>", event.event)
    add(console, "/events/<int:position>/proof", event.proof_file, json=False)


def _statements(console: Blueprint) -> None:
    of_person, record = "/persons/<person>/statements", "/statements/<statement:statement>/record"
    add(console, of_person, statements.listed, csv=True)
    add(console, f"{of_person}/new", statements.new, json=False)
    take(console, f"{of_person}/new", statements.issue)
    add(console, "/persons/<person>/carried", statements.carried, json=False)
    add(console, record, statements.detail)
    _deeds(console, record, statements.ROOM)

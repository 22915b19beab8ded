"""The pages. `register(app)` puts them into a Flask application, closed unless opened."""

from flask import Flask

from triage.entrypoints.web import (
    access,
    alarms,
    assets,
    banners,
    board,
    board_map,
    broadcasts,
    call,
    call_actions,
    call_afterwards,
    call_desk,
    call_errands,
    call_keeping,
    call_people,
    call_reliefs,
    call_teams,
    call_told,
    call_transfers,
    clinician,
    command_bar,
    communication_tests,
    errors,
    escalation,
    events,
    field_requests,
    figures,
    follow_ups,
    handovers,
    hazard_notes,
    headers,
    heard,
    intake,
    intake_known,
    intake_left,
    intake_paste,
    intake_undo,
    kept_words,
    languages,
    list_looks,
    other_numbers,
    own_calls,
    packing,
    page,
    page_link,
    paper,
    partners,
    past_calls,
    people,
    rules,
    safety,
    script_words,
    shifts,
    sign_in,
    sign_out,
    simulator,
    styleguide,
    supervision,
    teams,
    text_languages,
    training,
    turns,
    unsent_words,
    visits,
    watch,
)

PLACES = (
    sign_in,
    sign_out,
    own_calls,
    people,
    teams,
    partners,
    other_numbers,
    shifts,
    text_languages,
    safety,
    communication_tests,
    styleguide,
    intake,
    intake_known,
    intake_left,
    intake_paste,
    intake_undo,
    paper,
    past_calls,
    figures,
    hazard_notes,
    banners,
    alarms,
    watch,
    board,
    board_map,
    events,
    field_requests,
    call,
    call_actions,
    call_afterwards,
    call_errands,
    call_desk,
    call_keeping,
    call_people,
    call_told,
    handovers,
    call_teams,
    call_reliefs,
    call_transfers,
    clinician,
    visits,
    command_bar,
    page_link,
    follow_ups,
    rules,
    supervision,
    escalation,
    simulator,
    training,
)
"""One module per user's place; each has a blueprint named `bp`."""


def register(app: Flask) -> None:
    """Add all pages and their guards. The AppContext must be attached before."""
    headers.prepare(app)
    access.guard(app)
    errors.handle(app)
    page.furnish(app)
    assets.register(app)
    packing.furnish(app)
    kept_words.furnish(app)
    languages.furnish(app)
    script_words.furnish(app)
    broadcasts.furnish(app)
    heard.furnish(app)
    list_looks.furnish(app)
    unsent_words.furnish(app)
    for place in PLACES:
        app.register_blueprint(place.bp)
    app.wsgi_app = turns.Turns(app.wsgi_app)  # type: ignore[method-assign]

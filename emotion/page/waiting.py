"""A visitor's wait for their turn, told in words that are kept up to date."""

from contextlib import closing

from emotion import InputError
from emotion.analysis import pipeline
from emotion.analysis.turns import Stage
from emotion.page.maps import map_html
from emotion.page.texts import slow_text, waiting_text

EVERY = 1
"""Seconds after which a waiting visitor's place is looked up again. Gradio notices only then that somebody left."""


def wait_for(turn, what, tell):
    """Wait for a visitor's turn.

    Args:
        turn: turns.Turn.
        what: is waited for, see texts.waiting_text.
        tell: function from a sentence, "" once the turn has come, to contents of the page.

    Yields:
        contents, empty where the place is still the same; none where nobody is before.

    Returns:
        bool, whether the turn has come; not where the visitor has gone on meanwhile.
    """
    said, seconds = None, 0
    while not turn.wait(seconds):
        if turn.gone():
            return False
        sentence, seconds = waiting_text(what, *turn.place()), EVERY
        yield tell(sentence) if sentence != said else {}
        said = sentence
    if said is not None:
        yield tell("")
    return True


def look_in_turn(host, visit, file):
    """As session.Host.look, once it is this visitor's turn; yields contents: of the place, then of the answer."""
    try:
        with host.engine.turns.join(Stage.CHART, visit.since, visit.ended.is_set) as turn:
            come = yield from wait_for(turn, "photo", host.waiting)
            contents = host.look(visit, file) if come else {}
    except InputError as error:
        contents = host.blank(str(error), "failed")
    yield contents


def look_closer_in_turn(host, visit):
    """As session.Host.look_closer, once it is its turn: before other photos' maps where no face is known, else last."""
    if visit.search.photo is None or visit.search.begun:
        return
    visit.search.begun = True
    stage = Stage.SEARCH if visit.analysis else Stage.FIRST_MAP
    try:
        with host.engine.turns.join(stage, visit.since, visit.search.ended.is_set) as turn:
            if (yield from wait_for(turn, "search", lambda _: {})):
                yield from host.look_closer(visit)
    finally:  # also where nobody waits for it any more
        visit.search.finish()


def explain_in_turn(host, visit):
    """Explain the face on show, a piece of work in each turn.

    Yields:
        contents: the place, then maps, better and better; empty after a piece that changed nothing to be shown. They
        end where the visitor has gone on.

    Raises:
        InputError: there was no map in time.
    """
    stage = Stage.FIRST_MAP

    def tell(sentence):
        return {} if visit.explained else {"map": map_html(None, None, waiting=sentence)}

    with closing(pipeline.explain(visit.analysis, host.engine)) as analyses:
        while True:
            with host.engine.turns.join(stage, visit.since, visit.ended.is_set) as turn:
                come = yield from wait_for(turn, "map", tell)
                if come and (slow := slow_text(pipeline.map_seconds(host.engine.turns))):
                    yield tell(slow)
                analysis = next(analyses, None) if come else None
            if analysis is None or visit.ended.is_set():
                return
            changed = analysis.explanation is not visit.explained
            visit.explained, stage = analysis.explanation, Stage.REFINEMENT
            yield host.show(visit) if changed else {}

"""What a visitor does, joined to what the host answers."""

import base64
import io
import json

import gradio as gr
from PIL import Image

from emotion import InputError
from emotion.page.waiting import look_closer_in_turn, look_in_turn


def join(host, places, photo):
    """Join the places of the first tab to a host.

    Args:
        host: session.Host.
        places: dict of gr.HTML by the names of the host's contents.
        photo: see photo_input.

    Returns:
        (gr.State of the Visit, function that has the face on show explained after an event, function from a Visit and
        its contents to what an event returns that turns to it).
    """
    visit = gr.State()
    everything = [visit, *places.values()]
    fill = filler(places, visit)

    def begin(last, file):
        started, contents = host.begin(last, file is not None)
        return {visit: started} | fill(contents)

    def look(current, file):
        if current and file:
            yield from map(fill, look_in_turn(host, current, file))
        yield fill({})

    def explain(current):
        if current is not None:
            yield from map(fill, host.explain(current))
        yield fill({})  # Gradio says the last one again at the end: too late, where the visitor has gone on

    def look_closer(current):
        if current is not None:
            yield from map(fill, look_closer_in_turn(host, current))
        yield fill({})

    def choose(current, event: gr.EventData):
        if not known(current):
            return gone(current)
        try:
            turned, contents = host.choose(current, int(event.face))
        except (InputError, ValueError):
            return fill({})
        return turn_to(turned, contents)

    def ask(current, event: gr.EventData):
        if not known(current):
            return gone(current)
        asked = {name: getattr(event, name, None) for name in ("emotion", "other", "kind")}
        return fill(host.ask(current, **asked))

    def hide(current, event: gr.EventData):
        if not known(current):
            return gone(current)
        return fill(host.hide(current, *(getattr(event, name, None) for name in ("hidden", "painted", "number"))))

    def explain_after(before):
        before.success(explain, visit, everything, **quiet())

    def known(current):
        return current is not None and current.analysis is not None

    def gone(current):
        return fill(host.forgotten() if current is None else {})

    def turn_to(turned, contents):
        """What an event returns that turns to another Visit: nothing where the visitor has gone on meanwhile."""
        return fill({}) if turned.ended.is_set() else {visit: turned} | fill(contents)

    one_by_one = quiet() | {"trigger_mode": "always_last"}  # taken away and given quickly: only the last photo counts
    begun = photo.change(begin, [visit, photo], everything, **one_by_one)
    looked = begun.success(look, [visit, photo], everything, **quiet())
    searched = looked.success(look_closer, visit, everything, **quiet())
    chosen = places["faces"].input(choose, visit, everything, **quiet())
    asking = [places[name].input for name in ("chart", "asking")]
    gr.on(asking, ask, visit, everything, **quiet())
    for before in (looked, searched, chosen):
        explain_after(before)
    places["map"].input(hide, visit, everything, **quiet())
    for event in (begun, looked, searched):
        event.failure(None, js="() => page.failed()", **quiet())
    return visit, explain_after, turn_to


def filler(places, visit):
    """A function that makes of contents (dict of HTML by the names of places) what an event returns."""

    def fill(contents):
        return {places[name]: gr.update(value=content) for name, content in contents.items()} or {visit: gr.skip()}

    return fill


def offer_answer(host, visit, card, post, numbers):
    """Join three buttons to the pictures and the numbers of a visit (gr.State)."""
    offer(visit, card, lambda current: _pack_picture("expression.png", host.take_card(current)))
    offer(visit, post, lambda current: _pack_picture("expression-wide.png", host.take_post(current)))
    offer(visit, numbers, lambda current: _pack_result(host.take_result(current)))


def offer(visit, button, pack):
    """Join a button to a download: pack makes a parcel, or None, of the Visit (gr.State) that there is."""
    packed = gr.Textbox(visible=False)
    once = quiet() | {"trigger_mode": "once"}
    clicked = button.click(lambda current: current and pack(current), visit, packed, **once)
    clicked.success(None, packed, js="parcel => page.download(parcel)", **quiet())


def parcel(name, kind, content):
    """A file (bytes) as JSON of its name and an address that holds it: no copy lies in the temporary folder."""
    return json.dumps([name, f"data:{kind};base64,{base64.b64encode(content).decode()}"])


def lane(name=None, limit=1):
    """At most limit at a time of all that share a lane; without a name, nobody waits."""
    return {"concurrency_id": name, "concurrency_limit": limit if name else None}


def quiet(name=None, limit=1):
    """For an event of the page's own, which is no endpoint and says itself that it is working.

    Each of two quick messages is answered: "always_last" would repeat the first in place of the second (Gradio 6.31).
    """
    return {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple"} | lane(name, limit)


def _pack_picture(name, picture):
    if picture is None:
        return None
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return parcel(name, "image/png", file.getvalue())


def _pack_result(numbers):
    return None if numbers is None else parcel("expression.json", "application/json", json.dumps(numbers).encode())

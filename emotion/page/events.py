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
    """
    visit = gr.State()
    everything = [visit, *places.values()]

    def fill(contents):
        return {places[name]: gr.update(value=content) for name, content in contents.items()} or {visit: gr.skip()}

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

    def choose(current, file, event: gr.EventData):
        if not known(current):
            return gone(file)
        try:
            turned, contents = host.choose(current, int(event.face))
        except (InputError, ValueError):
            return fill({})
        return {visit: turned} | fill(contents)

    def ask(current, file, event: gr.EventData):
        if not known(current):
            return gone(file)
        asked = {name: getattr(event, name, None) for name in ("emotion", "other", "kind")}
        return fill(host.ask(current, **asked))

    def hide(current, file, event: gr.EventData):
        if not known(current):
            return gone(file)
        return fill(host.hide(current, *(getattr(event, name, None) for name in ("hidden", "painted", "number"))))

    def known(current):
        return current is not None and current.analysis is not None

    def gone(file):
        return fill(host.forgotten() if file else {})

    # "always_last" would repeat what the first of two quick messages said in place of the second (Gradio 6.31).
    begun = photo.change(begin, [visit, photo], everything, **quiet())
    looked = begun.success(look, [visit, photo], everything, trigger_mode="multiple", **quiet())
    searched = looked.success(look_closer, visit, everything, trigger_mode="multiple", **quiet())
    chosen = places["faces"].input(choose, [visit, photo], everything, trigger_mode="always_last", **quiet())
    asking = [places[name].input for name in ("chart", "asking")]
    gr.on(asking, ask, [visit, photo], everything, trigger_mode="multiple", **quiet())
    for before in (looked, searched, chosen):
        before.success(explain, visit, everything, trigger_mode="multiple", **quiet())
    places["map"].input(hide, [visit, photo], everything, trigger_mode="multiple", **quiet())
    for event in (begun, looked, searched):
        event.failure(None, js="() => page.failed()", **quiet())
    return visit


def offer_download(host, visit, card, numbers):
    """Join two buttons to the picture and the numbers of a visit (gr.State)."""
    parcel = gr.Textbox(visible=False)
    for button, pack in ((card, _pack_card), (numbers, _pack_result)):
        packed = button.click(lambda current, pack=pack: pack(host, current), visit, parcel, **quiet())
        packed.success(None, parcel, js="parcel => page.download(parcel)", **quiet())


def lane(name=None, limit=1):
    """At most limit at a time of all that share a lane; without a name, nobody waits."""
    return {"concurrency_id": name, "concurrency_limit": limit if name else None}


def quiet(name=None, limit=1):
    """For an event of the page's own, which is no endpoint and says itself that it is working."""
    return {"api_visibility": "private", "show_progress": "hidden"} | lane(name, limit)


def _pack_card(host, visit):
    picture = visit and host.take_card(visit)
    if picture is None:
        return None
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return _parcel("expression.png", "image/png", file.getvalue())


def _pack_result(host, visit):
    numbers = visit and host.take_result(visit)
    return None if numbers is None else _parcel("expression.json", "application/json", json.dumps(numbers).encode())


def _parcel(name, kind, content):
    """A file (bytes) as JSON of its name and an address that holds it: no copy lies in the temporary folder."""
    return json.dumps([name, f"data:{kind};base64,{base64.b64encode(content).decode()}"])

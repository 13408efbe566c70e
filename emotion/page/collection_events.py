"""What a visitor does with all photos of a visit, joined to the Collection."""

import gradio as gr

from emotion import InputError
from emotion.page.events import filler, offer, parcel, quiet
from emotion.page.looks import SENTENCES
from emotion.page.programs import uploaded_file


def join_collection(collection, places, visit, explain_after, turn_to, csv):
    """Join the places of the album, the comparison and the table to a Collection.

    Each photo of a table is an event of its own, so that others have their turns between.

    Args:
        collection: collection.Collection.
        places: dict of gr.HTML by the names of the contents.
        visit, explain_after, turn_to: what events.join returned.
        csv: gr.Button that downloads the table.
    """
    fill, everything = filler(places, visit), [visit, *places.values()]

    def come_back(current, event: gr.EventData):
        if current is None:
            return fill(collection.host.forgotten())
        number, place = _asked(event, "kept", "place")
        try:
            returned, contents = collection.come_back(current, int(number), int(place or 0))
        except (InputError, TypeError, ValueError):
            return fill({})
        return turn_to(returned, contents)

    def compare(current, event: gr.EventData):
        if current is None:
            return fill(collection.host.forgotten())
        try:
            return fill(collection.compare(current, *_asked(event, "left", "right", "emotion")))
        except InputError:
            return fill({})

    def change(current, event: gr.EventData):
        key, given, refused, cancelled = _asked(event, "key", "given", "refused", "cancelled")
        if not isinstance(key, int):
            return fill({})
        if isinstance(given, int) and given > 0:
            begun, contents = collection.begin(current, key, given)
            return {visit: begun} | fill(contents)
        if current is None:
            return fill(collection.host.forgotten())
        if isinstance(cancelled, int):
            return fill(collection.cancel(current, key, cancelled))
        return fill(collection.refuse(current, key, SENTENCES.get(str(refused), SENTENCES["broken"])))

    def add(current, event: gr.EventData):
        key, file = _asked(event, "key", "file")
        if current is None:
            return fill(collection.host.forgotten())
        try:
            return fill(collection.add(current, key, uploaded_file(file)))
        except InputError as error:
            return fill(collection.refuse(current, key, str(error)))

    for choosing in (places["album"].input, places["many"].select):
        explain_after(choosing(come_back, visit, everything, **quiet()))
    for asking in (places["album"].select, places["comparison"].input):
        asking(compare, visit, everything, **quiet())
    begun = places["many"].input(change, visit, everything, **quiet())
    added = places["many"].upload(add, visit, everything, **quiet())
    for event in (begun, added):
        event.failure(None, js="() => page.many.failed()", **quiet())
    offer(visit, csv, lambda current: _pack_table(collection.take_csv(current)))


def _asked(event, *names):
    """What the browser said of these names, None where it said nothing."""
    return [getattr(event, name, None) for name in names]


def _pack_table(table):
    return None if table is None else parcel("expressions.csv", "text/csv", table)

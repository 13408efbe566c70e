"""What a visitor keeps, asked for by another who knows every address; and when it is gone."""

import base64
import json
import os

import pytest

from emotion.page.layout import forget_visitors
from emotion.page.texts import FORGOTTEN
from tests.toy_page import Toy, grey, served
from tests.visitor import Visitor, file_at, step_of, strings_in

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system's signals and limits"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),  # of what Gradio asks of pandas
]


class Owner(Visitor):
    """A visitor who asks for what the album, the table and the cards have."""

    def ask(self, where, event, **said):
        """Everything that the page answers to an event of a place: one text."""
        config = self.client.get("/config").json()
        return "\n".join(strings_in(self.take_step(step_of(config, where, event), [None], said)))

    def give_many(self, photos):
        """Have a table made of photos (list of bytes)."""
        self.ask("many", "input", key=1, given=len(photos))
        for content in photos:
            said = self.ask("many", "upload", key=1, file=file_at(self.upload(content, "anna-on-holiday.png")))
        return said

    def ask_for_all(self):
        """All that can be asked for of the photos of a visit."""
        return "\n".join(
            [
                *(self.ask("album", "input", kept=number) for number in (1, 2)),
                *(self.ask("many", "select", kept=number, place=0) for number in (1, 2)),
                self.ask("album", "select"),
                self.ask("comparison", "input", left="1.0", right="2.0", emotion="happy"),
                self.ask("many", "input", key=1, cancelled=True),
                *(self.ask(button, "click") for button in ("csv", "card", "post", "numbers")),
            ]
        )


TELLING = ("data:image", "data:text/csv", "%", "Photo 1")


def test_what_a_visitor_keeps_is_for_nobody_else_and_goes_with_the_visit(tmp_path):
    with served(Toy(), tmp_path) as (url, page, _):
        owner, stranger = Owner(url), Owner(url)
        assert "2 photos, 2 faces." in owner.give_many([grey(40), grey(190)])
        other = owner.ask("album", "input", kept=1)
        assert "Looks" in other or "Not sure" in other
        told = owner.ask_for_all()
        assert all(word in told for word in TELLING)
        table = base64.b64decode(json.loads(owner.ask("csv", "click").splitlines()[0])[1].partition(",")[2]).decode()
        assert table.startswith("photo,face,angry,")
        assert "anna" not in table + told

        stranger.analyse(grey(90))  # has a photo of their own, number 1
        for said in (stranger.ask("many", "select", kept=2, place=0), stranger.ask("csv", "click")):
            assert not any(word in said for word in TELLING)
        nobody = Owner(url)
        said = nobody.ask_for_all()
        assert not any(word in said.replace("width:0.0%", "") for word in TELLING)

        forget_visitors(page, age=0)
        said = owner.ask("album", "input", kept=1)
        assert FORGOTTEN in said
        assert not any(word in said.replace("width:0.0%", "") for word in TELLING)
        for visitor in (owner, stranger, nobody):
            visitor.close()


def test_senseless_words_about_many_photos_change_nothing(toy_url):
    visitor = Owner(toy_url)
    visitor.ask("many", "input", key=1, given=2)
    for said in (
        {},
        {"key": "x", "given": 3},
        {"key": 1, "given": -1},
        {"key": 1, "given": 1.5},
        {"key": 2, "file": {}},
    ):
        visitor.ask("many", "input", **said)
        visitor.ask("many", "upload", **said)
        visitor.ask("many", "select", **said)
    assert "photo 1 of 2" in visitor.ask("many", "input", key=1, given=2)
    visitor.close()


def test_a_file_that_was_not_uploaded_is_no_photo(toy_url):
    visitor = Owner(toy_url)
    visitor.ask("many", "input", key=1, given=2)
    said = visitor.ask("many", "upload", key=1, file="/etc/passwd")
    assert "not a file that was uploaded here" in said
    visitor.close()


@pytest.fixture(scope="module")
def toy_url(tmp_path_factory):
    """Address of a page with a toy behind it."""
    with served(Toy(), tmp_path_factory.mktemp("toy")) as (url, _, _):
        yield url

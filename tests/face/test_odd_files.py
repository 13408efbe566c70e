import pytest

from tests.bench.odd_files import compare


@pytest.mark.slow
def test_what_a_browser_shows_whole_is_read_whole_whatever_its_metadata(chromium):
    page = chromium.new_page()
    found = compare(page, 800, seed=1)
    page.close()
    assert found["wrong"] == []
    assert found["outcomes"]["Chromium whole, we whole"] > 400

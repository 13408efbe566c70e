"""Times are kept part by part; the times themselves are no tests."""

import json

from tests.bench import speed


def test_times_are_kept_part_by_part(tmp_path, monkeypatch):
    for name, seconds in (("start", 1.0), ("predict", 2.0), ("start", 3.0)):
        monkeypatch.setitem(
            speed.BENCHMARKS, name, lambda seconds=seconds: iter([speed.taken("a thing", seconds, 6.0, "plainly")])
        )
        speed.measure_times(name, tmp_path)
    record = json.loads((tmp_path / "speed.json").read_text())
    assert {name: [row["seconds"] for row in part["rows"]] for name, part in record.items()} == {
        "start": [3.0],
        "predict": [2.0],
    }
    assert record["start"]["rows"][0] | {"seconds": 0} == speed.taken("a thing", 0, 6.0, "plainly")

import subprocess
import sys
import threading
from pathlib import Path

from PIL import ImageFile

from emotion.face.detectors import in_parallel, load_detector

ROOT = Path(__file__).parents[2]


def test_truncated_files_are_still_refused_after_the_detector_is_loaded():
    load_detector()
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_missing_models_are_said_and_do_not_end_the_process():
    code = (
        "import sys\n"
        "sys.modules['face_recognition_models'] = None\n"  # as if it were not installed
        "from emotion import InputError\n"
        "from emotion.face.detectors import load_detector\n"
        "try: load_detector()\n"
        "except InputError as error: print('said:', error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "said: The package face_recognition can't find its models" in result.stdout


def test_searches_run_side_by_side_and_answer_in_order():
    both = threading.Barrier(2, timeout=60)  # passed only if two searches wait there at the same time
    answers = in_parallel([lambda: (both.wait(), "first")[1], lambda: (both.wait(), "second")[1]])
    assert list(answers) == ["first", "second"]


def test_searches_that_nobody_waits_for_are_not_begun():
    begun, ended, may_end = [], [], threading.Event()

    def search():
        begun.append(1)
        may_end.wait(60)
        ended.append(1)

    answers = in_parallel([lambda: "first", *[search] * 9])
    assert next(answers) == "first"
    answers.close()
    assert ended == [], "it waits for those under way"
    may_end.set()
    assert len(begun) <= 3

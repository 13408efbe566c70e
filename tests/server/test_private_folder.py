import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from emotion import InputError
from emotion.server.private_folder import FILE_SIZE, GRACE, LOCK, PrivateFolder, remove_stale

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_folder_is_for_its_owner_only():
    with PrivateFolder("test-") as folder:
        assert folder.path.stat().st_mode & 0o777 == 0o700


def test_at_the_end_the_folder_is_gone_with_all_that_is_in_it(place):
    with PrivateFolder("test-") as folder:
        (folder.path / "a").mkdir()
        (folder.path / "a" / "photo.jpg").write_bytes(b"photo")
    assert list(place.iterdir()) == []


def test_at_the_end_the_folder_is_gone_also_after_an_error(place):
    with pytest.raises(KeyboardInterrupt), PrivateFolder("test-"):
        raise KeyboardInterrupt
    assert list(place.iterdir()) == []


def test_temporary_files_of_any_library_go_into_the_folder_and_afterwards_where_they_went(place):
    with PrivateFolder("test-") as folder, tempfile.NamedTemporaryFile() as file:
        assert Path(file.name).parent == folder.path
    with tempfile.NamedTemporaryFile() as file:
        assert Path(file.name).parent == place


def test_made_in_another_place_it_leaves_temporary_files_where_they_go(place):
    other = place / "other"
    other.mkdir()
    with PrivateFolder("test-", other) as folder, tempfile.NamedTemporaryFile() as file:
        assert folder.path.parent == other
        assert Path(file.name).parent == place
    assert list(other.iterdir()) == []


def _hold_in_another_process(place):
    code = (
        "import sys; from emotion.server.private_folder import PrivateFolder\nwith PrivateFolder('test-') as folder:\n"
    )
    code += "    (folder.path / 'photo.jpg').touch(); print(folder.path, flush=True); sys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"TMPDIR": str(place)}, **pipes)


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(place):
    with _hold_in_another_process(place) as living, _hold_in_another_process(place) as killed:
        kept, left = (Path(process.stdout.readline().strip()) for process in (living, killed))
        killed.kill()
        killed.wait()
        assert (left / "photo.jpg").exists()
        with PrivateFolder("test-") as folder:
            assert set(place.iterdir()) == {kept, folder.path}
            assert (kept / "photo.jpg").exists()
        living.stdin.close()
    assert list(place.iterdir()) == []


def test_a_folder_that_is_just_being_made_is_left_alone(place):
    (place / "test-new").mkdir()
    remove_stale(place, "test-")
    assert (place / "test-new").exists()
    long_ago = time.time() - GRACE - 1
    os.utime(place / "test-new", (long_ago, long_ago))
    remove_stale(place, "test-")
    assert not (place / "test-new").exists()


def test_other_folders_and_links_are_left_alone(place):
    (place / "other").mkdir()
    (place / "other" / LOCK).touch()
    (place / "test-link").symlink_to(place / "other")
    remove_stale(place, "test-")
    assert (place / "other" / LOCK).exists()


def test_old_files_are_removed_and_the_programs_own_are_kept():
    with PrivateFolder("test-") as folder:
        (folder.path / "example.jpg").touch()
        folder.keep()
        (folder.path / "a").mkdir()
        (folder.path / "a" / "photo.jpg").touch()
        folder.empty(age=60)
        assert (folder.path / "a" / "photo.jpg").exists()
        folder.empty(age=0)
        assert sorted(item.name for item in folder.path.rglob("*")) == ["example.jpg", LOCK]


def test_many_small_files_count_as_much_as_large_ones():
    with PrivateFolder("test-") as folder:
        before = folder.size()
        (folder.path / "small").touch()
        (folder.path / "large").write_bytes(bytes(3 * FILE_SIZE))
        assert folder.size() - before == 4 * FILE_SIZE


def test_where_no_folder_can_be_made_a_sentence_says_so(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/at/all")
    with pytest.raises(InputError, match=r"none can be made\. Free some disk space, or name a writable folder"):
        PrivateFolder("test-").__enter__()

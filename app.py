"""The command line that serves the page: a photo in, seven probabilities and the map that shows why out.

uv run app.py                                      # http://127.0.0.1:7860
uv run app.py --share                              # and a public link
uv run app.py --replicas 2                         # analyses two photos at a time, each in a process of its own
uv run app.py --reproduce photo.jpg result.json    # checks a downloaded result against its photo
"""

import argparse
import os
import sys
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path

from emotion import EMOTIONS, InputError
from emotion.server.address import check_address, check_root
from emotion.server.environment import forget_others_settings, no_proxy, return_memory
from emotion.server.log import keep_visitors_out
from emotion.server.private_folder import PrivateFolder
from emotion.server.signals import ended_by_signals, ignore_signals
from emotion.server.visitors import BYTES, MIRRORS, PHOTOS, Visitors

MODELS = Path(__file__).parent / "models"


def main(argv=None, models=MODELS):
    """Run the command line (list of str, None for the program's own) with a folder of weights; return the status."""
    arguments = parse_arguments(argv)
    try:
        if arguments.reproduce:
            return reproduce(*arguments.reproduce, models)
        host = check_address(arguments.host, arguments.port)
        check_root(arguments.root)
        forget_others_settings()
        return_memory()
        with ended_by_signals() as stop_if_asked, PrivateFolder("expression-") as folder:
            os.environ["GRADIO_TEMP_DIR"] = str(folder.path)  # before Gradio loads, which makes it otherwise
            try:
                serve(arguments, host, models, folder, stop_if_asked)
            finally:
                del os.environ["GRADIO_TEMP_DIR"]
                ignore_signals()
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def parse_arguments(argv):
    """Read the command line (list of str, None for the program's own) into a namespace."""
    parser = argparse.ArgumentParser(description="Serve the page.")
    parser.add_argument("--share", action="store_true", help="also make a public link, valid for a week")
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1",
        help="address to listen on; 0.0.0.0 lets other computers in (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=os.environ.get("GRADIO_SERVER_PORT") or None,
        help="port to listen on (default: the first free one from 7860)",
    )
    parser.add_argument(
        "--root",
        metavar="PATH",
        default=os.environ.get("GRADIO_ROOT_PATH", ""),
        help="where a proxy puts the page, such as /faces or https://example.org/faces",
    )
    parser.add_argument(
        "--reproduce",
        nargs=2,
        metavar=("PHOTO", "RESULT"),
        help="serve no page, but make a downloaded result (JSON) again from its photo, and say whether the two are "
        "equal (exit status 0) or what differs (1)",
    )
    parser.add_argument(
        "--limit-visitors",
        nargs="?",
        const="",
        metavar="HEADER",
        help=f"let one visitor give at most {PHOTOS} photos or {BYTES // 10**6} MB within a minute and have {MIRRORS} "
        "live mirrors; behind a proxy, name the header in which it gives their address, such as X-Real-IP",
    )
    parser.add_argument(
        "--replicas", type=int, default=0, metavar="N", help="analyse N photos at a time, each in a process of its own"
    )
    arguments = parser.parse_args(argv)
    if arguments.replicas < 0:
        parser.error(f"argument --replicas: there can't be {arguments.replicas} of them")
    return arguments


def reproduce(photo, result, models):
    """Make a result again from its photo and say whether the two are equal; return the exit status.

    Raises:
        InputError: see reproduce.reproduce; or the weights of the folder are missing or damaged.
    """
    from emotion.network.weights import read_record

    record = read_record(models)  # before anything heavy is loaded
    from emotion.analysis import reproduce as room
    from emotion.analysis.engine import load_network

    differences = room.reproduce(photo, result, load_network(models), record)
    if not differences:
        print(f"Equal: no number of the map made from this photo differs by more than {room.TOLERANCE}.")
        return 0
    more = f"; and {len(differences) - 3} more" if len(differences) > 3 else ""
    print(f"Different: {'; '.join(differences[:3])}{more}.")
    return 1


def serve(arguments, host, models, folder, stop_if_asked):
    """Open the page, load what answers the first photo, and stay until stopped.

    Args:
        arguments: of parse_arguments.
        host: address to listen on, as check_address gives it.
        models: Path of the weights' folder.
        folder: PrivateFolder.
        stop_if_asked: see signals.ended_by_signals.

    Raises:
        InputError: the weights are missing, damaged or not those of the record, the port was taken meanwhile, or there
            are to be replicas and Ray is missing or does not start.
    """
    from emotion.network.weights import HOW_TO_RESTORE, read_record

    record = read_record(models)
    if record.get("emotions") != list(EMOTIONS) or not record.keys() >= {"validation", "faults"}:
        raise InputError(f"The record in {models} belongs to another version of this program. {HOW_TO_RESTORE}")
    screen = sys.stdout
    with (
        open(os.devnull, "w") as nowhere,
        redirect_stdout(nowhere),  # what libraries print may name a visitor's file
        open_engine(arguments.replicas, models) as (engine, load_rest),
    ):
        from emotion.network.backend import gpu_names
        from emotion.server.sweep import sweep_until_stopped

        with no_proxy():  # Gradio makes itself HTTP clients as it loads
            from emotion.page.launch import launch, share
            from emotion.page.layout import build_page, forget_visitors
            from emotion.page.mirror import Mirror

        page = build_page(engine, record, arguments.share)
        visitors = None if arguments.limit_visitors is None else Visitors(arguments.limit_visitors)
        mirror = Mirror(engine, record)
        url = launch(page, mirror, folder, host, arguments.port, root=arguments.root, visitors=visitors)
        keep_visitors_out()
        try:
            print(f"The page is at {url} (Ctrl-C stops it).", file=screen, flush=True)
            if arguments.share:
                print(share(page), file=screen, flush=True)
            load_rest()
            stop_if_asked()
            if said := rehearse_map(engine):
                print(said, file=screen, flush=True)
            for name in [] if arguments.replicas else gpu_names():
                print(f"It uses this GPU: {name}.", file=screen, flush=True)
            keep_visitors_out()  # once more: libraries that were loaded meanwhile have loggers of their own
            sweep_until_stopped(folder, lambda age: forget_visitors(page, age))
        finally:
            page.close(verbose=False)


def rehearse_map(engine):
    """Make a first map, for nobody; return a sentence where it takes long, else ""."""
    from emotion.analysis.pipeline import map_seconds, rehearse
    from emotion.page.texts import slow_text

    try:
        rehearse(engine)
    except InputError as error:
        return str(error)
    return slow_text(map_seconds(engine.turns))


@contextmanager
def open_engine(replicas, models):
    """What does the work behind the page, as long as it is wanted.

    Args:
        replicas: number of processes that do it; 0 for none but this one.
        models: Path of the weights' folder.

    Yields:
        (Engine, load): load() loads what takes longest, for which the Engine's first photo waits.

    Raises:
        InputError: Ray is missing or does not start.
    """
    from emotion.analysis.engine import engine_in_the_making, load_network, local_engine

    load = partial(load_network, models)
    if replicas < 1:
        yield engine_in_the_making(lambda: local_engine(load()))
        return
    try:
        from emotion.analysis.replicas import cluster_engine
    except ImportError as error:
        raise InputError(
            "Replicas need Ray, which is not installed. Start with 'uv run --group cluster app.py --replicas 2', or "
            "leave --replicas out."
        ) from error
    with cluster_engine(load, replicas) as engine:
        try:
            yield engine, lambda: None
        finally:
            ignore_signals()  # a second Ctrl-C must not leave replicas behind


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="backslashreplace")  # of files' names, a terminal may not be able to show all
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # at once: threads that still ask the network would crash the interpreter's own way out

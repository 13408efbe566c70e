"""The page: a photo goes in; seven probabilities, and the heat map that shows what drove them, come out.

uv run app.py                                      # http://127.0.0.1:7860
uv run app.py --share                              # and a public link
uv run app.py --replicas 2                         # analyses two photos at a time, in processes of their own
uv run app.py --reproduce photo.jpg result.json    # makes a result again that was taken home
"""

import argparse
import os
import signal
import sys
import time
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow loads: no GPU is no error
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # quicker convolutions, also on processors where they are off

from emotion import EMOTIONS, InputError
from emotion.server.gate import MAX_UPLOAD, Gate
from emotion.server.log import keep_visitors_out
from emotion.server.private_folder import PrivateFolder

MODELS = Path(__file__).parent / "models"
QUEUE_SIZE = 32
"""Photos that wait for their turn, and visitors who wait a minute or more; the next are told so."""

SESSIONS = 200
"""Visitors whose last answer stays in memory, some megabytes each."""

SWEEP_SECONDS = 20


def main(argv=None, models=MODELS):
    """Run the command line with the weights of a folder; return the exit status."""
    arguments = parse_arguments(argv)
    try:
        if arguments.reproduce:
            return make_again(*arguments.reproduce, models)
        with _interrupted_by_signals(), PrivateFolder("expression-") as folder:
            os.environ["GRADIO_TEMP_DIR"] = str(folder.path)  # before Gradio loads, which makes it otherwise
            try:
                serve(arguments, models, folder)
            finally:
                del os.environ["GRADIO_TEMP_DIR"]
                _ignore_signals()  # a second Ctrl-C must not keep photos from being deleted
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def parse_arguments(argv):
    """Read the command line (list of str, None for the program's own) into a namespace."""
    parser = argparse.ArgumentParser(description="Serve the page.")
    parser.add_argument("--share", action="store_true", help="make a public link too, good for a week")
    parser.add_argument(
        "--host",
        default=os.environ.get("GRADIO_SERVER_NAME", "127.0.0.1"),
        help="address to listen on; 0.0.0.0 lets other machines in (default: %(default)s)",
    )
    parser.add_argument("--port", type=int, help="port to listen on (default: the first free one from 7860)")
    parser.add_argument(
        "--reproduce",
        nargs=2,
        metavar=("PHOTO", "RESULT"),
        help="serve no page, but make a result (JSON) again from its photo and say whether both are equal (exit status "
        "0) or what differs (1)",
    )
    parser.add_argument(
        "--replicas", type=int, default=0, help="analyse so many photos at a time, each in a process of its own, by Ray"
    )
    return parser.parse_args(argv)


def make_again(photo, result, models):
    """Make a result again from its photo and say whether both are equal; return the exit status.

    Raises:
        InputError: see report.reproduce; or the weights of the folder are missing or damaged.
    """
    from emotion.analysis.reproduce import TOLERANCE, reproduce
    from emotion.network.model import load_classifier

    differences = reproduce(photo, result, *load_classifier(models))
    if not differences:
        print(
            f"Equal: the map made again from the photo is that of the result (no number differs by over {TOLERANCE})."
        )
        return 0
    shown = "; ".join(differences[:3])
    print(f"Different: {shown}{f'; and {len(differences) - 3} more' if len(differences) > 3 else ''}.")
    return 1


def serve(arguments, models, folder):
    """Load the weights of a folder, open the page, and stay until stopped.

    Args:
        arguments: of parse_arguments.
        models: Path, as for load_classifier.
        folder: PrivateFolder.

    Raises:
        InputError: the weights are missing, damaged or not those of the record, the port is taken, or there are to be
            replicas and Ray is missing or does not start.
    """
    # Heavy, and Gradio asks on loading where temporary files go: not before there is a folder.
    from emotion.network.model import load_classifier
    from emotion.page.layout import build_page

    classify, record = load_classifier(models)
    if record.get("emotions") != list(EMOTIONS) or not record.keys() >= {"validation", "faults"}:
        raise InputError(
            f"The record in {models} is of another version of this program. Expected the one that came with it. "
            "Restore it with 'git checkout models', or make it anew with train.py."
        )
    screen = sys.stdout
    with (
        open(os.devnull, "w") as nowhere,
        redirect_stdout(nowhere),  # what libraries print may name a visitor's file
        open_engine(arguments.replicas, models, classify) as engine,
    ):
        page = build_page(engine, record)
        url, public_url = launch(page, folder, arguments)
        keep_visitors_out()
        print(f"The page is at {url} (Ctrl-C stops it).", file=screen)
        if public_url:
            print(f"Anybody can reach it at {public_url} for a week, as long as it runs here.", file=screen)
        elif arguments.share:
            print("No public link could be made: the server that gives them can't be reached from here.", file=screen)
        screen.flush()
        try:
            stay(page, folder)
        finally:
            page.close(verbose=False)


@contextmanager
def open_engine(replicas, models, classify):
    """What works behind the page, as long as it is wanted.

    Args:
        replicas: number of processes that do the work; 0 for none but this one.
        models: Path of the weights' folder, for replicas.
        classify: model.Classifier, for this process.

    Yields:
        engine.Engine.

    Raises:
        InputError: Ray is missing or does not start.
    """
    if replicas < 1:
        from emotion.analysis.engine import local_engine

        yield local_engine(classify)
        return
    try:
        from emotion.analysis.replicas import cluster_engine
    except ImportError as error:
        raise InputError(
            "Replicas were asked for, and Ray is not installed. Expected it for --replicas. "
            "Start with 'uv run --group cluster app.py --replicas 2', or leave --replicas out."
        ) from error
    with cluster_engine(models, replicas) as engine:
        try:
            yield engine
        finally:
            _ignore_signals()  # a second Ctrl-C must not leave replicas behind


def launch(page, folder, arguments):
    """Open the page.

    Args:
        page: of build_page.
        folder: PrivateFolder.
        arguments: of parse_arguments.

    Returns:
        (address, public address or None), str.

    Raises:
        InputError: the port is taken, or the address none of this computer.
    """
    from emotion.page.layout import CSS, ICON, PREVIEW, THEME, TITLE, WORDS
    from emotion.page.mended import LinkPreview

    page.queue(api_open=False, max_size=QUEUE_SIZE)  # api_open would let callers past the queue
    try:
        _, url, public_url = page.launch(
            share=arguments.share,
            server_name=arguments.host,
            server_port=arguments.port,
            css=CSS,
            theme=THEME,
            i18n=WORDS,
            favicon_path=str(ICON),
            footer_links=["gradio"],
            run_history=False,  # it would keep photos in the browser's storage
            max_file_size=MAX_UPLOAD,
            state_session_capacity=SESSIONS,
            app_kwargs={"middleware": [(Gate, (), {"folder": folder}), (LinkPreview, (TITLE, PREVIEW), {})]},
            show_error=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            quiet=True,
            prevent_thread_lock=True,
        )
    except OSError as error:
        if error.errno is not None:  # the system's own: Gradio's about ports has none
            raise
        raise InputError(
            f"The page can't listen on {arguments.host}, port {arguments.port or '7860 to 7959'}. "
            "Expected an address of this computer and a free port. Choose others with --host and --port."
        ) from error
    folder.keep()  # the examples' pictures
    return url, public_url


def stay(page, folder):
    """Delete what is older than the notice promises, until Ctrl-C or a signal."""
    from emotion.page.layout import MINUTES_KEPT, forget_visitors

    while True:
        age = 60 * MINUTES_KEPT - 3 * SWEEP_SECONDS
        folder.empty(age)
        forget_visitors(page, age)
        time.sleep(SWEEP_SECONDS)


@contextmanager
def _interrupted_by_signals():
    """SIGTERM, and SIGHUP where there is one, end the program as Ctrl-C does."""
    names = [name for name in ("SIGTERM", "SIGHUP", "SIGINT") if hasattr(signal, name)]
    before = {name: signal.getsignal(getattr(signal, name)) for name in names}
    for name in names[:-1]:
        signal.signal(getattr(signal, name), _interrupt)
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _ignore_signals():
    for name in ("SIGTERM", "SIGHUP", "SIGINT"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def _interrupt(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)  # at once: threads that still ask the network would crash the interpreter's own way out

"""The page: a photo goes in; seven probabilities, and the heat map that shows what drove them, come out.

uv run app.py                                      # http://127.0.0.1:7860
uv run app.py --share                              # and a public link
uv run app.py --reproduce photo.jpg result.json    # makes a result again that was taken home
"""

import argparse
import io
import os
import signal
import sys
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow loads: no GPU is no error

from emotion import InputError
from emotion.engine import local_engine
from emotion.model import load_classifier
from emotion.page import CSS, THEME, build_page
from emotion.report import TOLERANCE, reproduce

MODELS = Path(__file__).parent / "models"
QUEUE_SIZE = 32


def main(argv=None, models=MODELS):
    """Run the command line with the weights of a folder; return the exit status."""
    arguments = parse_arguments(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    with tempfile.TemporaryDirectory(prefix="expression-", ignore_cleanup_errors=True) as folder:  # for its owner only
        os.environ["GRADIO_TEMP_DIR"] = folder
        try:
            if arguments.reproduce:
                return make_again(*arguments.reproduce, models)
            serve(arguments, models)
        except InputError as error:
            print(error, file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            pass
        finally:
            del os.environ["GRADIO_TEMP_DIR"]
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
    return parser.parse_args(argv)


def make_again(photo, result, models):
    """Make a result again from its photo and say whether both are equal; return the exit status.

    Raises:
        InputError: see report.reproduce; or the weights of the folder are missing or damaged.
    """
    differences = reproduce(photo, result, *load_classifier(models))
    if not differences:
        print(
            f"Equal: the map made again from the photo is that of the result (no number differs by over {TOLERANCE})."
        )
        return 0
    shown = "; ".join(differences[:3])
    print(f"Different: {shown}{f'; and {len(differences) - 3} more' if len(differences) > 3 else ''}.")
    return 1


def serve(arguments, models):
    """Load the weights of a folder, open the page, and stay until stopped.

    Raises:
        InputError: the weights are missing, damaged or not those of the record, or the port is taken.
    """
    classify, record = load_classifier(models)
    page = build_page(local_engine(classify), record)
    page.queue(api_open=False, max_size=QUEUE_SIZE)  # api_open would let callers past the queue
    try:
        with redirect_stdout(io.StringIO()):  # Gradio's own advice; what matters is said below
            _, url, public_url = page.launch(
                share=arguments.share,
                server_name=arguments.host,
                server_port=arguments.port,
                css=CSS,
                theme=THEME,
                footer_links=["gradio"],
                run_history=False,  # it would keep photos in the browser's storage
                max_file_size="25mb",
                enable_monitoring=False,
                ssr_mode=False,
                quiet=True,
                prevent_thread_lock=True,
            )
    except OSError as error:
        raise InputError(
            f"The page can't listen on {arguments.host}, port {arguments.port or '7860 to 7959'}. "
            "Expected an address of this computer and a free port. Choose others with --host and --port."
        ) from error
    print(f"The page is at {url} (Ctrl-C stops it).", flush=True)
    if public_url:
        print(f"Anybody can reach it at {public_url} for a week, as long as it runs here.", flush=True)
    elif arguments.share:
        print("No public link could be made: the server that gives them can't be reached from here.", flush=True)
    try:
        while True:
            time.sleep(1)  # until Ctrl-C or SIGTERM
    finally:
        page.close(verbose=False)


def _interrupt(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

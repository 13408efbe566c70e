"""The page opened to visitors: Gradio's server behind the gate, with all doors shut that the page does not need."""

from urllib.parse import urlsplit

import gradio as gr
from gradio import networking

from emotion import InputError
from emotion.analysis.turns import QUEUE_SIZE
from emotion.page.layout import PREVIEW, TITLE
from emotion.page.looks import looks
from emotion.page.mirror import Mirror, MirrorRoute
from emotion.page.preview import LinkPreview
from emotion.server.environment import no_proxy
from emotion.server.gate import MAX_UPLOAD, Gate

THREADS = QUEUE_SIZE + 40
"""The most threads for visitors: each who waits for a turn holds one, and the others are as many as Gradio has."""

SESSIONS = 200
"""Visitors whose answers stay in memory: 2 MB for the one on show, and an album of at most album.MOST_BYTES."""


def launch(
    page: gr.Blocks,
    mirror: Mirror,
    folder,
    host,
    port,
    root="",
    visitors=None,
    queue_size=8 * QUEUE_SIZE,
    sessions=SESSIONS,
):
    """Open the page.

    Args:
        page: of build_page.
        mirror: what answers the frames of live mirrors.
        folder: PrivateFolder; what lies in it now stays.
        host: see address.check_address.
        port: int, or None for the first free one.
        root: path or whole address at which a proxy puts the page; "" without one.
        visitors: Visitors, whose limits hold; None for none.
        queue_size: events that wait with Gradio, which are calls of programs: visitors' photos wait in turns.
        sessions: see SESSIONS.

    Returns:
        str, its address on this computer.

    Raises:
        InputError: the port was taken meanwhile.
    """
    folder.keep()
    root = root.rstrip("/") if "://" in root else f"/{root.strip('/')}".rstrip("/")
    gate = {"folder": folder, "root": urlsplit(root).path, "defaults": _defaults_of(page), "visitors": visitors}
    page.queue(api_open=False, max_size=queue_size)  # api_open would let callers past the queue
    try:
        with no_proxy():
            _, url, _ = page.launch(
                server_name=host,
                server_port=port,
                root_path=root,
                share=False,  # see share
                **looks(),
                run_history=False,  # it would keep photos in the browser's storage
                max_file_size=MAX_UPLOAD,
                state_session_capacity=sessions,
                max_threads=THREADS,
                app_kwargs={
                    "middleware": [(Gate, (), gate), (LinkPreview, (TITLE, PREVIEW), {}), (MirrorRoute, (mirror,), {})]
                },
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
            f"The page can't listen on {host}, port {port or 'any'}: choose another one with --port."
        ) from error
    return url


def share(page: gr.Blocks):
    """Make a public link to the open page; return the sentence that says how that went.

    Not by Gradio's launch: that can ask its own address without a proxy, or the server of links through one, but not
    both; and it would let every visitor's browser load the page's script from somewhere else.
    """
    try:
        link = networking.setup_tunnel(page.server_name, page.server_port, page.share_token, None, None)
    except Exception:  # Gradio has no narrower one for this
        return "No public link could be made, because the server that gives them can't be reached from here."
    return f"Anyone can reach it at {link} for a week, as long as it runs here."


def _defaults_of(page):
    """What a program may leave out: the values of an endpoint's arguments, by the endpoint's name and its number."""
    endpoints = {number: fn for number, fn in page.fns.items() if fn.api_visibility == "public"}
    return {
        key: [part.value for part in fn.inputs] for number, fn in endpoints.items() for key in (number, fn.api_name)
    }

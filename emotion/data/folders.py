"""What lies in a folder, without what systems left there, and without going in circles."""

import os
from pathlib import Path

SYSTEM_NAMES = (
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "icon\r",
    "picasa.ini",
    "zbthumbnail.info",
    "pspbrwse.jbf",
    "lost+found",
    "#recycle",
    "$recycle.bin",
    "system volume information",
    "@eadir",
)
"""What systems, network drives and photo programs leave in folders, in lower case."""

SYSTEM, LOOP = "system files", "links to a folder above"
"""Why something is left out."""


def entries(folder, skipped):
    """The files and the folders in a folder (Path), by name, without what a system left there.

    Args:
        folder: Path.
        skipped: dict from a reason to a list of Paths, which what is left out is added to.

    Returns:
        (files, folders): lists of Paths.
    """
    files, folders = [], []
    for child in sorted(folder.iterdir()):
        name = child.name.lower()
        is_folder = child.is_dir()
        hidden = name.startswith((".", "__") if is_folder else (".", "~$"))
        if hidden or name.partition(":")[0] in SYSTEM_NAMES or name.endswith(":zone.identifier"):
            skipped[SYSTEM] += all_files(child)
        elif child.is_symlink() and _leads_back(child):
            skipped[LOOP].append(child)
        else:
            (folders if is_folder else files).append(child)
    return files, folders


def _leads_back(link):
    """Whether a link leads to a folder that it was reached through, also by way of other links, or to itself."""
    target = os.path.realpath(link)
    above = [os.path.realpath(folder) for folder in link.parents]
    return target in above or Path(target) in (Path(above[0], link.name), *Path(above[0]).parents)


def all_files(path):
    """Every file below a folder; or the file or the empty folder itself."""
    return sorted(file for file in path.rglob("*") if not file.is_dir()) or [path]

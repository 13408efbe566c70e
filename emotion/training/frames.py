"""How the page would frame each training face, placed by its landmarks: half of the views then begin from there."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from tqdm import tqdm

from emotion import IMAGE_SIZE
from emotion.data.faces import digest
from emotion.face.landmarks import frame_again

MOST_ZOOM, MOST_SHIFT, MOST_TURN = 1.35, 6.0, np.radians(20)
"""Frames that are larger or smaller by more, moved by more pixels, or turned by more: landmarks in the wrong place."""


def page_frames(faces, folder):
    """Frame faces as the page would, once; 33 ms a face on one core, some minutes for FER2013 on two.

    Args:
        faces: data.Faces.
        folder: Path of the folder that keeps the frames for the next training.

    Returns:
        (n, 6) float32, see augment; the identity where landmarks can't be right.
    """
    file = folder / f"frames-{digest({'train': faces})[:16]}.npy"
    if not file.exists():
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:  # TensorFlow survives no fork
            found = pool.map(frame_again, faces.pixels, chunksize=64)
            frames = list(tqdm(found, "framing", len(faces.pixels), unit="face", disable=None, leave=False))
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished.npy")
        np.save(unfinished, np.stack(frames))
        os.replace(unfinished, file)
    return between_pixels(np.load(file))


def between_pixels(frames):
    """Take frames from the page's points, 0 to 48 across a picture, to the middles of pixels, 0 to 47.

    Args:
        frames: (n, 2, 3) float, see frame_again.

    Returns:
        (n, 6) float32, see augment; the identity where a frame can't be right.
    """
    middle = IMAGE_SIZE / 2
    zoom = np.hypot(frames[:, 0, 0], frames[:, 1, 0])
    turn = np.arctan2(frames[:, 1, 0], frames[:, 0, 0])
    shift = frames[..., :2].sum(axis=2) * middle + frames[..., 2] - middle
    right = (abs(np.log(zoom)) < np.log(MOST_ZOOM)) & (abs(turn) < MOST_TURN) & (np.hypot(*shift.T) < MOST_SHIFT)
    moved = frames.copy()
    moved[..., 2] += 0.5 * frames[..., :2].sum(axis=2) - 0.5
    identity = np.eye(2, 3)
    return np.where(right[:, None, None], moved, identity).reshape(-1, 6).astype(np.float32)

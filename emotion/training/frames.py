"""How the page would frame each face, placed by its landmarks.

Half of the training's views may begin from there. The temperature is fitted on validation faces framed so.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
from tqdm import tqdm

from emotion import IMAGE_SIZE
from emotion.data.faces import digest
from emotion.face.landmarks import frame_again
from emotion.face.pixels import to_pixels
from emotion.face.views import cut

MOST_ZOOM, MOST_SHIFT, MOST_TURN = 1.35, 6.0, np.radians(20)
"""Frames that are larger or smaller by more, moved by more pixels, or turned by more: landmarks in the wrong place."""

FEW = 64
"""Faces that are framed sooner than another process begins to."""


def page_frames(faces, folder):
    """Frame faces as the page would, once; 33 ms a face on one core, some minutes for FER2013 on two.

    Args:
        faces: data.Faces.
        folder: Path of the folder that keeps the frames for the next training.

    Returns:
        (n, 2, 3) float, see frame_again; the identity where landmarks can't be right.
    """
    file = folder / f"frames-{digest({'faces': faces})[:16]}.npy"
    if not file.exists():
        if len(faces.pixels) > FEW:
            with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:  # TensorFlow survives no fork
                found = pool.map(frame_again, faces.pixels, chunksize=FEW)
                frames = list(tqdm(found, "framing", len(faces.pixels), unit="face", disable=None, leave=False))
        else:
            frames = [frame_again(pixels) for pixels in faces.pixels]
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished.npy")
        np.save(unfinished, np.stack(frames))
        os.replace(unfinished, file)
    return without_wrong(np.load(file))


def without_wrong(frames):
    """Frames (n, 2, 3) with the identity instead of those that can't be right."""
    middle = IMAGE_SIZE / 2
    zoom = np.hypot(frames[:, 0, 0], frames[:, 1, 0])
    turn = np.arctan2(frames[:, 1, 0], frames[:, 0, 0])
    shift = frames[..., :2].sum(axis=2) * middle + frames[..., 2] - middle
    right = (abs(np.log(zoom)) < np.log(MOST_ZOOM)) & (abs(turn) < MOST_TURN) & (np.hypot(*shift.T) < MOST_SHIFT)
    return np.where(right[:, None, None], frames, np.eye(2, 3))


def between_pixels(frames):
    """Take frames from the page's points, 0 to 48 across a picture, to the middles of pixels, 0 to 47.

    Args:
        frames: (n, 2, 3) float, of page_frames.

    Returns:
        (n, 6) float32, see augment.
    """
    moved = frames.copy()
    moved[..., 2] += 0.5 * frames[..., :2].sum(axis=2) - 0.5
    return moved.reshape(-1, 6).astype(np.float32)


def as_framed(faces, folder):
    """Faces as the page would cut them out: data.Faces. Arguments as for page_frames."""
    pictures = np.repeat(faces.pixels[..., None], 3, axis=3)
    cuts = [
        to_pixels(cut(picture, frame, (IMAGE_SIZE, IMAGE_SIZE)))
        for picture, frame in zip(pictures, page_frames(faces, folder), strict=True)
    ]
    return replace(faces, pixels=np.stack(cuts))

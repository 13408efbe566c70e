"""Photos for the benches of finding faces: with a face at a known place, and without any."""

from dataclasses import dataclass

import matplotlib.cbook
import numpy as np
import skimage.data
from PIL import Image, ImageDraw, ImageOps
from sklearn.datasets import load_sample_images

from emotion import IMAGE_SIZE, InputError
from emotion.face.find import find_faces

BACKGROUNDS = ("chelsea", "coffee", "rocket", "brick", "grass", "gravel", "coins")
"""Pictures without a face that scikit-image ships: a cat, a cup, a rocket, three textures, coins."""
PHOTO_SIZE = 640, 480
USUAL_SIDE = 160
PORTRAIT_SIZE = 350, 350
NUM_VARIANTS = 8
"""Of each licensed photo, under each condition."""


@dataclass(frozen=True)
class Paste:
    """A photo with a face at a known place.

    Attributes:
        photo: (H, W, 3) uint8, RGB.
        centre: (2,) float, x and y of the face's middle, photo pixels.
        side: of the face's 48x48 picture in the photo, pixels.
    """

    photo: np.ndarray
    centre: np.ndarray
    side: int


def paste(pixels, number, side=USUAL_SIDE, degrees=0, light=1.0, covered=0.0, cut=0.0, size=PHOTO_SIZE):
    """Paste a face into one of the backgrounds.

    Args:
        pixels: (48, 48) uint8.
        number: decides background, place, and which side is covered or cut.
        side: of the face in the photo, pixels.
        degrees: by which it is tilted, clockwise.
        light: factor on the whole photo.
        covered: share of the face under a grey bar along one of its four sides.
        cut: share of the face past the photo's left or upper border.
        size: (width, height) of the photo, pixels.

    Returns:
        Paste.
    """
    photo = Image.fromarray(getattr(skimage.data, BACKGROUNDS[number % len(BACKGROUNDS)])())
    photo = photo.convert("RGB").resize(size)
    face = np.array(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC))
    depth = round(covered * side)
    (face[:depth], face[side - depth :], face[:, :depth], face[:, side - depth :])[number % 4][:] = 128
    layer = Image.fromarray(face).convert("RGBA").rotate(-degrees, Image.Resampling.BICUBIC, expand=True)
    corner = np.random.default_rng(number).integers(0, np.subtract(size, layer.size))
    if cut:
        corner[number % 2] = -round(cut * side)
    photo.paste(layer, tuple(corner.tolist()), layer)
    dimmed = (np.asarray(photo) * light).clip(0, 255).astype(np.uint8)
    return Paste(dimmed, corner + np.array(layer.size) / 2, side)


def licensed_photos():
    """Photos of one face each that anybody may use.

    Returns:
        dict of (H, W, 3) uint8, RGB: Eileen Collins (NASA, public domain) and a cameraman in profile (Lav
        Varshney, CC0), which scikit-image ships, and Grace Hopper with cap and glasses (US Navy, public
        domain), which matplotlib ships.
    """
    hopper = Image.open(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    return {
        "astronaut": skimage.data.astronaut(),
        "Grace Hopper": np.asarray(hopper.convert("RGB")),
        "cameraman in profile": np.repeat(skimage.data.camera()[..., None], 3, axis=2),
    }


def render(photo, face, number, side=USUAL_SIDE, degrees=0, light=1.0, covered=0.0, cut=0.0):
    """Render a variant of a photo of one face.

    Args:
        photo: (H, W, 3) uint8.
        face: its Face.
        number: decides whether it is mirrored, how far it is tilted besides, and which of the face's four sides is
            covered or cut: from NUM_VARIANTS on they repeat.
        side: of the face in the variant, pixels.
        degrees: by which the photo is tilted, clockwise, but for up to 9 more or fewer.
        light: factor on the photo.
        covered: share of the face under a grey bar.
        cut: share of the face past the photo's border.

    Returns:
        Paste.
    """
    scale = side / face.side
    picture = Image.fromarray(photo)
    picture = picture.resize(np.rint(np.multiply(picture.size, scale)).astype(int).tolist(), reducing_gap=2)
    centre = face.frame @ (IMAGE_SIZE / 2, IMAGE_SIZE / 2, 1) * scale
    if number % 2:
        picture, centre = ImageOps.mirror(picture), np.array([picture.width - centre[0], centre[1]])
    direction = number // 2 % 4
    across, past = direction % 2, direction // 2  # left, top, right, bottom
    if covered:
        bar = np.array([centre - side / 2, centre + side / 2])
        bar[1 - past, across] = bar[past, across] + (1 - 2 * past) * covered * side
        picture.paste("grey", tuple(np.rint(bar).astype(int).ravel().tolist()))
    if cut:
        kept = np.array([(0, 0), picture.size])
        kept[past, across] = round(centre[across] + (2 * past - 1) * (0.5 - cut) * side)
        picture, centre = picture.crop(kept.ravel().tolist()), centre - kept[0]
    angle = np.radians(turn := degrees + 6 * direction - 9)
    before = np.array(picture.size) / 2
    picture = picture.rotate(-turn, Image.Resampling.BICUBIC, expand=True)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    lit = (np.asarray(picture) * light).clip(0, 255).astype(np.uint8)
    return Paste(lit, matrix @ (centre - before) + np.array(picture.size) / 2, side)


def pictures_without_a_face():
    """Yield (name, (H, W, 3) uint8 photo): what scikit-image and scikit-learn ship, and what is drawn here."""
    names = (
        "cell checkerboard clock colorwheel horse hubble_deep_field immunohistochemistry logo microaneurysms moon page "
        "retina shepp_logan_phantom text"
    )
    for name in (*BACKGROUNDS, *names.split()):
        picture = np.asarray(getattr(skimage.data, name)())
        if picture.dtype != np.uint8:  # truth values, or 0 to 1
            picture = (picture * 255.0).astype(np.uint8)
        yield name, np.asarray(Image.fromarray(picture).convert("RGB"))
    for name, picture in zip(("temple", "flower"), load_sample_images().images, strict=True):
        yield name, picture
    random = np.random.default_rng(0)
    for side in (1, 4, 16):
        grains = Image.fromarray(random.integers(0, 256, (480 // side, 480 // side, 3), np.uint8))
        yield f"noise of {side} pixels", np.asarray(grains.resize((480, 480), Image.Resampling.BICUBIC))
    y, x = np.indices((480, 480)) / 480
    distance = np.hypot(x - 0.5, y - 0.5)
    drawn = {"a gradient": x, "a disc": distance < 0.3}
    for count in (3, 10, 30):
        drawn[f"{count} rings"] = np.sin(2 * np.pi * count * distance) / 2 + 0.5
        drawn[f"{count} waves"] = np.sin(2 * np.pi * count * x) * np.sin(2 * np.pi * count * y) / 2 + 0.5
    for name, greys in drawn.items():
        yield name, np.repeat((greys * 255).astype(np.uint8)[..., None], 3, axis=2)
    shapes = Image.new("RGB", (640, 480), "grey")
    for number in range(80):
        corner, colour = random.integers(0, (600, 440)), tuple(random.integers(0, 256, 3).tolist())
        place = [*corner.tolist(), *(corner + random.integers(10, 160, 2)).tolist()]
        (ImageDraw.Draw(shapes).ellipse, ImageDraw.Draw(shapes).rectangle)[number % 2](place, fill=colour)
    yield "shapes", np.asarray(shapes)


def found(photo):
    """faces.find_faces, but an empty list where there is no face."""
    try:
        return find_faces(photo)
    except InputError:
        return []


def random_sides(count, low, high):
    """Sides of so many faces in photos, in pixels: list of int, from low to below high."""
    random = np.random.default_rng(0)
    return [int(random.integers(low, high)) for _ in range(count)]

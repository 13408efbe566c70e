"""The 48x48 pixels of a face go in, a map of the regions that LIME hides and shows comes out."""

import numpy as np
from skimage.segmentation import slic


def superpixels(pixels):
    """Split a face into about 45 patches of similar grey.

    SLIC (Achanta et al. 2012). Numbered from 0 on purpose: slic's own start is 1, lime counts from
    0, and the last region would then never be hidden.

    Args:
        pixels: (48, 48) uint8, grey, 0-255.

    Returns:
        (regions, names): (48, 48) int, numbered from 0 without gaps; a tuple of one name a region.
    """
    colour = np.repeat(pixels[..., None], 3, axis=2)  # in colour slic measures in Lab, whose scale compactness expects
    regions = slic(colour, n_segments=50, compactness=10, sigma=1, start_label=0)
    _, regions = np.unique(regions, return_inverse=True)
    regions = regions.reshape(pixels.shape)
    return regions, tuple(f"superpixel {number + 1}" for number in range(regions.max() + 1))

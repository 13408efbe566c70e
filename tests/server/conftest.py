import gc
import warnings

import pytest


@pytest.fixture(autouse=True, scope="module")
def _clean_up_after_gradio():
    """Python would warn, in any later test, of what Gradio's server left open in this process."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()

"""Where the real payloads lie: a folder beside the checkout, never copied into it."""

from pathlib import Path

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "samples"

_MISSING = f"needs the folder of real payloads beside the checkout ({SAMPLES.parent.name}/samples)"

needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason=_MISSING)

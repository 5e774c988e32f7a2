"""The program of the guide, run as it stands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mockspark.adapters.sandbox.shopify_orders import OrderDraft
from mockspark.adapters.sandbox.shopify_samples import MUG
from mockspark.entrypoints.cli import main
from tests.entrypoints.background import stand_ins_in_background
from tests.world import HOME, line

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "embedding.md"
SHOP = "demo-shop.myshopify.com"


@pytest.mark.slow
def test_the_program_of_the_guide_sends_what_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader may copy the program: it takes an order in, renders it and sends it."""
    (program,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (tmp_path / "nightly.py").write_text(program)
    products = tmp_path / "products.csv"
    products.write_text(
        "match,key,connection,areas,blueprint_id,print_provider_id,variant_id\n"
        f"variant,{MUG.variant_id},printify,front:300x200@300,68,9,33719\n"
    )
    with stand_ins_in_background() as background:
        stand_ins = background.stand_ins
        monkeypatch.setenv("MOCKSPARK_DATA_DIR", str(tmp_path / "data"))
        monkeypatch.setenv("MOCKSPARK_PRIVATE_HOSTS", urlsplit(stand_ins.shopify_url).netloc)
        monkeypatch.setenv("MOCKSPARK_RENDER_PROCESSES", "1")
        for told in (stand_ins.connect_shopify, stand_ins.connect_printify):
            assert 0 == main(shlex.split(told)[1:])
        assert 0 == main(["listings", "import", str(products), "--shop", SHOP])
        draft = OrderDraft(lines=(line(MUG, {"Name": "Zoe"}),), address=HOME, email="dana@example.com")
        background.do(lambda boxes: boxes.merchant.place(draft))

        ran = subprocess.run(
            [sys.executable, str(tmp_path / "nightly.py")],
            env=dict(os.environ), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert (0, "") == (ran.returncode, ran.stderr)
    assert re.fullmatch(r"[0-9a-f-]{36} sent\n", ran.stdout)

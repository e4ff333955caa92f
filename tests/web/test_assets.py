"""Style, scripts and pictures: what is sent of them, and that htmx is what it says it is."""

from __future__ import annotations

import gzip
import re
from hashlib import sha256
from pathlib import Path

from tests.contract.served import Office
from timegrain.web.assets import FOREVER, address_of, assets

DECISION = Path(__file__).parents[2] / "docs" / "decisions" / "0017-pages-ask-the-api.md"


def test_htmx_is_the_published_file_with_its_licence() -> None:
    (name,) = (name for name in assets() if name.startswith("htmx") and name.endswith(".js"))
    version = re.fullmatch(r"htmx-(\d+\.\d+\.\d+)\.min\.js", name)
    assert version
    digest = sha256(assets()[name].body).hexdigest()
    told = DECISION.read_text()
    assert f"`{digest}`" in told
    assert f"htmx {version[1]}" in told
    assert b"Zero-Clause BSD" in assets()[f"htmx-{version[1]}.LICENSE.txt"].body


def test_assets_are_kept_for_good_under_the_mark_of_their_content(sqlite_office: Office) -> None:
    client = sqlite_office.client
    for name, asset in assets().items():
        for encoding in ("gzip", "identity"):
            answer = client.get(address_of(name), headers={"Accept-Encoding": encoding})
            assert answer.content == asset.body
            assert answer.headers["cache-control"] == FOREVER
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers.get("content-encoding", "identity") == encoding
        assert gzip.decompress(asset.compressed) == asset.body
        assert client.get(f"/assets/{'0' * 16}/{name}").status_code == 404
    assert client.get("/assets/../base.html").status_code == 404
    assert client.get(address_of("style.css").replace("style.css", "..%2Fbase.html")).status_code == 404


def test_nothing_is_loaded_from_elsewhere() -> None:
    own = [asset.body.decode() for name, asset in assets().items() if not name.startswith("htmx")]
    for text in own:
        assert not re.search(r"""(url\(|@import|\bimport\b[^;]*from|fetch\()\s*["']?(https?:)?//""", text)
        assert "eval(" not in text

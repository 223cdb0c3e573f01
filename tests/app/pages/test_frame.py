"""What tells the windows of the servers apart: picture and title. fidelity.md: pages.own."""

import re
from pathlib import Path

from common.desk.app import create_desk
from tests.support.harness import Side, Workshop, make_pair


def test_every_server_has_a_picture_and_a_name_of_its_own(workshop: Workshop, tmp_path: Path) -> None:
    pair, eu = make_pair(workshop), workshop.cloud("EU")
    (tmp_path / "stack.json").write_text("{}")
    desk = create_desk(tmp_path / "mails", tmp_path).test_client()
    pages = {
        "us": pair.cloud.client.get("/login").text,
        "eu": eu.client.get("/login").text,
        "selfhost": pair.selfhost.client.get("/login").text,
        "portal": pair.selfhost.client.get("/admin/login").text,
        "desk": desk.get("/", headers={"Accept-Language": "en"}).text,
    }
    pictures = {
        name: re.findall(r'<link rel="icon" href="[^"]*favicon-(\w+)\.svg', page) for name, page in pages.items()
    }
    assert pictures == {name: [name] for name in pages}
    titles = {found[1] for page in pages.values() if (found := re.search("<title>(.*?)</title>", page))}
    assert len(titles) == len(pages)


def test_operations_are_found_by_a_word_and_the_page_speaks_the_readers_language(cloud: Side) -> None:
    page = cloud.client.get("/openapi?filter=sponsorship", headers={"Accept-Language": "zh-CN"}).text
    found = re.findall(r'<code class="method">\w+</code> <code>([^<]+)</code>', page)
    assert found and all("sponsorship" in path for path in found)
    assert '<html lang="zh-Hans"' in page and "操作包含" in page
    nothing = cloud.client.get("/openapi?filter=nonsense", headers={"Accept-Language": "en"}).text
    assert "No operation has “nonsense”" in nothing

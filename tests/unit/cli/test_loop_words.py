"""The facts under the ticks of the guided run: labels in the language of who reads, values as the wire has them."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from common.cli.loop import run

FOLDER = Path(run.__file__).parent


@pytest.mark.parametrize(
    ("facts", "chinese"),
    [
        ("seats: 5 → 6, LastLicenseSync: 2027-01-02", "席位：5 → 6, 上次同步许可证：2027-01-02"),
        (
            "now: 2027-01-02, enabled: false, mail: License Expired",
            "当前时间：2027-01-02, 已启用：否, 邮件：License Expired",
        ),
        ("premium: true, expires: 2027-01-02", "高级版：是, 到期：2027-01-02"),
    ],
)
def test_labels_are_translated_and_values_are_not(facts: str, chinese: str) -> None:
    result: Any = SimpleNamespace(facts=facts)
    assert run._facts(result, "zh") == chinese
    assert run._facts(result, "en") == facts


def test_every_label_that_a_step_gives_has_its_chinese() -> None:
    given = set()
    for path in FOLDER.glob("*.py"):
        for text in re.findall(r'return f?"([^"]+)"', path.read_text()):
            given |= {found[1] for found in re.finditer(r"(?:^|[,;] )([A-Za-z/ -]+): ", text)}
    assert given and given - run._LABELS.keys() - {"US", "EU", "api", "identity", "Manually Sync", "lambda"} == set()

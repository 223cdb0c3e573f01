"""A licence that is sent in a part without a name, to every route that takes one."""

import pytest

from tests.support.harness import Workshop

BODY = '--b\r\nContent-Disposition: form-data; filename="license.json"\r\n\r\n{}\r\n--b--\r\n'
NOWHERE = "00000000-0000-0000-0000-000000000001"


@pytest.mark.parametrize(
    "path",
    [
        "/api/accounts/license",
        "/api/organizations/licenses/self-hosted",
        f"/api/organizations/licenses/self-hosted/{NOWHERE}",
    ],
)
def test_a_part_without_a_name_is_no_licence(workshop: Workshop, path: str) -> None:
    person = workshop.selfhost().sign_up("owner@acme.example")
    answer = person.api.post(path, data=BODY, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code in (400, 404)
    assert answer.status_code == 400 or NOWHERE in path

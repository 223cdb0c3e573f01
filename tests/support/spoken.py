"""What to ask of every command so that it answers with all that it can say; on a running stack with a synced world."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.support.brought import INSTALLATION, organization_license, premium_license

ELSEWHERE = {
    *("up", "down", "demo", "serve", "proxy", "reset"),  # start and stop
    *("selfhost", "loop", "release matrix", "journal follow"),  # long
    *("contract prove", "contract run", "contract client", "contract export"),  # of others' servers
    "payload-path",
}
"""Commands that are walked elsewhere, or say nothing but a path."""
WIRE = {
    *("contract list", "env", "logs", "world export", "world schema"),
    *("journal export", "journal list", "journal show"),
}
"""What these print is not said to a person: facts of upstream, logs, documents."""


def asked(folder: Path, certificate: Path) -> Iterator[tuple[str, ...]]:
    """Words of one command after the other; what they read and write is in the folder."""
    for name, content in _files().items():
        (folder / name).write_bytes(content)
    for line in _LINES.format(folder=folder, certificate=certificate, installation=INSTALLATION).splitlines():
        if line.strip():
            yield tuple(line.split())


def _files() -> dict[str, bytes]:
    license_ = organization_license()
    return {
        "license.json": json.dumps(license_).encode(),
        "edited.json": json.dumps(license_ | {"seats": 5, "hash": "eA=="}).encode(),
        "premium.json": json.dumps(premium_license()).encode(),
        "null.json": json.dumps(license_ | {"seats": "many"}).encode(),
        "newer.json": json.dumps(organization_license(token=False, version=19)).encode(),
        "no.json": b'{"a": 1}',
        "empty.json": b"",
        "half.json": json.dumps(license_)[:700].encode(),
        "real.env": b"globalSettings__baseServiceUri__cloudRegion=EU\nglobalSettings__enableEmailVerification=yes\n",
    }


_LINES = """
status
urls
ca
env
contract list
world list
world schema
world export
snapshot save walked
snapshot list
agenda
agenda --organization Acme
clock show
clock advance --dry-run 500d
clock advance 2d
clock advance --until nonsense
clock freeze
clock unfreeze
clock skew selfhost 5m
clock skew selfhost 0s
jobs list
jobs run ValidateOrganizationsJob
jobs run nonsense
faults list
faults add --operation * --status 503 --times 1
faults add --operation nonsense --status 503
faults list
faults clear
egress list
egress set api.bitwarden.com refuse
license sync Acme
egress clear
license sync Acme
license sync Nobody
license download Acme -o {folder}/downloaded.json
license download Acme --installation {installation} -o {folder}/other.json
billing-token show Acme
billing-token rotate Acme
license sync Acme
billing-token save Acme 0.wrong
sponsorships sync Acme
sponsorships runs Acme
state
state --organization Acme
license agenda {folder}/license.json
license agenda {folder}/premium.json
license agenda {folder}/newer.json
license agenda {folder}/no.json
license agenda {folder}/half.json
license inspect {folder}/license.json
license inspect {folder}/edited.json --cert {certificate} --installation {installation}
license inspect {folder}/premium.json --installation {installation}
license inspect {folder}/newer.json --cert {certificate} --installation {installation}
license inspect {folder}/no.json
license inspect {folder}/null.json
license inspect {folder}/empty.json
license inspect {folder}/half.json --cert {folder}/no.json
license verify {folder}/edited.json --cert {certificate}
license verify {folder}/half.json --cert {certificate}
license forge --list
license forge expired -o {folder}/expired.json
license forge bad-signature,no-token -o {folder}/bad.json
license inspect {folder}/expired.json --cert {certificate} --installation {installation}
license inspect {folder}/bad.json --cert {certificate}
license verify {folder}/expired.json --cert {certificate}
license verify {folder}/bad.json --cert {certificate}
license canonical --kind organization --for hash
license hash --kind user
doctor --env {folder}/real.env --license {folder}/edited.json
doctor --env {folder}/real.env --license {folder}/half.json
world import --license {folder}/edited.json --env {folder}/real.env --dry-run
world import --license {folder}/half.json --dry-run
world import --license {folder}/newer.json --premium {folder}/premium.json --dry-run
world import --license {folder}/license.json
world apply {folder}/no.json
release list
release set cloud-us 1.2.3
incident list
incident run nonsense
rehearse --list
rehearse renewal --stage firewall
journal list
journal note hello
journal find --status 400
journal show nonsense
journal export -o {folder}/journal.har
logs --lines 3
clock set 2030-01-01 --app selfhost --jump
clock reset
snapshot export walked -o {folder}/walked.tar
snapshot rm walked
snapshot load nothing
snapshot import {folder}/no.json
journal clear
"""

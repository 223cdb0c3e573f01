"""The parts of the command that belong to this package."""

import json

import click

from wardenloop import payload


@click.command("payload-path")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def payload_path(as_json: bool) -> None:
    """Print the folder to put on PYTHONPATH for a server line of one's own, as `gunicorn cloud_sim.wsgi:app`."""
    path = payload.path()
    click.echo(json.dumps({"path": str(path)}) if as_json else path)

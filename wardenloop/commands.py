"""The parts of the command that belong to this package."""

import click

from wardenloop import payload


@click.command("payload-path")
def payload_path() -> None:
    """Print the folder to put on PYTHONPATH for a server line of one's own, as `gunicorn cloud_sim.wsgi:app`."""
    click.echo(payload.path())

"""Alembic revisions of the selfhost database."""

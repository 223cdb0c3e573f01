"""Alembic revisions of the cloud_sim database."""

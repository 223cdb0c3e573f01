"""The tables of who is in a group and which collections it may use, for the migrations of both apps."""

import sqlalchemy as sa
from alembic import op

GROUP_TABLES = ("group_members", "collection_groups")


def create_group_tables() -> None:
    """Make them."""
    op.create_table(
        "group_members",
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_group_members_group_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["member_id"], ["members.id"], name=op.f("fk_group_members_member_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "member_id", name=op.f("pk_group_members")),
    )
    op.create_index(op.f("ix_group_members_member_id"), "group_members", ["member_id"])
    op.create_table(
        "collection_groups",
        sa.Column("collection_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("hide_passwords", sa.Boolean(), nullable=False),
        sa.Column("manage", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collections.id"], name=op.f("fk_collection_groups_collection_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name=op.f("fk_collection_groups_group_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("collection_id", "group_id", name=op.f("pk_collection_groups")),
    )
    op.create_index(op.f("ix_collection_groups_group_id"), "collection_groups", ["group_id"])


def drop_group_tables() -> None:
    """Take them away again."""
    for name in reversed(GROUP_TABLES):
        op.drop_table(name)

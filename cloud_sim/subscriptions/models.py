"""Subscriptions, customers and invoices: what the payment provider would keep of whoever pays."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from common.server.database import Base


class Subscription(Base):
    """The one subscription of an organization, a user, or a provider.

    plan_type: None for premium and providers. provider_months: of a provider's period. by_invoice: invoices are sent
    and due in 30 days, no card is charged. invoice_due: when the oldest open one is. anchor: start of the first paid
    period, the others are counted from it. cancel_at: moment at which it ends by itself. next_change_at: when the clock
    changes it the next time, None = never.
    sponsored: Families for the price of nothing. Source: Stripe's subscription as src/Core/Models/Business/
    SubscriptionInfo.cs reads it.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        sa.CheckConstraint(
            "(CASE WHEN organization_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN user_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN provider_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="ck_subscriptions_one_subscriber",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), unique=True
    )
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    provider_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("providers.id", ondelete="CASCADE"), unique=True)
    provider_months: Mapped[int | None]
    plan_type: Mapped[int | None]
    seats: Mapped[int] = mapped_column(default=1)
    sm_seats: Mapped[int] = mapped_column(default=0, server_default="0")
    sm_service_accounts: Mapped[int] = mapped_column(default=0, server_default="0")
    storage_gb: Mapped[int] = mapped_column(default=0)
    premium_access: Mapped[bool] = mapped_column(default=False)
    sponsored: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(sa.String(20))
    trial_start: Mapped[datetime | None]
    trial_end: Mapped[datetime | None]
    anchor: Mapped[datetime]
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    cancel_at: Mapped[datetime | None]
    cancel_at_period_end: Mapped[bool] = mapped_column(default=False)
    canceled_at: Mapped[datetime | None]
    by_invoice: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    invoice_due: Mapped[datetime | None]
    next_change_at: Mapped[datetime | None] = mapped_column(index=True)
    creation_date: Mapped[datetime]
    revision_date: Mapped[datetime]


class Customer(Base):
    """Who pays: with what, and where they are; both as the wire tells them, None until somebody said so."""

    __tablename__ = "customers"
    __table_args__ = (
        sa.CheckConstraint("(organization_id IS NULL) <> (user_id IS NULL)", name="ck_customers_one_subscriber"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), unique=True
    )
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    payment_method: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))


class Invoice(Base):
    """One invoice of an organization or a user: written once when a period begins, kept when its subscription goes.

    number: grows with time. cents: US cents. status: `paid`, `open`, `void`. due: of one that is sent to be paid.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        sa.CheckConstraint("(organization_id IS NULL) <> (user_id IS NULL)", name="ck_invoices_one_subscriber"),
    )

    number: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("organizations.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), index=True)
    date: Mapped[datetime]
    due: Mapped[datetime | None]
    cents: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10))

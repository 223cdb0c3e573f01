"""The database session of a Flask app."""

from typing import cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import Session

from common.server.database import Base, tune_engines

db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def connect(app: Flask, database_url: str) -> None:
    """Bind the app to its database. Connections are made on first use."""
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    db.init_app(app)
    with app.app_context():
        tune_engines(db.engines.values())


def scoped_session() -> Session:
    """The session of whichever app context is current when it is used."""
    return cast(Session, db.session)

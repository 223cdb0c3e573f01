"""Brings in every model of both apps, whatever they have loaded themselves by now."""

from importlib import import_module

from cloud_sim.app import WHEN_ASKED_FOR as CLOUD
from selfhost.app import WHEN_ASKED_FOR as SELFHOST

for section in (*CLOUD, *SELFHOST):
    import_module(section)

"""Routes that are loaded when somebody first asks for one of them: what nobody asks for costs neither time nor memory.

A section is a module with `mount(app)`, which registers blueprints; all their paths begin with one of the section's
words. Each section has a URL map of its own, into which nobody looks before it is whole.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, ValuesView
from importlib import import_module
from itertools import chain
from typing import Any

from flask import Flask
from flask.sansio.blueprints import Blueprint
from werkzeug.routing import Map, MapAdapter, Rule, RuleFactory
from werkzeug.wsgi import get_path_info

from common.server.prefix import SERVICES

Sections = Mapping[str, tuple[str, ...]]
"""Module -> the first words of its paths, `""` where it has all that no other section has."""

ELSE = ""


class SectionedMap(Map):
    """Rules that are there from the beginning, whose paths have no parameters, and those of sections."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._there: frozenset[str] = frozenset()
        self._sections: dict[str, _Section] = {}
        self._filled: Map | None = None
        self._loading = threading.RLock()
        super().__init__(*arguments, **options)

    def expect(self, sections: Sections, load: Callable[[str], None]) -> None:
        """More rules will be asked for. load: of a module, adds the rules of it."""
        self._there = frozenset(rule.rule for rule in self.iter_rules())
        for module, words in sections.items():
            section = _Section(module, self._new_map())
            self._sections |= dict.fromkeys(words, section)
        self._load_module = load

    def section_of(self, path: str) -> str | None:
        """The module that has the routes of a path; None where no section is needed."""
        if path.rstrip("/") in self._there or not self._sections:
            return None
        return self._section_of(path).module

    def load_all(self) -> None:
        """Have all rules there are."""
        for section in self._sections.values():
            self._load(section)

    def add(self, rulefactory: RuleFactory) -> None:
        if self._filled is None:
            super().add(rulefactory)
        else:
            self._filled.add(rulefactory)

    def iter_rules(self, endpoint: Any = None) -> Iterator[Rule]:
        """All rules there are, of sections that nobody has asked for, too."""
        self.load_all()
        maps = {id(section.map): section.map for section in self._sections.values()}.values()
        every = chain(super().iter_rules(), *(each.iter_rules() for each in maps))
        return every if endpoint is None else (rule for rule in every if rule.endpoint == endpoint)

    def bind_to_environ(self, environ: Any, *arguments: Any, **options: Any) -> MapAdapter:
        path = get_path_info(environ)
        if self.section_of(path) is None:
            return super().bind_to_environ(environ, *arguments, **options)
        if (lower := path.lower()) != path and _first(lower) == _first(path) and self.section_of(lower) is None:
            found = super().bind_to_environ(environ, *arguments, **options)
            found.path_info = lower
            return found
        section = self._section_of(path)
        self._load(section)
        found = section.map.bind_to_environ(environ, *arguments, **options)
        if lower != path and _first(path) in SERVICES:
            found.path_info = section.spelled(path)
        return found

    def _section_of(self, path: str) -> "_Section":
        return self._sections.get(_first(path)) or self._sections[ELSE]

    def _load(self, section: "_Section") -> None:
        if section.is_whole:
            return
        with self._loading:
            if section.is_whole:
                return
            before, self._filled = self._filled, section.map
            try:
                self._load_module(section.module)
            finally:
                self._filled = before
            section.is_whole = True

    def _new_map(self) -> Map:
        return Map(
            converters=self.converters,
            host_matching=self.host_matching,
            strict_slashes=self.strict_slashes,
            merge_slashes=self.merge_slashes,
        )


def _first(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ELSE


class _Section:
    """One module and the rules that it brings once it is loaded."""

    def __init__(self, module: str, rules: Map) -> None:
        self.module = module
        self.map = rules
        self.is_whole = False
        self._templates: dict[int, list[tuple[str, ...]]] = {}

    def spelled(self, path: str) -> str:
        """The path as a rule spells it: upstream's words are the same in any case, but the first, which is nginx's.

        Source: ASP.NET Core: RouteOptions, DfaMatcher; util/Setup/Templates/NginxConfig.hbs; fidelity.md: wire.paths.
        """
        sent = path.rstrip("/").split("/")
        for parts in self._of_length(len(sent)):
            pairs = list(zip(parts, sent, strict=True))
            if parts[1] == sent[1] and all(own in ("", each.lower()) for own, each in pairs):
                return "/".join(own or each for own, each in pairs)
        return path

    def _of_length(self, length: int) -> list[tuple[str, ...]]:
        """The rules' words, "" where something else stands; those with the most words first."""
        if not self._templates:
            for rule in self.map.iter_rules():
                parts = tuple("" if part.startswith("<") else part for part in rule.rule.split("/"))
                self._templates.setdefault(len(parts), []).append(parts)
            for found in self._templates.values():
                found.sort(key=lambda parts: parts.count(""))
        return self._templates.get(length, [])


class SectionedApp(Flask):
    """A Flask app with sections."""

    url_map_class = SectionedMap
    url_map: SectionedMap

    def expect(self, sections: Sections, check: Callable[[], None] = lambda: None) -> None:
        """These sections are loaded when they are asked for. check: what must be so after each was loaded."""

        def load(module: str) -> None:
            import_module(module).mount(self)
            check()

        self.url_map.expect(sections, load)

    def iter_blueprints(self) -> ValuesView[Blueprint]:
        return dict(self.blueprints).values()  # a section may be loaded while somebody goes over them

    def _check_setup_finished(self, f_name: str) -> None:
        """Flask wants to have everything before the first request; here it is so for each section."""

"""YAML as the generated files have it: one value a line, nothing folded, empty values left empty."""

from typing import Any

import yaml


class Quoted(str):
    """A text that stands in single quotes."""


class _Dumper(yaml.SafeDumper):
    """Lists stand below their key, two columns in, where `indented` asks for it."""

    indented = False

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless and not self.indented)


class _IndentedDumper(_Dumper):
    indented = True


def _represent_quoted(dumper: yaml.SafeDumper, value: Quoted) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style="'")


def _represent_nothing(dumper: yaml.SafeDumper, _value: None) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:null", "")


_Dumper.add_representer(Quoted, _represent_quoted)
_Dumper.add_representer(type(None), _represent_nothing)
_IndentedDumper.add_representer(Quoted, _represent_quoted)
_IndentedDumper.add_representer(type(None), _represent_nothing)


def dump_yaml(document: dict[str, Any], *, indented: bool = False) -> str:
    """The text of a mapping in its own order. indented: items of lists stand two columns to the right of their key."""
    dumper = _IndentedDumper if indented else _Dumper
    text: str = yaml.dump(
        document, Dumper=dumper, sort_keys=False, allow_unicode=True, width=float("inf"), default_flow_style=False
    )
    return text

"""Renders templates. A template names a secret; the rendered text has its mark, never its value."""

import re
from functools import cache
from pathlib import Path

import jinja2

from stages.design.durations import iso, milliseconds
from stages.design.ports import Port
from stages.errors import TemplateError

_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_MARK = re.compile(rf"@@secret:({_NAME.pattern})@@")


def secret(name: str) -> str:
    """The mark for a secret in a file's text, which the applier replaces on the host.

    Raises TemplateError when the name has anything but letters, digits, `_`, `.` and `-`.
    """
    if _NAME.fullmatch(name) is None:
        raise TemplateError(
            f"{name!r} can't name a secret",
            why="a name is letters, digits, '_', '.' and '-'",
            next="rename it in the template and where the secret is made",
        )
    return f"@@secret:{name}@@"


def marked(text: str) -> frozenset[str]:
    """The names of the secrets whose marks are in a text."""
    return frozenset(_MARK.findall(text))


def render(template_dir: Path, name: str, *, also: Path | None = None, **values: object) -> str:
    """Render the template `name` in `template_dir` with `values`; `also` is a folder it may import from.

    Raises TemplateError, with file and line if known, when the template uses a value that it was not given:
    no value defaults to an empty text. `secret("name")` yields a mark; the filters `milliseconds` and `iso`
    write seconds in the forms of HAProxy and Galera.
    """
    environment = _environment(template_dir, also)
    try:
        return environment.get_template(name).render(**values)
    except jinja2.TemplateNotFound as error:
        raise _broken(template_dir / name, "there is no such template", None) from error
    except jinja2.TemplateSyntaxError as error:
        raise _broken(template_dir / name, str(error.message), error.lineno) from error
    except jinja2.UndefinedError as error:
        raise _broken(template_dir / name, str(error.message), _line_in(error, name)) from error


@cache
def _environment(template_dir: Path, also: Path | None) -> jinja2.Environment:
    """The environment for templates of these folders, cached so that each template is compiled once."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([template_dir, also] if also else template_dir),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,  # no template changes while a process of a release lives
        autoescape=False,  # noqa: S701 - the texts are configuration files, not web pages
    )
    environment.globals |= {"secret": secret, "Port": Port}
    environment.filters |= {"milliseconds": milliseconds, "iso": iso}
    return environment


def _broken(path: Path, why: str, line: int | None) -> TemplateError:
    where = f"{path}:{line}" if line else str(path)
    advice = "fix the template, then: make check"
    return TemplateError("a template can't be rendered", where=where, why=why, next=advice)


def _line_in(error: BaseException, name: str) -> int | None:
    """The template's line, from the traceback: jinja maps its code to the lines of the template."""
    line = None
    frame = error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename.endswith(name):
            line = frame.tb_lineno
        frame = frame.tb_next
    return line

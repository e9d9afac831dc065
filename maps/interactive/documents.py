"""The HTML documents of maps: templates, and how one becomes a file that needs no other."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Iterable

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(
        [Path(__file__).parents[1] / room / "templates" for room in ("interactive", "deals")]
    ),
    autoescape=True,
    undefined=StrictUndefined,
)


def standalone_document(
    template: str,
    *,
    scripts: Iterable[Path],
    script: str,
    styles: Iterable[Path],
    image_sources: Iterable[str] = (),
    **content: object,
) -> str:
    """Return a document as one file that needs no other and no network.

    Parameters
    ----------
    template : str
        Name of one of `TEMPLATES`, which extends ``document.html``.
    scripts : iterable of Path
        In the order in which they run.
    script : str
        What runs after them.
    styles : iterable of Path
        Style sheets; the images that they name stand beside them.
    image_sources : iterable of str
        The only other hosts that the file may ask, for images, as in a Content-Security-Policy.
    **content : object
        What else the template needs.

    Returns
    -------
    str
        HTML in Chinese, whose policy allows the scripts and styles in it alone.
    """
    sources = [path.read_text(encoding="utf-8") for path in scripts]
    script_texts = [_script_element_text(text) for text in (*sources, script)]
    style_texts = [_with_images(path) for path in styles]
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hashes(script_texts)}",
            f"style-src {_hashes(style_texts)}",
            " ".join(("img-src data:", *image_sources)),
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return TEMPLATES.get_template(template).render(
        lang="zh-CN",
        policy=policy,
        styles=style_texts,
        style_urls=[],
        icon_url=None,
        scripts=script_texts,
        script_urls=[],
        **content,
    )


def _script_element_text(script: str) -> str:
    """Return a script such that no string in it ends the element that it stands in."""
    without_map = re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", script)
    return without_map.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _with_images(path: Path) -> str:
    def inlined(found: re.Match[str]) -> str:
        content = base64.b64encode((path.parent / found[1]).read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{content})"

    return re.sub(r"url\((images/[\w.-]+\.png)\)", inlined, path.read_text(encoding="utf-8"))


def _hashes(texts: Iterable[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests)

"""The last hand on every page: nothing loaded that the page does not use, nothing allowed that it does not need.

The theme brings the whole of Font Awesome as a script, search scripts on every page and inline handlers. Here they go,
each page gets a Content-Security-Policy that allows its own scripts alone, and the words that other sites show for it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from railbelt.book import places
from railbelt.errors import BuildError

__all__ = ["feed", "finish", "finish_all", "sitemap"]

POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'{live}; form-action 'self'; base-uri 'none'"
)
UNUSED = (
    (r'<script defer src="[^"]*fontawesome\.js[^"]*"></script>', None),
    (r'<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>', 'id="search-results"'),
    (r"<style scoped>.*?</style>", None),  # of data frames
    (r"<script data-sd-tabs[^>]*></script>", "sd-tab-"),
    (r'<link rel="stylesheet"[^>]*sphinx-design\.min\.css[^>]*/>', 'class="sd-'),
    (r'<div id="ethical-ad-placement".*?</div>', None),
    (r'<meta name="docsearch:[^>]*/>', None),
    (r'(?<=/>)<meta name="viewport" content="width=device-width, initial-scale=1" />', None),
    (r'<meta name="viewport" content="width=device-width, initial-scale=1"/>', None),
)


def finish(text: str, words: str = "", live: str = "") -> str:
    """Return a page without what it does not use, under a policy that allows only its own scripts.

    Parameters
    ----------
    text : str
        HTML as the theme writes it.
    words : str
        More elements for its head.
    live : str
        Addresses that its scripts may ask beside the site itself.

    Returns
    -------
    str

    Raises
    ------
    BuildError
        If an inline handler or style is left, which the policy would forbid.

    Examples
    --------
    >>> "sha256-" in finish('<head><meta charset="utf-8" /></head><script>let a = 1;</script>')
    True
    """
    for pattern, needed_by in UNUSED:
        if needed_by is None or needed_by not in text:
            text = re.sub(pattern, "", text, flags=re.DOTALL)
    text = text.replace('onclick="window.print()"', "data-rb-print")
    up = re.search(r'data-content_root="([^"]*)"', text)
    plain = f'<link rel="stylesheet" href="{up.group(1) if up else ""}_static/noscript.css" />'
    text = re.sub(r"(?<=<noscript>)\s*<style>.*?</style>\s*(?=</noscript>)", plain, text, flags=re.DOTALL)
    text = re.sub(r' style="text-align: (left|right|center);"', r' data-rb-align="\1"', text)
    left = re.search(
        r'<[^>]+ (?:on[a-z]+|style)="[^>]*>', re.sub(r"<(svg|script|pre)\b.*?</\1>", "", text, flags=re.DOTALL)
    )
    if left:
        raise BuildError(f"The policy of the site forbids inline handlers and styles: {left.group()[:200]}")
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", text, flags=re.DOTALL)
    hashes = sorted({base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts})
    policy = POLICY.format(hashes="".join(f" 'sha256-{digest}'" for digest in hashes), live=live and f" {live}")
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}" />{words}'
    return re.sub(r'(<meta charset="utf-8" ?/?>)', lambda found: found.group() + head, text, count=1)


def finish_all(app: Any, exception: Exception | None) -> None:
    """Finish every page; write sitemap and feed."""
    if exception or app.builder.format != "html":
        return
    out, base = Path(app.outdir), app.config.html_baseurl
    ask, hosts = places.live(places.repository(Path(app.srcdir)))
    titles = {name: node.astext() for name, node in app.env.titles.items()}
    for page in sorted(out.rglob("*.html")):
        name = page.relative_to(out).with_suffix("").as_posix()
        if not name.startswith("_"):
            text = page.read_text(encoding="utf-8")
            notebook = f"_notebooks/{page.stem}.ipynb"
            if (out / notebook).exists():
                item = f'<li><a class="btn btn-sm dropdown-item" href="../{notebook}" download>.ipynb (runs in Colab)</a></li>'
                text = re.sub(r'(<ul class="dropdown-menu">)', rf"\1{item}", text, count=1)
            if "Content-Security-Policy" not in text:
                words, allowed = _shared(app, out, name, titles.get(name, ""), text), ""
                if ask and '<div class="cell_input' in text:
                    up, allowed = "../" * name.count("/"), hosts
                    words += (
                        f'<script defer src="{up}_static/live.js" data-build="{html.escape(ask, quote=True)}"></script>'
                    )
                page.write_text(finish(text, words, allowed), encoding="utf-8")
    changes = feed((Path(app.srcdir) / "CHANGELOG.md").read_text(encoding="utf-8"), app.config.html_title, base)
    (out / "feed.xml").write_text(changes, encoding="utf-8")
    if base:
        (out / "sitemap.xml").write_text(sitemap(base, sorted(app.env.found_docs)), encoding="utf-8")
        (out / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n", encoding="utf-8")


def _shared(app: Any, out: Path, name: str, title: str, text: str) -> str:
    """Return what other sites show for a page, and draw its card."""
    from railbelt.book import figures, pages

    up = "../" * name.count("/")
    said = f'<link rel="alternate" type="application/atom+xml" title="Changes" href="{up}feed.xml" />'
    if not title:
        return said
    first = re.search(r"</h1>.*?<p[^>]*>(.*?)</p>", text, re.DOTALL)
    about = html.unescape(re.sub(r"<[^>]+>|\s+", " ", first.group(1))) if first else ""
    about = re.sub(r"\s+", " ", about).strip()
    about = about if len(about) <= 200 else about[:199].rsplit(" ", 1)[0] + "…"
    facts = {"og:title": title, "og:description": about, "og:type": "article", "og:site_name": app.config.html_title}
    if app.config.html_baseurl:
        facts["og:url"] = f"{app.config.html_baseurl}{name}.html"
    stem = name.rsplit("/", 1)[-1]
    charts = re.findall(rf'src="{up}_charts/({re.escape(stem)}-[^"]+-wide\.svg)"', text)
    if charts and app.config.html_baseurl:
        chart = (out / "_charts" / charts[0]).read_text(encoding="utf-8")
        card = figures.card(re.sub(r"<style>.*?</style>", "", chart), title, app.config.html_title)
        (out / "_charts" / f"{stem}-card.png").write_bytes(figures.png(card, pages.kept(app) / "png", scale=1))
        facts["og:image"] = f"{app.config.html_baseurl}_charts/{stem}-card.png"
    said += f'<meta name="description" content="{html.escape(about, quote=True)}" />'
    size = "summary_large_image" if "og:image" in facts else "summary"
    said += f'<meta name="twitter:card" content="{size}" />'
    return said + "".join(
        f'<meta property="{key}" content="{html.escape(value, quote=True)}" />' for key, value in facts.items()
    )


def sitemap(base: str, names: list[str]) -> str:
    """Return the sitemap of a site.

    Examples
    --------
    >>> "<loc>https://a.org/b.html</loc>" in sitemap("https://a.org/", ["b"])
    True
    """
    rows = "".join(f"<url><loc>{escape(base)}{escape(name)}.html</loc></url>\n" for name in names)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{rows}</urlset>\n'
    )


def feed(changelog: str, title: str, base: str) -> str:
    r"""Return the versions of a changelog as an Atom feed; one not yet released has no date and is left out.

    Examples
    --------
    >>> text = feed("## 0.2.0 (2027-01-31)\n\n- More lines.\n\n## 0.1.0 (unreleased)\n", "Book", "")
    >>> "<updated>2027-01-31T00:00:00Z</updated>" in text, "0.1.0" in text
    (True, False)
    """
    entries, last = [], "1970-01-01T00:00:00Z"
    for version, day, body in re.findall(
        r"^## (\S+) \((\d{4}-\d\d-\d\d)\)\n(.*?)(?=^## |\Z)", changelog, re.DOTALL | re.MULTILINE
    ):
        last = max(last, f"{day}T00:00:00Z")
        link = f'<link href="{escape(base)}" />' if base else ""
        entries.append(
            f"<entry><id>tag:railbelt,2026:{version}</id><title>{escape(title)} {version}</title>{link}"
            f"<updated>{day}T00:00:00Z</updated><content>{escape(body.strip())}</content></entry>\n"
        )
    own = f'<link rel="self" href="{escape(base)}feed.xml" />' if base else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:railbelt,2026:changes</id><title>Changes of {escape(title)}</title><updated>{last}</updated>"
        f"{own}<author><name>The Railbelt authors</name></author>\n{''.join(entries)}</feed>\n"
    )

"""What becomes of a figure on its page: pictures that load when they come into view, downloads, and how to cite it."""

from __future__ import annotations

import hashlib
import html
import os
import re
import textwrap
import urllib.parse
from pathlib import Path

from railbelt.charts.theme import PALETTE

__all__ = ["card", "externalise", "png", "sheet"]

FIGURE = re.compile(r'<figure class="rb-figure" id="fig-([^"]+)".*?</figure>', re.DOTALL)
DRAWING = re.compile(r'<div class="rb-(wide|narrow)">(<svg.*?</svg>)</div>', re.DOTALL)
SPEC = re.compile(r'<script type="application/json" class="rb-spec" data-name="[^"]+">(.*?)</script>', re.DOTALL)
CSV = re.compile(r'<a download="[^"]+" href="data:text/csv;charset=utf-8,([^"]*)">Download as CSV</a>')
FRAME = re.compile(r'<clipPath id="([^"]+)">(.*?)</clipPath>')
LAYER = re.compile(r'<g class="mark-shape[^>]* clip-path="url\(#([^)]+)\)">')
LAYERS = re.compile(r'(?:<g class="mark-shape[^>]*>(?:<path [^>]*/>)*</g>){2,}')
INK, GREY, PAPER, RUST = (PALETTE[name][0] for name in ("ink", "grey", "paper", "rust"))
FONT = 'font-family="system-ui, Segoe UI, Helvetica Neue, Arial, Noto Sans CJK SC, PingFang SC, sans-serif"'


def externalise(body: str, page: str, out: Path, cite: str, cache: Path) -> str:
    """Move the charts of a page and their data into files beside it.

    Parameters
    ----------
    body : str
        HTML of the page as the notebooks show it: charts inside, data in links.
    page : str
        Name of the page, such as ``"chapters/rails"``.
    out : Path
        Folder of the site; files go to ``_charts``.
    cite : str
        How to cite a figure of this page, with ``{title}`` and ``{name}`` to be filled in.
    cache : Path
        Where drawn PNG files are kept between builds.

    Returns
    -------
    str
        The page with pictures and links.
    """
    folder = out / "_charts"
    folder.mkdir(parents=True, exist_ok=True)
    up = "../" * page.count("/")
    stem = page.rsplit("/", 1)[-1]

    def one(found: re.Match[str]) -> str:
        text, name = found.group(), found.group(1)
        if not DRAWING.search(text):
            return text
        base = f"{stem}-{name}"
        title, subtitle, source = (_words(text, part) for part in ("title", "subtitle", "source"))
        source = source.split(" Data: ")[0]

        def picture(drawing: re.Match[str]) -> str:
            kind, svg = drawing.groups()
            (folder / f"{base}-{kind}.svg").write_text(_both_themes(svg), encoding="utf-8")
            width, height = _size(svg)
            alt = html.escape(_inside(svg, "desc"), quote=True)
            return (
                f'<img class="rb-{kind} dark-light" src="{up}_charts/{base}-{kind}.svg" width="{width:.0f}" height="{height:.0f}" '
                f'alt="{alt}" loading="lazy" decoding="async">'
            )

        wide = next(svg for kind, svg in DRAWING.findall(text) if kind == "wide")
        alone = sheet(wide, title, subtitle, source)
        (folder / f"{base}.svg").write_text(alone, encoding="utf-8")
        (folder / f"{base}.png").write_bytes(png(alone, cache))
        text = DRAWING.sub(picture, text)

        def live(spec: re.Match[str]) -> str:
            script = f"(window.railbelt=window.railbelt||{{}})['{base}']={spec.group(1)};\n"
            (folder / f"{base}.js").write_text(script, encoding="utf-8")
            return (
                f'<span class="rb-spec" hidden data-src="{up}_charts/{base}.js" data-name="{base}" data-root="{up}">'
                "</span>"
            )

        def files(data: re.Match[str]) -> str:
            (folder / f"{base}.csv").write_text(urllib.parse.unquote(data.group(1)), encoding="utf-8")
            kinds = ("csv", "svg", "png")
            return "Download: " + " · ".join(
                f'<a download="{base}.{kind}" href="{up}_charts/{base}.{kind}">{kind.upper()}</a>' for kind in kinds
            )

        text = CSV.sub(files, SPEC.sub(live, text))
        words = html.escape(cite.format(title=title.rstrip("."), name=name))
        return text.removesuffix("</figure>") + (
            f'<details class="rb-numbers rb-cite"><summary>Cite this figure</summary><p>{words}</p></details></figure>'
        )

    return FIGURE.sub(one, body)


def sheet(svg: str, title: str, subtitle: str, source: str, width: int = 760) -> str:
    """Return a picture that can be passed on alone: the chart between its finding and its source, on white paper.

    Parameters
    ----------
    svg : str
        A chart as an SVG document.
    title, subtitle, source : str
        The words of its figure.
    width : int
        Width in pixels.

    Returns
    -------
    str
        An SVG document.
    """
    chart_width, chart_height = _size(svg)
    scale = min(1, (width - 48) / chart_width)
    y, words = 14.0, []
    for text, size, weight, colour in ((title, 19, 680, INK), (subtitle, 14, 400, GREY)):
        for line in textwrap.wrap(text, int((width - 48) / (size * 0.52))):
            y += size * 1.3
            words.append(_text(line, 24, y, size, weight, colour))
    top = y + 14
    y = top + chart_height * scale + 8
    for line in textwrap.wrap(source, int((width - 48) / (11 * 0.5))):
        y += 15
        words.append(_text(line, 24, y, 11, 400, GREY))
    # A group, not an SVG within the SVG: that one is clipped, and takes twice the time to turn into pixels.
    drawing = re.sub(r"^<svg [^>]*>|</svg>$", "", _clipped_once(svg.strip()))
    inner = f'<g transform="translate(24,{top:.0f}) scale({scale:.4g})">{drawing}</g>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" '
        f'height="{y + 18:.0f}" viewBox="0 0 {width} {y + 18:.0f}"><rect width="100%" height="100%" fill="#ffffff"/>'
        f"{''.join(words)}{inner}</svg>\n"
    )


def _clipped_once(svg: str) -> str:
    """Join the layers of a map, which Vega clips one by one to the same frame: each clip costs as much as drawing the map."""
    frames = dict(FRAME.findall(svg))

    def joined(layers: re.Match[str]) -> str:
        heads = list(LAYER.finditer(layers.group()))
        if len({frames[head[1]] for head in heads}) > 1:
            return layers.group()
        return heads[0].group() + LAYER.sub("", layers.group()).replace("</g>", "") + "</g>"

    return LAYERS.sub(joined, svg)


def card(svg: str, title: str, book: str) -> str:
    """Return the picture that stands for a chapter where a link to it is shared: its title and its first chart."""
    lines = textwrap.wrap(title, 24)[:3]
    words = [_text("Railbelt", 60, 92, 34, 700, RUST)]
    words += [_text(line, 60, 168 + 62 * n, 54, 700, INK) for n, line in enumerate(lines)]
    words += [_text(line, 60, 520 + 34 * n, 25, 400, GREY) for n, line in enumerate(textwrap.wrap(book, 36)[:2])]
    inner = re.sub(r"^<svg ", '<svg x="640" y="60" ', svg.strip(), count=1)
    inner = re.sub(r' width="[\d.]+" height="[\d.]+"', ' width="520" height="510"', inner, count=1)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="1200" height="630" '
        f'viewBox="0 0 1200 630"><rect width="100%" height="100%" fill="{PAPER}"/>'
        f'<rect width="16" height="630" fill="{RUST}"/>{"".join(words)}{inner}</svg>\n'
    )


def png(svg: str, cache: Path, scale: float = 2) -> bytes:
    """Return an SVG document as a sharp PNG, from the cache where it was drawn before."""
    from importlib.metadata import version

    import vl_convert

    drawn_by = f"{version('vl-convert-python')} {os.environ.get('FONTCONFIG_FILE')}"
    kept = cache / f"{hashlib.sha256(f'{drawn_by} {scale} {svg}'.encode()).hexdigest()[:24]}.png"
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{id(svg)}.part")
        part.write_bytes(vl_convert.svg_to_png(svg, scale=scale))
        part.replace(kept)
    return kept.read_bytes()


def _text(line: str, x: float, y: float, size: int, weight: int, colour: str) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.1f}" {FONT} font-size="{size}" font-weight="{weight}" fill="{colour}">'
        f"{html.escape(line)}</text>"
    )


def _size(svg: str) -> tuple[float, float]:
    width, height = (re.search(rf'<svg[^>]* {side}="([\d.]+)"', svg) for side in ("width", "height"))
    assert width and height
    return float(width.group(1)), float(height.group(1))


def _inside(text: str, tag: str) -> str:
    found = re.search(rf"<{tag}\b[^>]*>(.*?)</{tag}>", text, re.DOTALL)
    return html.unescape(found.group(1)) if found else ""


def _words(figure: str, part: str) -> str:
    found = re.search(rf'<p class="rb-{part}"[^>]*>(.*?)</p>', figure, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", found.group(1))) if found else ""


def _both_themes(svg: str) -> str:
    """Give an SVG the colours of the dark theme, which browsers choose by the colour scheme of the page around it."""
    used = [(light, dark) for light, dark in PALETTE.values() if f'"{light}"' in svg]
    rules = "".join(f'[{kind}="{light}"]{{{kind}:{dark}}}' for light, dark in used for kind in ("fill", "stroke"))
    head, rest = svg.split(">", 1)
    return f"{head}><style>@media (prefers-color-scheme:dark){{{rules}}}</style>{rest}"

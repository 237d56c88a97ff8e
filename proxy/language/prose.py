"""HTML to plain text and back, for message bodies."""

import re
from html import escape
from html.parser import HTMLParser

HIDDEN = frozenset({"script", "style", "head", "title", "template"})
BLOCKS = frozenset({"p", "div", "table", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"})
LINES = frozenset({"br", "li", "tr", "hr"})
DECLARATION = re.compile(r"<[!?][^<>]*>")
UNCLOSED = re.compile(r"<(?![^<>]*>)")
PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


class _Reader(HTMLParser):
    """Collects the text a person would see: blocks end lines, hidden elements are left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0
        self.kept = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 (HTMLParser's signature)
        if tag in HIDDEN:
            self.hidden += 1
        elif tag in LINES or tag in BLOCKS:
            self.parts.append("\n")
        self.kept += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag in BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")
        self.kept = max(0, self.kept - (tag == "pre"))

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data if self.kept else re.sub(r"\s+", " ", data.replace("\xa0", " ")))


def tamed(html: str) -> str:
    """The same HTML without comments, declarations and unclosed tags.

    The standard library's parser takes quadratic time over many of them, and whoever sends an e-mail can send many.
    """
    first, *rest = html.split("<!--")
    shown = first + "".join(part.partition("-->")[2] for part in rest)
    return UNCLOSED.sub("&lt;", DECLARATION.sub("", shown))


def plain(html: str) -> str:
    """The text of an HTML fragment: entities decoded, at most one empty line in a row, no outer white space."""
    reader = _Reader()
    reader.feed(tamed(html))
    reader.close()
    lines = [line.strip() for line in "".join(reader.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def paragraphs(text: str) -> str:
    """HTML that shows plain text as it stands: empty lines part paragraphs, other line ends are breaks."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not lines:
        return ""
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in PARAGRAPH.split(lines))

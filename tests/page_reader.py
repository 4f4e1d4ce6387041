"""A reader of page fragments for the tests of the report."""

from html.parser import HTMLParser


class Reader(HTMLParser):
    """Checks that tags close in order, and collects tables and text."""

    VOID = frozenset({"img", "br", "meta", "link", "hr"})

    def __init__(self, page):
        super().__init__()
        self.open, self.tables, self.words, self.images = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data

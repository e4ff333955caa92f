"""Applications, sites, window titles and ratings. All of the text is invented.

A title is a template over `{topic}` ("refund limits"), `{slug}` ("refund-limits"), `{who}` (a given name) and
`{n}` (a number of four or five digits).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

System = Literal["windows", "macos", "linux"]
RatingName = Literal["productive", "neutral", "unproductive"]


def words(text: str) -> tuple[str, ...]:
    """The words of a list that is easier to read without quotes and commas."""
    return tuple(text.split())


TEAMS = ("Engineering", "Support", "Sales")
BROWSER = "browser"


class Browser(NamedTuple):
    """`app` as the window watcher names it, `key` as the extension does; `suffix` ends a window's title."""

    app: str
    key: str
    suffix: str


class Activity(NamedTuple):
    """One kind of window. Where `app` is BROWSER, `host` and `path` say which page it shows."""

    weight: int
    app: str
    title: str
    host: str = ""
    path: str = ""
    dwell: float = 1.0
    """Time in the window, as a factor of the person's pace."""


@dataclass(frozen=True, slots=True)
class SampleRating:
    """A rating of the sample's, the organisation's where `team` is None. A team's leaves ignore idle as it is."""

    subject: str
    kind: Literal["application", "domain"]
    rating: RatingName
    ignore_idle: bool = False
    team: str | None = None


APPLICATIONS: dict[str, dict[System, str]] = {
    "editor": {"windows": "Code.exe", "macos": "Code", "linux": "Code"},
    "terminal": {"windows": "WindowsTerminal.exe", "macos": "Terminal", "linux": "gnome-terminal-server"},
    "database": {"windows": "dbeaver.exe", "macos": "DBeaver", "linux": "DBeaver"},
    "mail": {"windows": "OUTLOOK.EXE", "macos": "Microsoft Outlook", "linux": "thunderbird"},
    "sheet": {"windows": "EXCEL.EXE", "macos": "Microsoft Excel", "linux": "libreoffice-calc"},
    "document": {"windows": "WINWORD.EXE", "macos": "Microsoft Word", "linux": "libreoffice-writer"},
    "slides": {"windows": "POWERPNT.EXE", "macos": "Microsoft PowerPoint", "linux": "libreoffice-impress"},
    "reader": {"windows": "Acrobat.exe", "macos": "Preview", "linux": "org.gnome.Evince"},
    "files": {"windows": "explorer.exe", "macos": "Finder", "linux": "org.gnome.Nautilus"},
    "chat": {"windows": "slack.exe", "macos": "Slack", "linux": "Slack"},
    "messenger": {"windows": "WhatsApp.exe", "macos": "WhatsApp", "linux": "WhatsApp"},
    "music": {"windows": "Spotify.exe", "macos": "Spotify", "linux": "Spotify"},
    "zoom": {"windows": "Zoom.exe", "macos": "zoom.us", "linux": "zoom"},
    "teams": {"windows": "ms-teams.exe", "macos": "Microsoft Teams", "linux": "teams-for-linux"},
}

# Linux shows no window while it is locked.
LOCK_SCREENS: dict[System, tuple[str, str]] = {
    "windows": ("LockApp.exe", "Windows Default Lock Screen"),
    "macos": ("loginwindow", ""),
}

BROWSERS: dict[System, tuple[Browser, ...]] = {
    "windows": (
        Browser("chrome.exe", "chrome", " - Google Chrome"),
        Browser("msedge.exe", "edge", " - Microsoft Edge"),
        Browser("firefox.exe", "firefox", " — Mozilla Firefox"),
    ),
    "macos": (Browser("Google Chrome", "chrome", ""), Browser("Safari", "safari", "")),
    "linux": (
        Browser("Google-chrome", "chrome", " - Google Chrome"),
        Browser("firefox", "firefox", " — Mozilla Firefox"),
    ),
}

CALLS: dict[str, Activity] = {
    "zoom": Activity(1, "zoom", "Zoom Meeting - {topic} {n}"),
    "teams": Activity(1, "teams", "{topic} {n} | Meeting | Microsoft Teams"),
    "meet": Activity(1, BROWSER, "Meet - {topic} {n}", "meet.google.com", "mrg-{n}-team"),
}

_EVERYBODY = (
    Activity(5, "mail", "RE: {topic} (case {n}) - Inbox", dwell=0.9),
    Activity(3, "mail", "{who}: {topic}, request {n}", dwell=1.3),
    Activity(5, "chat", "{who} (DM) - Marigold - Slack - thread {n}", dwell=0.6),
    Activity(3, "chat", "#{slug} - Marigold - Slack - message {n}", dwell=0.6),
    Activity(2, "sheet", "{slug}-{n}.xlsx", dwell=1.4),
    Activity(1, "files", "{slug}-{n}", dwell=0.4),
    Activity(1, "messenger", "WhatsApp", dwell=0.6),
    Activity(1, "music", "{who} and the Monsoons - {topic} no. {n}", dwell=0.4),
    Activity(2, BROWSER, "{topic} plan {n} - Google Docs", "docs.google.com", "document/d/{slug}-{n}/edit", 1.5),
    Activity(1, BROWSER, "Week of {topic} {n} - Google Calendar", "calendar.google.com", "event/{n}", 0.7),
    Activity(2, BROWSER, "{topic} - page {n} - Team wiki", "wiki.example.com", "pages/{n}/{slug}", 1.2),
    Activity(1, BROWSER, "{topic} explained, part {n} - YouTube", "www.youtube.com", "watch?v=s{n}", 1.6),
    Activity(1, BROWSER, "Day {n}: {who} holds the innings | ESPNcricinfo", "www.espncricinfo.com", "live/{n}"),
    Activity(1, BROWSER, "{topic}? ({n} comments) : r/jobs", "www.reddit.com", "r/jobs/comments/{n}/{slug}/"),
    Activity(1, BROWSER, "New Tab", dwell=0.3),
)

_TEAM_ACTIVITIES: dict[str, tuple[Activity, ...]] = {
    "Engineering": (
        Activity(12, "editor", "{slug}.py - billing-{n} - Visual Studio Code", dwell=1.4),
        Activity(8, "editor", "test_{slug}.py - accounts-{n} - Visual Studio Code", dwell=1.2),
        Activity(7, "terminal", "{who}: ~/src/{slug}-{n}", dwell=0.8),
        Activity(2, "database", "DBeaver - {slug} script {n}", dwell=1.1),
        Activity(5, BROWSER, "{topic} by {who} · Pull Request #{n}", "github.com", "marigold/billing/pull/{n}", 1.3),
        Activity(3, BROWSER, "{topic} · Issue #{n}", "github.com", "marigold/accounts/issues/{n}"),
        Activity(3, BROWSER, "How to test {topic}? ({n})", "stackoverflow.com", "questions/{n}/{slug}"),
        Activity(2, BROWSER, "{topic} - section {n} - Python docs", "docs.python.org", "3/{slug}.html#s{n}"),
    ),
    "Support": (
        Activity(14, BROWSER, "[#{n}] {topic} - Help desk", "helpdesk.example.com", "tickets/{n}"),
        Activity(6, BROWSER, "{who}: {topic} ({n}) - Help desk", "helpdesk.example.com", "customers/{n}", 0.8),
        Activity(4, "document", "Answer {n} {topic}.docx", dwell=1.2),
        Activity(3, "reader", "{slug}-manual-{n}.pdf", dwell=1.1),
        Activity(3, "messenger", "WhatsApp: {who}, case {n}", dwell=0.7),
        Activity(6, "mail", "Ticket {n}: {topic} - Inbox"),
    ),
    "Sales": (
        Activity(10, BROWSER, "{topic} deal {n} - CRM", "crm.example.com", "deals/{n}"),
        Activity(5, BROWSER, "{who} {n} - contact - CRM", "crm.example.com", "contacts/{n}", 0.8),
        Activity(4, BROWSER, "{who} | {topic} | LinkedIn ({n})", "www.linkedin.com", "in/{slug}-{n}/"),
        Activity(5, "sheet", "quotation-{n}-{slug}.xlsx", dwell=1.3),
        Activity(4, "slides", "Offer {n} {topic}.pptx", dwell=1.3),
        Activity(8, "mail", "Quotation {n}: {topic} - Inbox"),
    ),
}

ACTIVITIES: dict[str, tuple[Activity, ...]] = {team: _EVERYBODY + own for team, own in _TEAM_ACTIVITIES.items()}

_THINGS = words(
    "refund invoice login export billing payment customer address delivery password report account contract "
    "discount tax currency holiday training renewal upgrade warehouse booking printer network survey budget"
)
_MATTERS = words(
    "limits retry form page import dashboard checklist summary migration review notes request forecast "
    "schedule error backlog draft comparison timeline agreement reminder audit template handover settings"
)
TOPICS = tuple((f"{thing} {matter}", f"{thing}-{matter}") for thing in _THINGS for matter in _MATTERS)
COLLEAGUES = words("Asha Ravi Meera Arjun Priya Karan Lena Jonas Grace Marcus Elena Felix")

_RATED_APPLICATIONS: dict[str, tuple[RatingName, bool]] = {
    "editor": ("productive", False),
    "terminal": ("productive", False),
    "database": ("productive", False),
    "sheet": ("productive", False),
    "document": ("productive", False),
    "slides": ("productive", False),
    "mail": ("neutral", False),
    "chat": ("neutral", False),
    "messenger": ("unproductive", False),
    "music": ("unproductive", False),
    "zoom": ("productive", True),
    "teams": ("productive", True),
}


def _application_ratings() -> tuple[SampleRating, ...]:
    """One rating a name: a tracker calls the same program differently on each system."""
    return tuple(
        SampleRating(name, "application", rating, ignore_idle)
        for key, (rating, ignore_idle) in _RATED_APPLICATIONS.items()
        for name in dict.fromkeys(APPLICATIONS[key].values())
    )


RATINGS: tuple[SampleRating, ...] = (
    *_application_ratings(),
    SampleRating("github.com", "domain", "productive"),
    SampleRating("stackoverflow.com", "domain", "productive"),
    SampleRating("docs.python.org", "domain", "productive"),
    SampleRating("helpdesk.example.com", "domain", "productive"),
    SampleRating("crm.example.com", "domain", "productive"),
    SampleRating("wiki.example.com", "domain", "productive"),
    SampleRating("docs.google.com", "domain", "productive"),
    SampleRating("calendar.google.com", "domain", "neutral"),
    SampleRating("meet.google.com", "domain", "productive", ignore_idle=True),
    SampleRating("linkedin.com", "domain", "neutral"),
    SampleRating("youtube.com", "domain", "unproductive"),
    SampleRating("reddit.com", "domain", "unproductive"),
    SampleRating("espncricinfo.com", "domain", "unproductive"),
    SampleRating("linkedin.com", "domain", "productive", team="Sales"),
    *(
        SampleRating(name, "application", "productive", team="Support")
        for name in dict.fromkeys(APPLICATIONS["messenger"].values())
    ),
)

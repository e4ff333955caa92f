"""The starter catalogue: what is in it, and that it never goes before anybody's own rule."""

from __future__ import annotations

from collections import Counter

import pytest

from timegrain.counting.ratings import Rating, Rule, RuleBook, Settled, Verdict, could_be_host, domain
from timegrain.counting.subjects import BROWSER_OF, LOCKED, NameKind
from timegrain.starter.catalogue import category_of, products, starter_rules

APP, SITE = NameKind.APPLICATION, NameKind.SITE
BOOK = RuleBook(rule for _, rule in starter_rules())


def test_a_name_is_one_product_s() -> None:
    assert [name for name, times in Counter(one.name for one in products()).items() if times > 1] == []
    rules = Counter((rule.kind, rule.name) for _, rule in starter_rules())
    assert [name for name, times in rules.items() if times > 1] == []


def test_every_domain_is_in_the_form_in_which_hosts_are_compared() -> None:
    domains = [name for one in products() for name in one.domains]
    assert [name for name in domains if domain(name) != name or not could_be_host(name) or "." not in name] == []


def test_it_is_large_and_complete() -> None:
    assert len(products()) >= 300
    assert [one.name for one in products() if not one.applications and not one.domains] == []
    by_category = Counter(one.category for one in products())
    assert len(by_category) >= 15
    assert min(by_category.values()) >= 5
    assert max(map(len, by_category)) <= 64


def test_browsers_are_neutral_lock_screens_are_in_no_catalogue_and_calls_ignore_idle() -> None:
    names = {rule.name: rule.verdict for _, rule in starter_rules() if rule.kind is APP}
    assert {names[name].rating for name in BROWSER_OF if name in names} == {Rating.NEUTRAL}
    assert not LOCKED & names.keys()
    ignoring = {one.category for one in products() if one.ignore_idle}
    assert ignoring == {"Meetings", "Presentations"}
    assert all(one.ignore_idle for one in products() if one.category in ignoring)


@pytest.mark.parametrize(
    ("kind", "name", "rating", "ignore_idle", "category"),
    [
        (APP, "code.exe", Rating.PRODUCTIVE, False, "Development"),
        (APP, "zoom.us", Rating.PRODUCTIVE, True, "Meetings"),
        (SITE, "docs.google.com", Rating.PRODUCTIVE, False, "Office documents"),
        (SITE, "lens.google.com", Rating.NEUTRAL, False, "Search"),
        (SITE, "m.youtube.com", Rating.UNPRODUCTIVE, False, "Video"),
    ],
)
def test_known_subjects(kind: NameKind, name: str, rating: Rating, ignore_idle: bool, category: str) -> None:
    assert BOOK.settle(None, kind, name) == Settled(rating, ignore_idle)
    assert category_of(kind, name) == category


def test_whose_category_holds() -> None:
    own = [
        Rule(None, SITE, "google.com", Verdict(Rating.NEUTRAL, False, "Our desk")),
        Rule(None, APP, "code.exe", Verdict(Rating.NEUTRAL)),
        Rule(7, SITE, "docs.google.com", Verdict(Rating.NEUTRAL, None, "Manuals")),
    ]
    book = RuleBook([*own, *(rule for _, rule in starter_rules())])
    assert category_of(SITE, "docs.google.com", book) == "Our desk"
    assert category_of(SITE, "docs.google.com", book, team=7) == "Manuals"
    assert category_of(APP, "code.exe", book) == "Development"
    assert category_of(APP, "code of the house", book) is None

"""The rows of the tables by which answers are recognised are complete."""

from __future__ import annotations

import re

import pytest

from clients.business_central.errors import KNOWN_ANSWERS as BUSINESS_CENTRAL
from clients.graph.errors import KNOWN_ANSWERS as GRAPH
from clients.http.answers import KnownAnswer


@pytest.mark.parametrize("known", [*GRAPH, *BUSINESS_CENTRAL], ids=lambda known: known.says)
def test_each_row_says_by_what_it_is_recognised_what_it_means_and_from_where_that_is_known(known: KnownAnswer) -> None:
    assert known.code or known.text, "a status alone recognises nothing"
    re.compile(known.code)
    re.compile(known.text)
    assert known.says
    assert known.source
    assert not known.repeatable or known.meaning == "busy"


@pytest.mark.parametrize("known", GRAPH, ids=lambda known: known.says)
def test_beside_each_answer_of_graph_stands_what_azuread_does_and_the_way_on_where_it_stops(known: KnownAnswer) -> None:
    assert known.azuread
    assert known.azuread_remedy or "fails" not in known.azuread

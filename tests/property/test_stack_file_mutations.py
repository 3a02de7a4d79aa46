"""A mistake in a stack file is a listed problem, or no mistake: a sample of what `make fuzz-stack-files` tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from commands.schema import stack_file_schema
from tests.support.stack_file_mutations import BASES, Case, cases, is_listed, outcome


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_a_mutation_of_a_valid_stack_file_is_a_listed_problem_or_a_valid_plan(case: Case) -> None:
    found = outcome(case)
    assert found.is_valid or is_listed(found.said), found.said


def test_what_is_mutated_has_every_key() -> None:
    def keys(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from node
        for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from keys(each)

    models = stack_file_schema()["$defs"].values()
    assert {key for model in models for key in model["properties"]} - set(keys(BASES)) == set()


@pytest.mark.parametrize("base", BASES, ids=range(len(BASES)))
def test_what_is_mutated_is_valid(base: object) -> None:
    assert outcome(Case(yaml.safe_dump(base, sort_keys=False), ())).is_valid

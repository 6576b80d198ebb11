"""Each kind of node is dealt with in one place, by the checker and by lowering.

The tables are made of those of several modules: a kind in two of them would silently be dealt with
by the later one, and a kind in none would be found by the first program that has it.
"""

import pytest

from toolchain.qll import tree
from toolchain.qll.check import expressions, literals, operators, program, statements
from toolchain.qll.middle import lower
from toolchain.qll.syntax import nodes


def kinds(module, base):
    """The classes of a module that are derived from one of them."""
    return {cls for cls in vars(module).values()
            if isinstance(cls, type) and issubclass(cls, base) and cls is not base}


@pytest.mark.parametrize("tables, base", [
    ((literals.LITERALS, operators.OPERATORS, expressions.EXPRESSIONS), nodes.Expression),
    ((statements.STATEMENTS,), nodes.Statement),
])
def test_each_kind_of_syntax_is_checked_in_one_place(tables, base):
    wanted = kinds(nodes, base)
    assert len(wanted) > 9
    assert sorted(map(str, wanted)) == sorted(str(kind) for table in tables for kind in table)
    assert wanted <= {*program.RULES.expression, *program.RULES.statement}


def test_each_kind_of_place_and_statement_is_lowered():
    assert set(lower.RULES.place) == kinds(tree, tree.Place)
    assert set(lower.RULES.statement) == kinds(tree, tree.Statement)


def test_each_kind_of_value_is_lowered():
    rules = lower.RULES
    assert {*rules.value, *rules.words, *rules.memory} == kinds(tree, tree.Value)

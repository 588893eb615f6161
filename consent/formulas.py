"""The small language of metric definitions: columns, whole numbers, `+ - * /`, parentheses and `coalesce(a, b)`.

A formula is parsed with Python's own grammar, checked node by node against that list, and only then written as SQL,
node by node: nothing of a definition's text reaches the database as it stands. Every column means its sum over the
rows that are grouped, so a formula rolls up over any dimension; a division by zero is null.
"""

from __future__ import annotations

import ast
import operator as operators
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

ALLOWED = "columns, whole numbers, + - * /, parentheses and coalesce(a, b)"
_OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISONS = {ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<="}
_SHOWN = {"-": "−", "*": "·", "/": "÷"}
_IN_PYTHON: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operators.add,
    ast.Sub: operators.sub,
    ast.Mult: operators.mul,
    ast.Div: operators.truediv,
    ast.Gt: operators.gt,
    ast.GtE: operators.ge,
    ast.Lt: operators.lt,
    ast.LtE: operators.le,
}
_LONGEST = 300
Number = float | None


@dataclass(frozen=True)
class Formula:
    """An expression, or with `comparison` one expression compared with another, over sums of columns."""

    text: str
    tree: ast.expr

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns it sums, in the order in which they are named."""
        named = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and not _is_function(node)]
        return tuple(dict.fromkeys(node.id for node in sorted(named, key=lambda node: node.col_offset)))

    @cached_property
    def sql(self) -> str:
        """The formula as SQL over a group's rows: each column is `sum("column")`."""
        return _sql(self.tree)

    @cached_property
    def counts(self) -> bool:
        """Whether whole numbers come out of whole numbers: nothing is divided."""
        return not any(isinstance(node, ast.Div) for node in ast.walk(self.tree))

    @cached_property
    def shown(self) -> str:
        """As people read it: `(shown − choices) ÷ shown`."""
        text = re.sub(r"[-*/]", lambda found: _SHOWN[found.group()], self.text)
        return " ".join(text.split())

    @cached_property
    def is_compound(self) -> bool:
        """Whether it wants parentheses inside a larger formula."""
        return isinstance(self.tree, ast.BinOp)

    def value(self, sums: Mapping[str, Number]) -> Number:
        """The same in Python, over sums that are given: None where SQL would say null. A comparison gives 1 or 0."""
        return _value(self.tree, sums)


def parse(text: str, columns: Collection[str], *, comparison: bool = False) -> Formula:
    """Read a formula over `columns`. Raises ValueError that names what is not allowed and what is."""
    if len(text) > _LONGEST:
        raise ValueError(f"expected a formula of at most {_LONGEST} characters; came {len(text)}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise ValueError(f"not a formula: expected {ALLOWED}; came {text!r}") from None
    if comparison:
        if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in _COMPARISONS:
            raise ValueError(f"expected two formulas with one of > >= < <= between; came {text!r}")
        _check(tree.left, columns)
        _check(tree.comparators[0], columns)
    else:
        _check(tree, columns)
    return Formula(text, tree)


def _check(node: ast.expr, columns: Collection[str]) -> None:
    if isinstance(node, ast.Name):
        if node.id not in columns:
            raise ValueError(f"no column {node.id!r} to sum; expected one of {', '.join(columns)}")
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        _check(node.left, columns)
        _check(node.right, columns)
    elif isinstance(node, ast.Call) and _is_coalesce(node):
        for part in node.args:
            _check(part, columns)
    elif not (isinstance(node, ast.Constant) and type(node.value) is int):
        raise ValueError(f"{ast.unparse(node)!r} is not allowed in a formula; expected {ALLOWED}")


def _is_coalesce(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "coalesce" and len(node.args) > 1 and not node.keywords


def _is_function(node: ast.Name) -> bool:
    return node.id == "coalesce"


def _sql(node: ast.expr) -> str:
    match node:
        case ast.Name():
            return f'sum("{node.id}")'
        case ast.BinOp(op=ast.Div()):
            return f"({_sql(node.left)} / nullif({_sql(node.right)}, 0))"
        case ast.BinOp():
            return f"({_sql(node.left)} {_OPERATORS[type(node.op)]} {_sql(node.right)})"
        case ast.Call():
            return f"coalesce({', '.join(map(_sql, node.args))})"
        case ast.Compare():
            return f"{_sql(node.left)} {_COMPARISONS[type(node.ops[0])]} {_sql(node.comparators[0])}"
        case ast.Constant():
            return str(int(str(node.value)))
    raise AssertionError(ast.dump(node))


def _value(node: ast.expr, sums: Mapping[str, Number]) -> Number:
    match node:
        case ast.Name():
            return sums[node.id]
        case ast.Call():
            return next((value for part in node.args if (value := _value(part, sums)) is not None), None)
        case ast.Constant():
            return float(str(node.value))
        case ast.BinOp():
            return _computed(node.op, _value(node.left, sums), _value(node.right, sums))
        case ast.Compare():
            return _computed(node.ops[0], _value(node.left, sums), _value(node.comparators[0], sums))
    raise AssertionError(ast.dump(node))


def _computed(operator: ast.operator | ast.cmpop, left: Number, right: Number) -> Number:
    if left is None or right is None or (isinstance(operator, ast.Div) and not right):
        return None
    return float(_IN_PYTHON[type(operator)](left, right))

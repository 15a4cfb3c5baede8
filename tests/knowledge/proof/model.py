"""All possible reports and their levels, as formulas.

A finding is reported or not, and has a value that counts only if it is reported. Implied findings follow from reported
ones. `holds` and `fails` are Kleene's three-valued logic: an unknown value makes neither of them true.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import z3

from service.knowledge.conditions import named, parts
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema.conditions import Clause, Condition
from service.knowledge.schema.findings import Finding, People
from service.model.scales import Level

_UNKNOWN = "unknown"
_TRUE = z3.BoolVal(True)  # noqa: FBT003 - the constant itself
NEVER = z3.BoolVal(False)  # noqa: FBT003 - the constant itself


class Variable:
    """One finding: reported or not, its value, and its not-known flag."""

    def __init__(self, name: str, kind: str, values: tuple[str, ...] = ()) -> None:
        self.name = name
        self.kind = kind
        self.values = tuple(value for value in values if value != _UNKNOWN)
        self.known = z3.Bool(f"{name} is reported")
        self.not_known = z3.Bool(f"{name} is not known")
        self.truth = z3.Bool(name)
        self.number = z3.Int(name) if kind in ("integer", "choice") else z3.Real(name)
        self.chosen = {value: z3.Bool(f"{name} has {value}") for value in self.values}

    def domain(self, finding: Finding | None) -> Iterator[Any]:
        """The values that the request reader accepts."""
        if self.kind == "choice":
            yield z3.And(self.number >= 0, self.number < len(self.values))
        elif self.kind == "choices":
            yield z3.Or(*self.chosen.values())
        elif self.kind in ("integer", "number") and finding is not None:
            yield z3.And(self.number >= exact(finding.minimum), self.number <= exact(finding.maximum))

    def is_one_of(self, values: Iterable[str]) -> Any:
        """The choice is among `values`."""
        return z3.Or(*(self.number == self.values.index(value) for value in values))

    def parts(self) -> list[Any]:
        """The constants of the value."""
        return {"boolean": [self.truth], "choices": list(self.chosen.values())}.get(self.kind, [self.number])


def exact(number: float | None) -> Any:
    """A bound as an exact fraction."""
    return z3.Q(*Fraction(str(number)).as_integer_ratio())


class Rules:
    """The rules of one knowledge, applied to one report."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.findings = {
            name: Variable(name, finding.kind, finding.values)
            for name, finding in knowledge.findings.items()
            if finding.kind != "series"
        }
        measures = [id_ for id_, derivation in knowledge.derivations.items() if derivation.measure is not None]
        self.measures = {id_: Variable(id_, "boolean") for id_ in measures}
        self.domain = [part for name, v in self.findings.items() for part in v.domain(knowledge.findings[name])]
        self.domain += [
            z3.Not(v.not_known) for name, v in self.findings.items() if knowledge.findings[name].place != "findings"
        ]
        self._present: dict[str, Any] = {}
        self._closed: dict[str, Any] = {}
        self.flags = knowledge.red_flags

    def variable(self, name: str) -> Variable:
        """The finding or measure called `name`."""
        return self.measures[name] if name in self.measures else self.findings[name]

    @cached_property
    def fires(self) -> dict[str, Any]:
        """Each red flag fires."""
        return {id_: self.holds(flag.when) for id_, flag in self.flags.items()}

    @cached_property
    def reaches(self) -> dict[Level, Any]:
        """A rule sets each level or a higher one, open questions aside."""
        policy = self.knowledge.policy
        signs = [self.present(sign) for sign in policy.uncovered_signs]
        return {
            level: z3.Or(
                *(self.fires[id_] for id_, flag in self.flags.items() if flag.level.rank >= level.rank),
                *(signs if policy.uncovered_sign_level.rank >= level.rank else []),
            )
            for level in Level
            if level is not Level.SELF_CARE
        }

    def present(self, name: str) -> Any:
        """The yes/no finding is reported present, or implied."""
        if name not in self._present:
            variable, finding = self.variable(name), self.knowledge.findings.get(name)
            says_yes = z3.And(variable.known, variable.truth)
            says_no = z3.And(variable.known, z3.Not(variable.truth))
            says_yes = z3.And(says_yes, z3.Not(self.is_contradicted(name)))
            ways = [says_yes]
            ways += [
                z3.And(self.holds(condition), z3.Not(z3.And(says_no, self._is_explained(name, condition))))
                for condition in (() if finding is None else finding.implied_by)
            ]
            if finding is not None and finding.settled_by is not None:
                ways.append(self.holds(finding.settled_by))
            self._present[name] = z3.Or(*ways)
        return self._present[name]

    def _is_explained(self, name: str, condition: Condition) -> Any:
        """Another reported sign explains the detail in `condition`."""
        findings = self.knowledge.findings
        openers = {
            opener for detail in named(condition) for given in findings[detail].asked_when for opener in named(given)
        }
        others = [self.findings[other] for other in findings[name].implied_unless if other in openers]
        return z3.Or(NEVER, *(z3.And(other.known, other.truth) for other in others))

    def is_contradicted(self, name: str) -> Any:
        """A yes to the finding is unused, because another value contradicts it."""
        finding = self.knowledge.findings.get(name)
        return NEVER if finding is None or finding.contradicted_by is None else self.holds(finding.contradicted_by)

    def contradicts(self, name: str) -> Any:
        """A value of `name` contradicts the report, and may lower the level."""
        ways = [NEVER]
        for id_, finding in self.knowledge.findings.items():
            if name in finding.implied_unless:
                ways.append(z3.And(self.findings[id_].known, z3.Not(self.findings[id_].truth)))
            if finding.contradicted_by is not None and name in named(finding.contradicted_by):
                ways.append(z3.And(self.findings[id_].known, self.findings[id_].truth))
        return z3.Or(*ways)

    def absent(self, name: str) -> Any:
        """The yes/no finding is denied or settled as absent, and not implied."""
        variable, finding = self.variable(name), self.knowledge.findings.get(name)
        ways = [z3.And(variable.known, z3.Not(variable.truth), z3.Not(variable.not_known))]
        if finding is not None and finding.settled_by is not None:
            ways.append(self._value(finding.settled_by, wanted=False, with_closed=False))
        return z3.And(z3.Or(*ways), z3.Not(self.present(name)))

    def is_known(self, name: str) -> Any:
        """The finding is known: reported, implied or settled."""
        variable = self.variable(name)
        return z3.Or(self.present(name), self.absent(name)) if variable.kind == "boolean" else variable.known

    def closed(self, name: str) -> Any:
        """The finding is unknown and cannot apply to this report."""
        if name not in self._closed:
            finding = self.knowledge.findings.get(name)
            ways = [NEVER]
            if finding is not None and finding.asked_when:
                ways.append(z3.And(*(self.fails(condition) for condition in finding.asked_when)))
            if finding is not None and finding.asked_of is not None:
                ways.append(self._is_outside(finding.asked_of))
            self._closed[name] = z3.And(z3.Not(self.is_known(name)), z3.Or(*ways))
        return self._closed[name]

    def waiting(self, name: str) -> Any:
        """The finding is unknown, not closed, and opened by another answer."""
        finding = self.knowledge.findings.get(name)
        if finding is None or not finding.asked_when:
            return NEVER
        opened = z3.Or(*(self.holds(condition) for condition in finding.asked_when))
        return z3.And(z3.Not(self.is_known(name)), z3.Not(self.closed(name)), z3.Not(opened))

    def _is_outside(self, people: People) -> Any:
        sex, age = self.findings["sex_at_birth"], self.findings["age_years"]
        ways = []
        if people.sex_at_birth:
            named = [value for value in people.sex_at_birth if value in sex.values]
            ways.append(z3.And(sex.known, z3.Not(sex.is_one_of(named))))
        if people.age_at_least is not None:
            ways.append(z3.And(age.known, age.number < people.age_at_least))
        if people.age_at_most is not None:
            ways.append(z3.And(age.known, age.number > people.age_at_most))
        return z3.Or(*ways)

    def holds(self, condition: Condition) -> Any:
        """`condition` is true whatever the unknown findings are."""
        return self._value(condition, wanted=True)

    def fails(self, condition: Condition) -> Any:
        """`condition` is false whatever the unknown findings are; closed counts as absent."""
        return self._value(condition, wanted=False)

    def _value(self, condition: Condition, *, wanted: bool, with_closed: bool = True) -> Any:
        if isinstance(condition, str):
            derivation = self.knowledge.derivations.get(condition)
            if derivation is not None and derivation.when is not None:
                return self._value(derivation.when, wanted=wanted)
            return self.present(condition) if wanted else z3.Or(self.absent(condition), self.closed(condition))
        if condition.not_ is not None:
            name = condition.not_
            return self.absent(name) if wanted else z3.Or(self.present(name), self.closed(name))
        if group := parts(condition):
            enough = {True: len(group), False: 1} if condition.all_ else {True: 1, False: len(group)}
            if condition.at_least_of is not None:
                enough = {True: condition.at_least_of, False: len(group) - condition.at_least_of + 1}
            return z3.AtLeast(
                *(self._value(part, wanted=wanted, with_closed=with_closed) for part in group), enough[wanted]
            )
        variable = self.findings[condition.finding or ""]
        test = self.test(condition, variable)
        if wanted:
            return z3.And(variable.known, test)
        failed = z3.And(variable.known, z3.Not(test))
        return z3.Or(failed, self.closed(variable.name)) if with_closed else failed

    def test(self, clause: Clause, variable: Variable) -> Any:
        """The value of `variable` passes the test of `clause`."""
        if clause.is_ is not None:
            return variable.is_one_of((clause.is_,) if isinstance(clause.is_, str) else clause.is_)
        if clause.includes is not None:
            return z3.Or(*(variable.chosen[value] for value in clause.includes))
        if clause.only is not None:
            return z3.Not(z3.Or(*(chosen for value, chosen in variable.chosen.items() if value not in clause.only)))
        number = variable.number
        bounds = [
            None if clause.at_least is None else number >= exact(clause.at_least),
            None if clause.more_than is None else number > exact(clause.more_than),
            None if clause.at_most is None else number <= exact(clause.at_most),
            None if clause.less_than is None else number < exact(clause.less_than),
        ]
        return z3.And(*(bound for bound in bounds if bound is not None))

    def request(self, model: z3.ModelRef) -> dict[str, Any]:
        """The request of a solver's model, without telemetry behind measures."""
        body: dict[str, Any] = {"findings": {}}
        for name, variable in self.findings.items():
            if z3.is_true(model.eval(variable.known)):
                place = self.knowledge.findings[name].place
                body.setdefault(place, {})[name] = _shown(variable, model)
        unknown = [name for name, variable in self.findings.items() if z3.is_true(model.eval(variable.not_known))]
        return body | ({"not_known": unknown} if unknown else {})


def _shown(variable: Variable, model: z3.ModelRef) -> Any:
    if variable.kind == "boolean":
        return z3.is_true(model.eval(variable.truth))
    if variable.kind == "choices":
        return [value for value, chosen in variable.chosen.items() if z3.is_true(model.eval(chosen))]
    number = model.eval(variable.number, model_completion=True)
    if variable.kind == "choice":
        return variable.values[number.as_long()]
    return number.as_long() if z3.is_int_value(number) else float(number.as_fraction())


def curl(body: dict[str, Any]) -> str:
    """The request as options to paste after `curl .../assess`."""
    return f"-d '{json.dumps(body)}'"

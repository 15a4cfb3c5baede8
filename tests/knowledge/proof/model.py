"""Every report that a runner could send, and what the rules make of it, as formulas.

A finding is known or not, and has a value that counts only where it is known; a screen question is answered yes, no
or not at all. `holds` and `fails` are three-valued logic after Kleene: unknown makes neither of them true.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import z3

from service.knowledge.conditions import named, parts
from service.knowledge.knowledge import Knowledge
from service.knowledge.schema import Clause, Condition, Finding, RedFlag
from service.model.scales import Level

_UNKNOWN = "unknown"
_TRUE = z3.BoolVal(True)  # noqa: FBT003 - the constant itself


class Variable:
    """One finding: whether it is known, and its value."""

    def __init__(self, name: str, kind: str, values: tuple[str, ...] = ()) -> None:
        self.name = name
        self.kind = kind
        self.values = tuple(value for value in values if value != _UNKNOWN)
        self.known = z3.Bool(f"{name} is known")
        self.truth = z3.Bool(name)
        self.number = z3.Int(name) if kind in ("integer", "choice") else z3.Real(name)
        self.chosen = {value: z3.Bool(f"{name} has {value}") for value in self.values}

    def domain(self, finding: Finding | None) -> Iterator[Any]:
        """What a value must be for a request to be read."""
        if self.kind == "choice":
            yield z3.And(self.number >= 0, self.number < len(self.values))
        elif self.kind == "choices":
            yield z3.Or(*self.chosen.values())
        elif self.kind in ("integer", "number") and finding is not None:
            yield z3.And(self.number >= _exact(finding.minimum), self.number <= _exact(finding.maximum))

    def is_one_of(self, values: Iterable[str]) -> Any:
        """The choice is among `values`."""
        return z3.Or(*(self.number == self.values.index(value) for value in values))

    def parts(self) -> list[Any]:
        """The constants that make up the value."""
        return {"boolean": [self.truth], "choices": list(self.chosen.values())}.get(self.kind, [self.number])


def _exact(number: float | None) -> Any:
    return z3.Q(*Fraction(str(number)).as_integer_ratio())


class Rules:
    """The shipped rules over one report."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.findings = {
            name: Variable(name, finding.kind, finding.values)
            for name, finding in knowledge.findings.items()
            if finding.kind != "series"
        }
        measures = [id_ for id_, derivation in knowledge.derivations.items() if derivation.measure is not None]
        self.measures = {id_: Variable(id_, "boolean") for id_ in measures}
        self.questions = knowledge.safety_screen.questions
        self.yes = {id_: z3.Bool(f"yes to {id_}") for id_ in self.questions}
        self.no = {id_: z3.Bool(f"no to {id_}") for id_ in self.questions}
        self.none_of_these = z3.Bool("none of these")
        self.denying: dict[str, list[tuple[str, Condition]]] = {}
        for id_, question in self.questions.items():
            for member in question.members:
                (name,) = named(member)
                self.denying.setdefault(name, []).append((id_, member))
        self.domain = [
            *(part for name, v in self.findings.items() for part in v.domain(knowledge.findings[name])),
            *(z3.Not(z3.And(self.yes[id_], self.no[id_])) for id_ in self.questions),
        ]
        self._implied: dict[tuple[str, str], bool] = {}
        self.flags = knowledge.red_flags
        self.fires = {id_: self.holds(flag.when) for id_, flag in self.flags.items()}
        self.floors = {id_: self._floor(question.members) for id_, question in self.questions.items()}
        self.open = {id_: self._is_open(id_) for id_ in self.questions}
        self.screen_open = z3.Or(*self.open.values())
        self.reaches = {level: self._reaches(level) for level in Level if level is not Level.SELF_CARE}

    def variable(self, name: str) -> Variable:
        """The finding or measure called `name`."""
        return self.measures[name] if name in self.measures else self.findings[name]

    def denied(self, question: str) -> Any:
        """The question was answered no, by itself or with the rest."""
        return z3.Or(self.no[question], z3.And(self.none_of_these, z3.Not(self.yes[question])))

    def holds(self, condition: Condition) -> Any:
        """`condition` is true whatever is still unknown."""
        return self._value(condition, wanted=True)

    def fails(self, condition: Condition) -> Any:
        """`condition` is false whatever is still unknown."""
        return self._value(condition, wanted=False)

    def _value(self, condition: Condition, *, wanted: bool) -> Any:
        if isinstance(condition, str):
            derivation = self.knowledge.derivations.get(condition)
            if derivation is not None and derivation.when is not None:
                return self._value(derivation.when, wanted=wanted)
            return self._truth(condition, wanted=wanted)
        if condition.not_ is not None:
            return self._truth(condition.not_, wanted=not wanted)
        if group := parts(condition):
            enough = {True: len(group), False: 1} if condition.all_ else {True: 1, False: len(group)}
            if condition.at_least_of is not None:
                enough = {True: condition.at_least_of, False: len(group) - condition.at_least_of + 1}
            return z3.AtLeast(*(self._value(part, wanted=wanted) for part in group), enough[wanted])
        variable = self.findings[condition.finding or ""]
        test = self._test(condition, variable)
        told = z3.And(variable.known, test if wanted else z3.Not(test))
        return told if wanted else z3.Or(told, self._closed(condition, variable))

    def _truth(self, name: str, *, wanted: bool) -> Any:
        variable = self.variable(name)
        if wanted:
            return z3.And(variable.known, variable.truth)
        told = z3.And(variable.known, z3.Not(variable.truth))
        denied = [self.denied(question) for question, _ in self.denying.get(name, ())]
        return z3.Or(told, z3.And(z3.Not(variable.known), z3.Or(*denied)))

    def _test(self, clause: Clause, variable: Variable) -> Any:
        if clause.is_ is not None:
            return variable.is_one_of((clause.is_,) if isinstance(clause.is_, str) else clause.is_)
        if clause.includes is not None:
            return z3.Or(*(variable.chosen[value] for value in clause.includes))
        if clause.only is not None:
            return z3.Not(z3.Or(*(chosen for value, chosen in variable.chosen.items() if value not in clause.only)))
        number = variable.number
        bounds = [
            None if clause.at_least is None else number >= _exact(clause.at_least),
            None if clause.more_than is None else number > _exact(clause.more_than),
            None if clause.at_most is None else number <= _exact(clause.at_most),
            None if clause.less_than is None else number < _exact(clause.less_than),
        ]
        return z3.And(*(bound for bound in bounds if bound is not None))

    def _closed(self, clause: Clause, variable: Variable) -> Any:
        """A no to a question on a range leaves a number unknown, and false what lies within that range."""
        closing = [
            self.denied(question)
            for question, member in self.denying.get(variable.name, ())
            if isinstance(member, Clause) and self._implies(clause, member, variable)
        ]
        return z3.And(z3.Not(variable.known), z3.Or(*closing))

    def _implies(self, clause: Clause, member: Clause, variable: Variable) -> bool:
        solver = z3.Solver()
        solver.add(*variable.domain(self.knowledge.findings[variable.name]))
        solver.add(self._test(clause, variable), z3.Not(self._test(member, variable)))
        return bool(solver.check() == z3.unsat)

    def _is_open(self, question: str) -> Any:
        members = self.questions[question].members
        return z3.And(
            z3.Not(self.yes[question]),
            z3.Not(self.denied(question)),
            *(z3.Not(self.holds(member)) for member in members),
            z3.Not(z3.And(*(self.fails(member) for member in members))),
        )

    def leaves(self, condition: Condition) -> Iterator[Condition]:
        """The tests of single findings that `condition` is made of, through derivations."""
        derivation = self.knowledge.derivations.get(condition) if isinstance(condition, str) else None
        if derivation is not None and derivation.when is not None:
            yield from self.leaves(derivation.when)
        elif group := parts(condition):
            for part in group:
                yield from self.leaves(part)
        else:
            yield condition

    def _mentions(self, flag: RedFlag, member: Condition) -> bool:
        """Whether some test in `flag` and `member` can be true of one value."""
        (name,) = named(member)
        for leaf in self.leaves(flag.when):
            if list(named(leaf)) == [name]:
                solver = z3.Solver()
                solver.add(*self.domain, self.holds(leaf), self.holds(member))
                if solver.check() == z3.sat:
                    return True
        return False

    def _floor(self, members: tuple[Condition, ...]) -> Level:
        levels = [flag.level for flag in self.flags.values() if any(self._mentions(flag, m) for m in members)]
        return min(levels, key=lambda level: level.rank, default=Level.CONSULTATION)

    def _reaches(self, level: Level) -> Any:
        """The report comes out at `level` or above."""
        policy = self.knowledge.policy
        reasons = [self.fires[id_] for id_, flag in self.flags.items() if flag.level.rank >= level.rank]
        reasons += [self.yes[id_] for id_, floor in self.floors.items() if floor.rank >= level.rank]
        if level is Level.CONSULTATION:
            members = [member for question in self.questions.values() for member in question.members]
            reasons += [self.holds(member) for member in members]
        if policy.uncovered_sign_level.rank >= level.rank:
            reasons += [self.holds(sign) for sign in policy.uncovered_signs]
        if policy.screen_open_level.rank >= level.rank:
            reasons.append(self.screen_open)
        return z3.Or(*reasons)

    def raising(self) -> list[str]:
        """The findings that a red flag, a screen question or an uncovered sign wants present or within a range."""
        wanted = [leaf for flag in self.flags.values() for leaf in self.leaves(flag.when)]
        wanted += [member for question in self.questions.values() for member in question.members]
        wanted += self.knowledge.policy.uncovered_signs
        names = [name for leaf in wanted if isinstance(leaf, str) or leaf.not_ is None for name in named(leaf)]
        return list(dict.fromkeys(names))

    def tests_of(self, name: str) -> list[Any]:
        """What red flags and screen members ask of the value of the number or choice called `name`."""
        wanted = [leaf for flag in self.flags.values() for leaf in self.leaves(flag.when)]
        wanted += [member for question in self.questions.values() for member in question.members]
        clauses = [leaf for leaf in wanted if isinstance(leaf, Clause) and leaf.finding == name]
        return [self._test(clause, self.findings[name]) for clause in clauses]

    def presence(self, name: str) -> tuple[Any, list[tuple[Any, Any]]]:
        """When `name` is not yet present, and what reporting it present changes.

        A number or a choice becomes present when it passes a test that it did not pass, and all that it passed.
        """
        variable = self.variable(name)
        now_known = (variable.known, _TRUE)
        if variable.kind == "boolean":
            absent = z3.Not(z3.And(variable.known, variable.truth))
            return absent, [now_known, (variable.truth, _TRUE)]
        later = [z3.FreshConst(part.sort(), name) for part in variable.parts()]
        changes = [now_known, *zip(variable.parts(), later, strict=True)]
        allowed = z3.substitute(z3.And(*variable.domain(self.knowledge.findings[name])), *changes)
        tests = self.tests_of(name)
        passed = [z3.And(variable.known, test) for test in tests]
        passing = [z3.substitute(test, *changes) for test in tests]
        kept = z3.And(*(z3.Implies(before, after) for before, after in zip(passed, passing, strict=True)))
        gained = z3.Or(*(z3.And(z3.Not(before), after) for before, after in zip(passed, passing, strict=True)))
        return z3.And(allowed, kept, gained), changes

    def telling(self, name: str) -> tuple[Any, list[tuple[Any, Any]]]:
        """When `name` is unknown, and that it becomes known, with whatever value."""
        variable = self.variable(name)
        return z3.Not(variable.known), [(variable.known, _TRUE)]

    def looked_at(self) -> list[str]:
        """Every finding that a red flag, a screen question or an uncovered sign names, nots included."""
        looked_at = {name for flag in self.flags.values() for leaf in self.leaves(flag.when) for name in named(leaf)}
        return sorted(looked_at | set(self.raising()))

    def completion(self, names: set[str]) -> tuple[list[tuple[Any, Any]], Any]:
        """Everything in `names` becomes known: what is known stays, what was denied is as the no said."""
        told: list[tuple[Any, Any]] = []
        consistent: list[Any] = []
        for name in sorted(names):
            variable = self.variable(name)
            later = [z3.FreshConst(part.sort(), name) for part in variable.parts()]
            own = [(variable.known, _TRUE), *zip(variable.parts(), later, strict=True)]
            same = z3.And(*(now == then for now, then in zip(variable.parts(), later, strict=True)))
            consistent.append(z3.Implies(variable.known, same))
            domain = variable.domain(self.knowledge.findings.get(name))
            consistent += [z3.substitute(part, *own) for part in domain]
            for question, member in self.denying.get(name, ()):
                unsaid = z3.And(z3.Not(variable.known), self.denied(question))
                consistent.append(z3.Implies(unsaid, z3.Not(z3.substitute(self.holds(member), *own))))
            told += own
        return told, z3.And(*consistent)

    def request(self, model: z3.ModelRef) -> dict[str, Any]:
        """The report of a solver's model as a request; telemetry behind a measure is not invented."""
        body: dict[str, Any] = {"findings": {}}
        for name, variable in self.findings.items():
            if z3.is_true(model.eval(variable.known)):
                place = self.knowledge.findings[name].place
                body.setdefault(place, {})[name] = self._shown(variable, model)
        screen: dict[str, bool] = {id_: True for id_, yes in self.yes.items() if z3.is_true(model.eval(yes))}
        screen |= {id_: False for id_, no in self.no.items() if z3.is_true(model.eval(no))}
        if z3.is_true(model.eval(self.none_of_these)):
            screen["none_of_these"] = True
        body["findings"] = body["findings"] or {self._neutral(): False}
        return body | ({"safety_screen": screen} if screen else {})

    def _neutral(self) -> str:
        """A yes/no finding that no red flag looks at: a request must report something."""
        looked_at = self.looked_at()
        plain = (name for name, v in self.findings.items() if v.kind == "boolean" and name not in looked_at)
        return next(name for name in plain if self.knowledge.findings[name].place == "findings")

    def _shown(self, variable: Variable, model: z3.ModelRef) -> Any:
        if variable.kind == "boolean":
            return z3.is_true(model.eval(variable.truth))
        if variable.kind == "choices":
            return [value for value, chosen in variable.chosen.items() if z3.is_true(model.eval(chosen))]
        number = model.eval(variable.number, model_completion=True)
        if variable.kind == "choice":
            return variable.values[number.as_long()]
        return number.as_long() if z3.is_int_value(number) else float(number.as_fraction())


def curl(body: dict[str, Any]) -> str:
    """A request that can be pasted after `curl -H 'content-type: application/json' .../assess`."""
    return f"-d '{json.dumps(body)}'"

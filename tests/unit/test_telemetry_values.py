"""Telemetry values: any input is read, or ignored with a reason."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.knowledge.loader import SHIPPED
from service.knowledge.schema.findings import Finding, Retired, Vocabulary
from service.knowledge.yaml_reader import read_yaml
from service.report.plausibility import CADENCE, DISTANCE, DURATION, SPEED, STEP_LENGTH, UNIT_MISTAKES
from service.report.reader import RequestReader
from service.report.report import Dropped, Report

_law = settings(max_examples=300, derandomize=True, database=None, deadline=None)


class _Names(NamedTuple):
    """The part of the knowledge that a reader needs."""

    findings: dict[str, Finding]
    retired: dict[str, Retired]


@cache
def _shipped() -> dict[str, Finding]:
    """The shipped findings without the rules."""
    findings: dict[str, Finding] = {}
    for file in sorted((SHIPPED / "findings").glob("*.yaml")):
        findings |= msgspec.convert(read_yaml(file.read_text(encoding="utf-8")), Vocabulary).findings
    return findings


@cache
def _reader() -> RequestReader:
    return RequestReader(_Names(_shipped(), {"old_speed": Retired(code="renamed", detail="send speed_m_s")}))


def _read(training: object) -> Report:
    return _reader().read(json.dumps({"findings": {"calf_cramp": True}, "training": training}).encode())


def _codes(training: object) -> dict[str, str]:
    """The codes of the dropped values by name."""
    return {dropped.pointer.removeprefix("/training/"): dropped.code for dropped in _read(training).ignored}


def test_every_checked_finding_is_in_the_vocabulary() -> None:
    """Each check names a finding of the vocabulary; otherwise it would never run."""
    names = {*UNIT_MISTAKES, CADENCE, DISTANCE, DURATION, SPEED, STEP_LENGTH}
    assert names <= {name for name, finding in _shipped().items() if finding.place == "training"}


@pytest.mark.parametrize(
    ("training", "codes"),
    [
        ({"cadence_spm": 84}, {"cadence_spm": "one_foot"}),
        ({"cadence_spm": 91.2}, {"cadence_spm": "one_foot"}),
        ({"cadence_spm": 50}, {"cadence_spm": "one_foot"}),
        ({"cadence_spm": 49.9}, {"cadence_spm": "out_of_range"}),
        ({"cadence_spm": 0}, {"cadence_spm": "out_of_range"}),
        ({"cadence_spm": 261}, {"cadence_spm": "out_of_range"}),
        ({"cadence_spm": "180"}, {"cadence_spm": "type"}),
        ({"run_duration_min": 3600}, {"run_duration_min": "looks_like_seconds"}),
        ({"run_duration_min": 172_801}, {"run_duration_min": "looks_like_milliseconds"}),
        ({"run_duration_min": 2_700_000}, {"run_duration_min": "looks_like_milliseconds"}),
        ({"run_duration_min": 10**9}, {"run_duration_min": "out_of_range"}),
        ({"run_duration_min": -1}, {"run_duration_min": "out_of_range"}),
        ({"run_distance_km": 8042.3}, {"run_distance_km": "looks_like_metres"}),
        ({"longest_run_30d_km": 21_097}, {"longest_run_30d_km": "looks_like_metres"}),
        ({"weekly_distance_km": [31_000, 32_500]}, {"weekly_distance_km": "looks_like_metres"}),
        ({"step_length_m": 1100}, {"step_length_m": "looks_like_millimetres"}),
        ({"step_length_m": 110}, {"step_length_m": "looks_like_centimetres"}),
        ({"step_length_m": 0}, {"step_length_m": "out_of_range"}),
        ({"speed_m_s": 12.5}, {"speed_m_s": "looks_like_km_per_hour"}),
        ({"speed_m_s": 0.42}, {"speed_m_s": "out_of_range"}),
        ({"speed_m_s": 40}, {"speed_m_s": "out_of_range"}),
        ({"ambient_temp_c": 73.4}, {"ambient_temp_c": "looks_like_fahrenheit"}),
        ({"ambient_temp_c": 131}, {"ambient_temp_c": "looks_like_fahrenheit"}),
        ({"ambient_temp_c": 132}, {"ambient_temp_c": "out_of_range"}),
        ({"humidity_pct": 4300}, {"humidity_pct": "out_of_range"}),
        ({"elevation_gain_m_per_km": 326}, {"elevation_gain_m_per_km": "out_of_range"}),
        ({"rest_days_per_week": 2.5}, {"rest_days_per_week": "type"}),
        ({"weekly_distance_km": [30, None, 33.1]}, {"weekly_distance_km": "type"}),
        ({"weekly_distance_km": [30]}, {"weekly_distance_km": "too_few_items"}),
        ({"weekly_distance_km": [30] * 27}, {"weekly_distance_km": "too_many_items"}),
        ({"weekly_distance_km": 30}, {"weekly_distance_km": "type"}),
        ({"weekly_distance_km": [30, -1]}, {"weekly_distance_km": "out_of_range"}),
        ({"cadense_spm": 180}, {"cadense_spm": "unknown_property"}),
        ({"old_speed": 3}, {"old_speed": "renamed"}),
        ({"chest_pain": True}, {"chest_pain": "unknown_property"}),
        ([3], {"/training": "type"}),
        ("fast", {"/training": "type"}),
    ],
)
def test_an_unusable_value_is_dropped_with_its_likely_mistake(training: object, codes: dict[str, str]) -> None:
    """Each value is checked alone; the code names the unit that a device or platform probably sent."""
    assert _codes(training) == codes
    report = _read(training)
    assert report.known == {"calf_cramp": True}
    assert report.received.training == 0


@pytest.mark.parametrize(
    ("training", "codes"),
    [
        # 45 minutes and 8 km, with the duration in seconds.
        ({"run_duration_min": 2700, "run_distance_km": 8}, {"run_duration_min": "looks_like_seconds"}),
        (
            {"run_duration_min": 2700, "run_distance_km": 8, "speed_m_s": 2.96},
            {"run_duration_min": "looks_like_seconds"},
        ),
        # A pace of 5:30 minutes per kilometre, and 10.9 kilometres per hour at half of that distance.
        ({"speed_m_s": 5.5, "run_distance_km": 10, "run_duration_min": 55}, {"speed_m_s": "looks_like_pace"}),
        ({"speed_m_s": 7.5, "run_distance_km": 5, "run_duration_min": 40}, {"speed_m_s": "looks_like_km_per_hour"}),
        # Miles, or a clock that ran for hours after the run: the wrong value is not known.
        (
            {"run_distance_km": 6.2, "run_duration_min": 55, "speed_m_s": 3.03},
            {"run_distance_km": "contradicts", "run_duration_min": "contradicts", "speed_m_s": "contradicts"},
        ),
        (
            {"run_distance_km": 400, "run_duration_min": 2},
            {"run_distance_km": "contradicts", "run_duration_min": "contradicts"},
        ),
        (
            {"run_distance_km": 0.1, "run_duration_min": 2000},
            {"run_distance_km": "contradicts", "run_duration_min": "contradicts"},
        ),
        # A watch that sends the length of a stride, and one whose three values do not match.
        ({"speed_m_s": 3, "cadence_spm": 180, "step_length_m": 2}, {"step_length_m": "two_steps"}),
        (
            {"speed_m_s": 3, "cadence_spm": 180, "step_length_m": 1.101},
            {"cadence_spm": "contradicts", "step_length_m": "contradicts"},
        ),
        (
            {"speed_m_s": 3, "cadence_spm": 180, "step_length_m": 0.899},
            {"cadence_spm": "contradicts", "step_length_m": "contradicts"},
        ),
        # A dropped speed is not used to check the steps.
        (
            {"speed_m_s": 7.5, "run_distance_km": 5, "run_duration_min": 40, "cadence_spm": 170, "step_length_m": 0.7},
            {"speed_m_s": "looks_like_km_per_hour"},
        ),
    ],
)
def test_values_that_contradict_each_other_are_dropped(training: dict[str, float], codes: dict[str, str]) -> None:
    """If one value explains the contradiction, only that one is dropped; otherwise all of them are."""
    report = _read(training)
    assert _codes(training) == codes
    assert report.known == {"calf_cramp": True} | {name: sent for name, sent in training.items() if name not in codes}
    assert report.received.training == len(training) - len(codes)


@pytest.mark.parametrize(
    "training",
    [
        # Real recordings with pauses: the duration is elapsed time, the speed is moving speed.
        {"run_distance_km": 6.1, "run_duration_min": 67.8, "speed_m_s": 1.81},
        {"run_distance_km": 10.6, "run_duration_min": 62.7, "speed_m_s": 3.42},
        {"run_distance_km": 37, "run_duration_min": 313, "speed_m_s": 2.19},
        # A run over more than a day, a treadmill without distance, a vertical race.
        {"run_distance_km": 160, "run_duration_min": 1700},
        {"run_distance_km": 160, "run_duration_min": 1700, "speed_m_s": 1.6},
        {"run_distance_km": 0, "run_duration_min": 45, "speed_m_s": 2.8},
        {"run_distance_km": 3.2, "run_duration_min": 100},
        # Many devices send zero for "not recorded".
        {"run_distance_km": 5, "run_duration_min": 0},
        # The limits of the checks.
        {"run_distance_km": 0.12, "run_duration_min": 10},
        {"run_distance_km": 4.8, "run_duration_min": 10},
        {"run_distance_km": 6, "run_duration_min": 20, "speed_m_s": 4},
        {"run_distance_km": 6, "run_duration_min": 20, "speed_m_s": 6.25},
        {"speed_m_s": 3, "cadence_spm": 180, "step_length_m": 1.1},
        {"speed_m_s": 3, "cadence_spm": 180, "step_length_m": 0.9},
        {"cadence_spm": 180, "step_length_m": 2},
        {"cadence_spm": 100, "ambient_temp_c": 55, "run_duration_min": 2880},
        {"cadence_spm": None, "weekly_distance_km": [0, 12.2], "weekly_elevation_gain_m": [0, 30000, 5]},
    ],
)
def test_plausible_values_are_kept(training: dict[str, Any]) -> None:
    """The checks allow pauses, long runs and slow climbs, which are real."""
    sent = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in training.items()
        if value is not None
    }
    report = _read(training)
    assert report.ignored == ()
    assert report.known == {"calf_cramp": True} | sent
    assert report.received.training == len(sent)


def test_a_dropped_series_names_its_first_wrong_week() -> None:
    """A wrong week drops the whole series, because the weeks around a gap would count as neighbours."""
    assert _read({"weekly_distance_km": [30, None, 900]}).ignored == (
        Dropped(
            "/training/weekly_distance_km",
            "type",
            "item 1: must be a number; the whole series is dropped, because a gap would shift its weeks",
        ),
    )


def test_an_unknown_name_has_its_nearest_and_a_pointer_to_remove() -> None:
    """A name that is not an id is not repeated."""
    assert _read({"cadense_spm": 170, "Zoe's watch": 1, "chest_pain": True}).ignored == (
        Dropped("/training", "unknown_property", "the name is not known"),
        Dropped("/training/cadense_spm", "unknown_property", "the name is not known; the nearest is cadence_spm"),
        Dropped("/training/chest_pain", "unknown_property", "belongs in findings"),
    )


def test_the_order_of_telemetry_does_not_matter() -> None:
    """The same values give the same report in any order."""
    sent = {"cadence_spm": 85, "speed_m_s": 12, "x_y": 1, "ambient_temp_c": 80, "rest_days_per_week": 2}
    assert _read(sent) == _read(dict(reversed(sent.items())))


_NUMBERS = (
    st.integers()
    | st.sampled_from([10**400, -(10**400), 1e308, 5e-324, 0, -0.0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(0, 3000)
)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=40,
)
_TELEMETRY = st.deferred(
    lambda: st.sampled_from(sorted(name for name, finding in _shipped().items() if finding.place == "training"))
)
_TRAINING = st.dictionaries(_TELEMETRY | st.text(max_size=8), _JSON | st.lists(_NUMBERS, max_size=30) | _NUMBERS)


@_law
@given(_TRAINING | _JSON)
def test_telemetry_never_rejects_a_request(training: object) -> None:
    """Telemetry leaves the other parts unchanged, and each value is either read or listed."""
    report = _read(training)
    plain = _read(None)
    measured = {name: value for name, value in report.known.items() if name not in plain.known}
    assert report.known == {**plain.known, **measured}
    assert report.received == msgspec.structs.replace(plain.received, training=len(measured))
    if isinstance(training, dict):
        unknown = {name for name in training if name not in _shipped()}
        left = {name for name, value in training.items() if value is not None} - unknown
        assert len(report.ignored) == len(left) - len(measured) + len(unknown)


@_law
@given(st.dictionaries(_TELEMETRY, _NUMBERS))
def test_read_values_do_not_depend_on_dropped_ones(training: dict[str, float]) -> None:
    """A request with only the values that were read gives the same values and drops none."""
    first = _read(training)
    again = _read({name: value for name, value in first.known.items() if name != "calf_cramp"})
    assert again.known == first.known
    assert again.ignored == ()

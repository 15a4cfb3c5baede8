"""Plausibility checks of telemetry.

They find values in another unit, and values that contradict each other. The limits are estimates about devices, not
clinical numbers. A dropped value is unknown, which is the safe direction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from service.knowledge.schema.findings import Finding
from service.report.report import NUMBER, Dropped

DISTANCE: Final = "run_distance_km"
DURATION: Final = "run_duration_min"
SPEED: Final = "speed_m_s"
CADENCE: Final = "cadence_spm"
STEP_LENGTH: Final = "step_length_m"


class UnitMistake(NamedTuple):
    """A frequent wrong unit.

    It has a code, an explanation, and the conversion to the right unit.
    """

    code: str
    detail: str
    converted: Callable[[float], float]


_SECONDS: Final = UnitMistake("looks_like_seconds", "looks like seconds; send minutes", lambda value: value / 60)
_METRES: Final = UnitMistake("looks_like_metres", "looks like metres; send kilometres", lambda value: value / 1000)
_KM_PER_HOUR: Final = UnitMistake(
    "looks_like_km_per_hour", "looks like kilometres per hour; send metres per second", lambda value: value / 3.6
)
_PACE: Final = UnitMistake(
    "looks_like_pace", "looks like minutes per kilometre; send metres per second", lambda value: 1000 / (60 * value)
)
_TWO_STEPS: Final = UnitMistake(
    "two_steps", "looks like the length of two steps; send the length of one", lambda value: value / 2
)

# Units of the platforms: Strava, FIT and TCX count the steps of one foot. FIT has millimetres, Strava and Garmin have
# metres and seconds, Health Connect has milliseconds, and HealthKit has degrees Fahrenheit.
UNIT_MISTAKES: Final[Mapping[str, tuple[UnitMistake, ...]]] = {
    "weekly_distance_km": (_METRES,),
    "longest_run_30d_km": (_METRES,),
    DISTANCE: (_METRES,),
    DURATION: (
        _SECONDS,
        UnitMistake("looks_like_milliseconds", "looks like milliseconds; send minutes", lambda value: value / 60_000),
    ),
    CADENCE: (
        UnitMistake(
            "one_foot", "looks like the steps of one foot; send the steps of both feet", lambda value: value * 2
        ),
    ),
    STEP_LENGTH: (
        UnitMistake("looks_like_millimetres", "looks like millimetres; send metres", lambda value: value / 1000),
        UnitMistake("looks_like_centimetres", "looks like centimetres; send metres", lambda value: value / 100),
    ),
    SPEED: (_KM_PER_HOUR,),
    "ambient_temp_c": (
        UnitMistake(
            "looks_like_fahrenheit",
            "looks like degrees Fahrenheit; send degrees Celsius",
            lambda value: (value - 32) / 1.8,
        ),
    ),
}
"""The mistakes of each finding, the most frequent one first."""

FASTEST_M_S: Final = 8.0
"""The fastest plausible run. The world record over a mile is 7.2 m/s."""

SLOWEST_M_S: Final = 0.2
"""The slowest plausible run, pauses included. The slowest real recording examined had 0.42 m/s."""

SLOWEST_RUN_M_S: Final = 0.5
"""The slowest speed that confirms another unit."""

PAUSES: Final = 1.25
"""The factor by which clocks may differ. In recordings, elapsed time was up to 1.22 times the moving time."""

CONFIRMS: Final = 1.1
"""The factor within which another unit explains a contradiction."""

STEP_PERCENT: Final = 10
"""The percentage by which a step may differ from speed and cadence. Devices round each of the three values."""

_PACE_CONTRADICTS: Final = (
    "distance, duration and speed do not fit together; send kilometres, minutes without pauses and metres per second"
)
_DISTANCE_CONTRADICTS: Final = (
    "distance and duration give a speed that is not a run; send kilometres and minutes without pauses"
)
_STEP_CONTRADICTS: Final = (
    "step length, speed and cadence do not fit together; send one step in metres and the steps of both feet"
)

_CONVERTIBLE: Final = 1e15
"""A bound for conversions. JSON allows integers that no float can hold."""

Known = Mapping[str, object]


def unit_mistake(name: str, finding: Finding, value: object) -> UnitMistake | None:
    """Return the unit mistake that explains an out-of-range `value`.

    The value would be in range in that unit. The result is None if no unit explains it.
    """
    if not isinstance(value, NUMBER) or not abs(value) < _CONVERTIBLE:
        return None
    least, most = finding.minimum or 0, finding.maximum or 0
    for mistake in UNIT_MISTAKES.get(name, ()):
        if least <= mistake.converted(value) <= most:
            return mistake
    return None


def run_contradictions(known: Known) -> tuple[Dropped, ...]:
    """Return the values of distance, duration and speed to drop.

    They do not fit together.
    """
    distance, duration, speed = (_number(known, name) for name in (DISTANCE, DURATION, SPEED))
    if not distance or not duration:
        return ()
    run = distance * 1000 / (duration * 60)
    return _distance_or_duration(run) if speed is None else _distance_duration_or_speed(run, speed)


def _distance_or_duration(run: float) -> tuple[Dropped, ...]:
    if SLOWEST_M_S <= run <= FASTEST_M_S:
        return ()
    if SLOWEST_RUN_M_S <= run * 60 <= FASTEST_M_S:
        return (_dropped(DURATION, _SECONDS),)
    return _contradicting((DISTANCE, DURATION), _DISTANCE_CONTRADICTS)


def _distance_duration_or_speed(run: float, speed: float) -> tuple[Dropped, ...]:
    if _agree(run, speed, PAUSES):
        return ()
    if _agree(run * 60, speed, CONFIRMS):
        return (_dropped(DURATION, _SECONDS),)
    for mistake in (_KM_PER_HOUR, _PACE):
        if _agree(run, mistake.converted(speed), CONFIRMS):
            return (_dropped(SPEED, mistake),)
    return _contradicting((DISTANCE, DURATION, SPEED), _PACE_CONTRADICTS)


def step_contradictions(known: Known) -> tuple[Dropped, ...]:
    """Return the values of step length and cadence to drop.

    They do not fit the speed.
    """
    length, speed, cadence = (_number(known, name) for name in (STEP_LENGTH, SPEED, CADENCE))
    if not length or not speed or not cadence or _is_step(length, speed, cadence):
        return ()
    if _is_step(_TWO_STEPS.converted(length), speed, cadence):
        return (_dropped(STEP_LENGTH, _TWO_STEPS),)
    return _contradicting((CADENCE, STEP_LENGTH), _STEP_CONTRADICTS)


CONTRADICTIONS: Final = (run_contradictions, step_contradictions)
"""The checks in order. Each one gets only the values that the earlier checks kept."""


def _is_step(length: float, speed: float, cadence: float) -> bool:
    # In whole thousandths: a step of 1.1 m instead of 1 m differs by exactly 10 percent.
    expected = 60 * round(speed * 1000) * 1000
    return 100 * abs(round(length * 1000) * round(cadence * 1000) - expected) <= STEP_PERCENT * expected


def _agree(one: float, other: float, factor: float) -> bool:
    return one <= other * factor and other <= one * factor


def _number(known: Known, name: str) -> float | None:
    value = known.get(name)
    return value if isinstance(value, NUMBER) else None


def _dropped(name: str, mistake: UnitMistake) -> Dropped:
    return Dropped(f"/training/{name}", mistake.code, mistake.detail)


def _contradicting(names: tuple[str, ...], detail: str) -> tuple[Dropped, ...]:
    return tuple(Dropped(f"/training/{name}", "contradicts", detail) for name in names)

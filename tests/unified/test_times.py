"""What providers write as a time becomes RFC 3339 in UTC with milliseconds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified.mapping.times import parse_time, rfc3339, time_converter

AMSTERDAM = time_converter(ZoneInfo("Europe/Amsterdam"), zero_is_null=True)
UTC_TIMES = time_converter(ZoneInfo("UTC"), zero_is_null=False)
ZONES = ("Europe/Amsterdam", "UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")
FIRST = datetime(1970, 1, 3)  # noqa: DTZ001 - hypothesis adds the zone
LAST = datetime(2099, 12, 30)  # noqa: DTZ001 - hypothesis adds the zone
CONVERTERS = {name: time_converter(ZoneInfo(name), zero_is_null=False) for name in ZONES}

NAIVE = [
    ("summer", "2026-07-01 12:00:00", "2026-07-01T10:00:00.000Z"),
    ("winter", "2026-01-01 00:30:00", "2025-12-31T23:30:00.000Z"),
    ("the last second before spring", "2026-03-29 01:59:59", "2026-03-29T00:59:59.000Z"),
    ("inside the hour that spring leaves out", "2026-03-29 02:30:00", "2026-03-29T01:30:00.000Z"),
    ("the first second of summer", "2026-03-29 03:00:00", "2026-03-29T01:00:00.000Z"),
    ("the last second before the doubled hour", "2026-10-25 01:59:59", "2026-10-24T23:59:59.000Z"),
    ("the first second of the doubled hour", "2026-10-25 02:00:00", "2026-10-25T00:00:00.000Z"),
    ("the last second of the doubled hour", "2026-10-25 02:59:59", "2026-10-25T00:59:59.000Z"),
    ("the first second after the doubled hour", "2026-10-25 03:00:00", "2026-10-25T02:00:00.000Z"),
    ("a T between date and time", "2026-07-01T12:00:00", "2026-07-01T10:00:00.000Z"),
    ("a fraction of a second", "2026-07-01 12:00:00.9996", "2026-07-01T10:00:01.000Z"),
    ("a date alone", "2026-07-01", "2026-06-30T22:00:00.000Z"),
    ("without seconds", "2026-07-01 12:00", "2026-07-01T10:00:00.000Z"),
    ("a leap day", "2028-02-29 23:59:59", "2028-02-29T22:59:59.000Z"),
]
ZONED = [
    ("Z", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00.000Z"),
    ("an offset", "2026-07-01T12:00:00+02:00", "2026-07-01T10:00:00.000Z"),
    ("microseconds, rounded to the nearest", "2026-07-01T12:00:00.123500Z", "2026-07-01T12:00:00.124Z"),
    ("a fraction that rounds into the next year", "2026-12-31T23:59:59.999900Z", "2027-01-01T00:00:00.000Z"),
]
NUMBERS = [
    ("epoch seconds", 1778492466, "2026-05-11T09:41:06.000Z"),
    ("epoch seconds with a fraction", 1776855600.2499998, "2026-04-22T11:00:00.250Z"),
    ("epoch milliseconds", 1778492466123, "2026-05-11T09:41:06.123Z"),
    ("before 1970", -1, "1969-12-31T23:59:59.000Z"),
]


@pytest.mark.parametrize(("says", "value", "expected"), NAIVE + ZONED + NUMBERS, ids=str)
def test_a_time_becomes(says, value, expected):
    assert AMSTERDAM(value) == expected


@pytest.mark.parametrize("value", [None, "", False])
def test_nothing_is_no_time(value):
    assert AMSTERDAM(value) is None


def test_zero_is_no_time_only_where_the_provider_says_so():
    assert AMSTERDAM(0) is None
    assert AMSTERDAM(0.0) is None
    assert UTC_TIMES(0) == "1970-01-01T00:00:00.000Z"


REFUSED = [
    True,
    {},
    ["2026-07-01"],
    "yesterday",
    "0000-00-00 00:00:00",
    "2026-02-30 10:00:00",
    "2026-07-01 24:00:01",
    "2026-07-01 12:60:00",
    "2026-07-01 12:00:60",
    "2026-07-01 12:00:5٣",
    "2026-07-01 12:00:5²",
    "2026-07-01x12:00:00Zz",
]


@pytest.mark.parametrize("value", REFUSED, ids=repr)
def test_what_is_no_time_is_refused(value):
    with pytest.raises(ValueError, match=r"."):
        AMSTERDAM(value)


@pytest.mark.parametrize(
    "value", [10**30, 1e300, -(10**30), float("inf"), float("nan"), "0001-01-01 00:00:00"], ids=repr
)
def test_a_time_outside_the_calendar_is_refused(value):
    with pytest.raises((ValueError, OverflowError)):
        CONVERTERS["Europe/Amsterdam"](value)


def test_the_refusal_of_a_text_shows_no_more_than_its_beginning():
    with pytest.raises(ValueError, match=r"^'x{39} is not a time$"):
        AMSTERDAM("x" * 100_000)


@settings(deadline=None)
@given(
    moment=st.datetimes(FIRST, LAST).map(lambda one: one.replace(microsecond=0)),
    zone=st.sampled_from(ZONES),
    between=st.sampled_from(" T"),
)
def test_the_fast_way_for_naive_times_equals_datetime_arithmetic(moment, zone, between):
    slow = moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert CONVERTERS[zone](moment.isoformat(between)) == f"{slow:%Y-%m-%dT%H:%M:%S}.000Z"


@settings(deadline=None)
@given(st.text("0123456789- :T٣²", min_size=19, max_size=19) | st.from_regex(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d\Z"))
def test_a_text_of_the_length_of_a_naive_time_is_a_time_or_refused(text):
    try:
        found = CONVERTERS["Europe/Amsterdam"](text)
    except (ValueError, OverflowError):
        return
    assert found.isascii()
    assert rfc3339(datetime.fromisoformat(found)) == found


@settings(deadline=None)
@given(st.datetimes(FIRST, LAST, timezones=st.timezones()))
def test_a_time_with_a_zone_is_the_same_moment_to_half_a_millisecond(moment):
    found = datetime.fromisoformat(rfc3339(moment))
    assert abs(found - moment.astimezone(UTC)) <= timedelta(microseconds=501)


@settings(deadline=None)
@given(st.integers(1, 4_000_000_000_000))
def test_milliseconds_survive_a_float_of_seconds(milliseconds):
    found = datetime.fromisoformat(UTC_TIMES(milliseconds / 1000))
    assert round(found.timestamp() * 1000) == milliseconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-02T08:14:05Z", datetime(2026, 6, 2, 8, 14, 5, tzinfo=UTC)),
        ("2026-06-02T10:14:05+02:00", datetime(2026, 6, 2, 8, 14, 5, tzinfo=UTC)),
        ("2026-06-02 08:14:05", datetime(2026, 6, 2, 8, 14, 5, tzinfo=UTC)),
        ("2026-06-02", datetime(2026, 6, 2, tzinfo=UTC)),
    ],
)
def test_a_callers_time_without_a_zone_is_utc(text, expected):
    assert parse_time(text) == expected


@pytest.mark.parametrize("text", ["", "now", "1778492466.5", "2026-13-01", "2026-06-02T08:14:05 02:00"])
def test_a_callers_text_that_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)

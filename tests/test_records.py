"""Records: checked when they are built, and the same through JSON and plain data."""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from specaug_listen._records import from_json, from_plain, record, to_json, to_plain
from specaug_listen.errors import ParameterError, nearest


@record
class Beat:
    """One stroke."""

    strength: Annotated[float, Field(ge=0, le=1)] = 1.0
    kind: Literal["beat"] = "beat"


@record
class Rest:
    """One silence."""

    n_frames: Annotated[int, Field(ge=1)] = 1
    kind: Literal["rest"] = "rest"


Step = Annotated[Beat | Rest, Field(discriminator="kind")]


@record
class Rhythm:
    """A bar."""

    name: str
    tempo: Annotated[int, Field(gt=0, le=300)] = 120
    steps: Annotated[tuple[Step, ...], Field(strict=False)] = ()
    swing: float | Literal["light", "heavy"] | None = None
    meter: Literal["3/4", "4/4"] = "4/4"
    loud: bool = False

    def __post_init__(self) -> None:
        if self.loud and self.tempo < 10:
            raise ParameterError.of_field("tempo", self.tempo, "allowed is at least 10 where loud is true")


def rhythms() -> st.SearchStrategy[Rhythm]:
    beats = st.builds(Beat, strength=st.floats(0, 1))
    rests = st.builds(Rest, n_frames=st.integers(1, 2**53))
    return st.builds(
        Rhythm,
        name=st.text(st.characters(codec="utf-8")),
        tempo=st.integers(1, 300),
        steps=st.lists(beats | rests, max_size=3).map(tuple),
        swing=st.none() | st.sampled_from(["light", "heavy"]) | st.floats(allow_nan=False, allow_infinity=False),
    )


@given(rhythms())
def test_a_record_comes_back_equal_from_json_and_from_plain_data(rhythm):
    assert from_json(Rhythm, to_json(rhythm)) == rhythm
    assert from_plain(Rhythm, to_plain(rhythm)) == rhythm


def test_plain_data_holds_only_what_json_holds():
    plain = to_plain(Rhythm("bar", steps=(Beat(0.5), Rest(2))))
    assert plain["steps"] == [{"strength": 0.5, "kind": "beat"}, {"n_frames": 2, "kind": "rest"}]
    assert json.loads(json.dumps(plain)) == plain


def test_a_record_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError, match="strength"):
        Beat().strength = 0.5


def test_equal_records_have_equal_hashes():
    assert len({Rhythm("a", steps=(Beat(),)), Rhythm("a", steps=(Beat(),)), Rhythm("b")}) == 2


def test_replace_checks_again():
    with pytest.raises(ParameterError, match=r"^Rhythm: tempo=301: should be less than or equal to 300$"):
        dataclasses.replace(Rhythm("a"), tempo=301)


def test_an_error_names_the_key_the_value_and_what_is_allowed_in_one_line(subtests):
    for fields, message in [
        ({"tempo": 0}, "tempo=0: should be greater than 0"),
        ({"tempo": 1.5}, "tempo=1.5: should be a valid integer"),
        ({"tempo": "120"}, "tempo='120': should be a valid integer"),
        ({"tempo": True}, "tempo=True: should be a valid integer"),
        ({"meter": "5/4"}, "meter='5/4': should be '3/4' or '4/4'"),
        ({"loud": 1}, "loud=1: should be a valid boolean"),
        ({"swing": "much"}, "swing='much': should be a valid number, or 'light' or 'heavy'"),
        ({"tempos": 3}, "unknown key 'tempos'; did you mean 'tempo'? "),
        ({"zzz": 3}, "unknown key 'zzz' (allowed: loud, meter, name, steps, swing, tempo)"),
        ({"tempo": 5, "loud": True}, "tempo=5: allowed is at least 10 where loud is true"),
    ]:
        with subtests.test(fields=fields, message=message):
            with pytest.raises(ParameterError, match=f"^Rhythm: {re.escape(message)}") as from_python:
                Rhythm("bar", **fields)
            with pytest.raises(ParameterError, match=f"^{re.escape(message)}") as from_data:
                from_plain(Rhythm, {"name": "bar", **fields})
            assert "\n" not in f"{from_python.value}{from_data.value}"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            {"kind": "beat", "strength": 2.0},
            r"^steps\[1\].*\.strength=2\.0: should be less than or equal to 1$",
        ),
        ({"kind": "beat", "strenth": 1.0}, r"^unknown key 'steps\[1\].+strenth'; did you mean 'strength'\?"),
        ({"kind": "roll"}, r"^steps\[1\]: unknown 'roll' \(allowed: 'beat', 'rest'\)$"),
    ],
    ids=["range", "key", "kind"],
)
def test_an_error_inside_a_list_says_where(step, message):
    with pytest.raises(ParameterError, match=message):
        from_plain(Rhythm, {"name": "bar", "steps": [{"kind": "rest"}, step]})


def test_a_wrong_positional_argument_is_named_by_its_field():
    with pytest.raises(ParameterError, match=r"^Rhythm: tempo=-3: should be greater than 0"):
        Rhythm("bar", -3)


def test_a_missing_field_is_named():
    with pytest.raises(ParameterError, match=r"^Rhythm: name is missing$"):
        Rhythm()
    with pytest.raises(ParameterError, match=r"^name is missing$"):
        from_plain(Rhythm, {})


def test_a_missing_kind_is_named_with_those_that_there_are():
    with pytest.raises(ParameterError, match=r"^steps\[0\]: 'kind' is missing \(allowed: beat, rest\)$"):
        from_plain(Rhythm, {"name": "bar", "steps": [{"n_frames": 2}]})


def test_many_allowed_keys_are_cut_in_the_message():
    keys = [f"a_rather_long_key_{i:02}" for i in range(60)]
    many = record(type("Many", (), {"__annotations__": dict.fromkeys(keys, int), **dict.fromkeys(keys, 0)}))
    with pytest.raises(
        ParameterError, match=r"did you mean 'a_rather_long_key_59'\? \(allowed: a_rather.* and 5\d more\)$"
    ):
        from_plain(many, {"a_rather_long_key_599": 1})


def test_an_error_holds_the_name_of_the_field_as_data(subtests):
    for data, field in [
        ({"tempo": 0}, "tempo"),
        ({"swing": "much"}, "swing"),
        ({"tempos": 3}, "tempos"),
        ({"steps": [{"kind": "rest", "n_frames": 0}]}, "steps[0].rest.n_frames"),
        ({"steps": [{"kind": "rest", "frames": 0}]}, "steps[0].rest.frames"),
        ({"steps": [{"kind": "roll"}]}, "steps[0]"),
        ({"tempo": 5, "loud": True}, "tempo"),
    ]:
        with subtests.test(data=data, field=field):
            with pytest.raises(ParameterError) as caught:
                from_plain(Rhythm, {"name": "bar", **data})
            assert caught.value.field == field


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(ParameterError, match=r"\.\.\.: should be '3/4' or '4/4'") as caught:
        Rhythm("bar", meter="4" * 100_000)
    assert len(str(caught.value)) < 200


def test_a_text_that_is_no_record_is_refused(subtests):
    for text in ("", "{", "[1, 2]", "null", b"\xff"):
        with subtests.test(text=text), pytest.raises(ParameterError, match=r"^the document"):
            from_json(Rhythm, text)


def test_data_that_json_cannot_hold_is_refused():
    with pytest.raises(ParameterError, match="only numbers, texts, lists and mappings are allowed"):
        from_plain(Rhythm, {"name": {1, 2}})


@pytest.mark.parametrize(
    ("word", "hint"),
    [("temp0", "; did you mean 'Tempo'?"), ("TEMPO", "; did you mean 'Tempo'?"), ("xyz", ""), ("", "")],
)
def test_nearest_ignores_case_and_says_nothing_where_nothing_is_near(word, hint):
    assert nearest(word, ["Tempo", "Meter"]) == hint

"""What is written beside the sound, and reading it back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from specaug_listen import Audio, Policy, audition
from specaug_listen.auditions import Configuration, read_index, read_record
from specaug_listen.auditions.records import CustomVocoder, describe_clip, to_bytes, vocoder_record
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.vocoders import VOCODERS, GriffinLim

POLICY = Policy([TimeWarp(10), FrequencyMask(max_bins=20, fill="noise"), TimeMask(fill=0.5)], "all three")


@pytest.fixture
def written(tmp_path, speechlike) -> Path:
    """A `draw-1.json` that an audition has written."""
    heard = audition(speechlike, policy=POLICY, vocoder=GriffinLim(n_iter=3), rng=2**53 - 1, name="speech")
    return heard.save(tmp_path) / "draw-1.json"


def test_a_record_read_and_written_again_is_the_same_file(written):
    record = read_record(written)
    assert to_bytes(record) == written.read_bytes()
    assert (record.number, record.clip, record.seed, record.channels) == (1, "speech", 2**53 - 1, "mono")
    assert record.vocoder == GriffinLim(n_iter=3)
    assert record.policy == POLICY


def test_a_record_holds_the_draw_exactly(written, speechlike):
    record = read_record(written)
    again = audition(speechlike, policy=POLICY, vocoder=lambda mel: mel.audio, rng=2**53 - 1)
    assert record.draw == again.draws[0].draw
    mel = record.frontend(speechlike)
    np.testing.assert_array_equal(record.draw.apply(mel).values, again.draws[0].mel.values)


def test_a_record_is_json_that_people_and_other_programs_can_read(written):
    def refused(constant):
        raise ValueError(constant)

    data = json.loads(written.read_text("utf-8"), parse_constant=refused)
    assert data["format"] == "specaug-listen draw 1"
    assert {"numpy", "scipy", "python", "specaug-listen"} <= set(data["versions"])
    assert {"masked_time_ratio", "level_change_db"} <= set(data["scores"])
    assert written.read_bytes().endswith(b"}\n")
    assert len(written.read_text().splitlines()) > 20


def tampered(data: dict, *path: str | int, value: object) -> dict:
    place = data
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return data


BROKEN = {
    "empty": (b"", "not valid JSON"),
    "cut off": (b'{"format": "specaug-listen draw 1", "num', "not valid JSON"),
    "no text": (b"\xff\xfe\x00", "not valid JSON"),
    "deep": (b"[" * 200_000, "not valid JSON"),
    "a list": (b"[1, 2]", "not a draw; give a draw-N.json that an audition has written"),
    "a number": (b"7", "not a draw; give a draw-N.json"),
    "another JSON": (b'{"name": "x"}', "not a draw; give a draw-N.json"),
}


def test_a_file_that_is_no_record_is_refused_by_name_in_one_line(subtests, tmp_path):
    for name, (content, message) in BROKEN.items():
        with subtests.test(name=name):
            path = tmp_path / "draw-1.json"
            path.write_bytes(content)
            with pytest.raises(PolicyError, match=rf"draw-1\.json: {message}") as caught:
                read_record(path)
            assert "\n" not in str(caught.value)


WRONG = {
    "another format": (
        ("format",),
        "specaug-listen draw 99",
        r"format='.* draw 99': should be 'specaug-listen draw 1'",
    ),
    "negative seed": (("seed",), -1, r"seed=-1: should be greater than or equal to 0"),
    "text seed": (("seed",), "7", r"seed='7': should be a valid integer"),
    "gain above one": (("gain",), 1.5, r"gain=1\.5: should be less than or equal to 1"),
    "gain NaN": (("gain",), float("nan"), "gain"),
    "unknown channels": (("channels",), "quad", r"channels='quad': should be 'mono', 'duplicate' or 'before-after'"),
    "unknown vocoder": (("vocoder", "kind"), "wavenet", r"vocoder: unknown 'wavenet' \(allowed: .*joint"),
    "unknown key": (("extra",), 1, r"unknown key 'extra' \(allowed: "),
    "step outside": (("draw", "steps", 1, "n_bins"), 81, r"frequency_mask reaches beyond the 80 bins"),
    "negative step": (("draw", "steps", 2, "n_frames"), -4, r"n_frames=-4: should be greater than or equal to 0"),
    "unknown step": (("draw", "steps", 0, "kind"), "pitch", r"unknown 'pitch' \(allowed: .*time_mask"),
    "wrong rate": (("frontend", "sample_rate"), 0, r"sample_rate=0: should be greater than or equal to 100"),
}


@pytest.mark.parametrize(("where", "value", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_value_is_named_with_what_is_allowed(written, where, value, message):
    data = tampered(json.loads(written.read_text()), *where, value=value)
    written.write_text(json.dumps(data))
    with pytest.raises(PolicyError, match=rf"draw-1\.json: .*{message}") as caught:
        read_record(written)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("key", ["draw", "frontend", "seed", "audio", "gain"])
def test_a_missing_key_is_named(written, key):
    data = json.loads(written.read_text())
    del data[key]
    written.write_text(json.dumps(data))
    with pytest.raises(PolicyError, match=rf"draw-1\.json: {key} is missing"):
        read_record(written)


def test_a_missing_record_and_a_folder_are_refused(tmp_path):
    with pytest.raises(PolicyError, match=r"draw-9\.json: cannot be read \(No such file or directory\)"):
        read_record(tmp_path / "draw-9.json")
    with pytest.raises(PolicyError, match=r"cannot be read \(Is a directory\)"):
        read_record(tmp_path)


def test_a_folder_without_an_index_is_refused_with_the_way_to_make_one(tmp_path):
    with pytest.raises(PolicyError, match=r"audition\.json: cannot be read .*'specaug-listen audition' has written"):
        read_index(tmp_path)


def test_an_index_cannot_lead_out_of_its_folder(subtests, tmp_path):
    for folder in ("..", ".", "../other", "/etc", "a/b", "", "a\\b"):
        with subtests.test(folder=folder):
            clip = {"name": "a", "folder": folder, "audio": {}, "duration_s": 1.0, "gain": 1.0, "badges": []}
            record = {"sample_rate": 1, "n_channels": 1, "n_samples": 1, "fingerprint": "0" * 32}
            configuration = json.loads(to_bytes_of_configuration())
            clip["draws"] = [f"draw-{number}" for number in range(1, configuration["draws"] + 1)]
            index = {
                "format": "specaug-listen audition 1",
                "configuration": configuration,
                "failures": [],
                "versions": {},
            }
            (tmp_path / "audition.json").write_text(json.dumps({**index, "clips": [{**clip, "audio": record}]}))
            with pytest.raises(PolicyError, match=r"audition\.json: clips\[0\]\.folder="):
                read_index(tmp_path)
            (tmp_path / "audition.json").write_text(
                json.dumps({**index, "clips": [{**clip, "audio": record, "folder": "a.b"}]})
            )
            assert read_index(tmp_path).clips[0].folder == "a.b"


def to_bytes_of_configuration() -> str:
    from specaug_listen._records import to_json
    from specaug_listen.frontends import WHISPER

    return to_json(Configuration(WHISPER, POLICY, VOCODERS["joint"], 1, 0))


def test_a_run_out_of_range_is_refused(subtests):
    for wrong, message in [
        ({"seed": -1}, "seed=-1: should be greater than or equal to 0"),
        ({"seed": 2**53}, r"seed=9007199254740992: should be less than or equal to 9007199254740991"),
        ({"draws": 0}, "draws=0: should be greater than or equal to 1"),
        ({"start_s": -1.0}, r"start_s=-1\.0: should be greater than or equal to 0"),
        ({"duration_s": 0.0}, r"duration_s=0\.0: should be greater than 0"),
        ({"duration_s": float("inf")}, "duration_s=inf"),
        ({"channels": "stereo"}, "channels='stereo': should be 'mono', 'duplicate' or 'before-after'"),
    ]:
        with subtests.test(wrong=wrong, message=message):
            from specaug_listen.frontends import WHISPER

            with pytest.raises(ParameterError, match=message):
                Configuration(
                    **{"frontend": WHISPER, "policy": POLICY, "vocoder": GriffinLim(), "draws": 1, "seed": 0, **wrong}
                )


def test_a_clip_is_described_by_its_content(tone):
    described = describe_clip(tone)
    assert (described.sample_rate, described.n_channels, described.n_samples) == (16000, 1, 16000)
    assert described.path is None
    assert len(described.fingerprint) == 32
    assert describe_clip(Audio(tone.samples, 16000)) == described
    assert describe_clip(Audio(tone.samples, 8000)).fingerprint != described.fingerprint


def test_a_vocoder_of_the_users_own_is_written_by_its_name():
    assert vocoder_record(VOCODERS["joint"]) is VOCODERS["joint"]
    assert isinstance(vocoder_record(lambda mel: mel.audio), CustomVocoder)

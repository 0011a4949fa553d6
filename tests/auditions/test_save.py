"""One folder for each clip: its layout, the ears, the gain, and what is never overwritten."""

from __future__ import annotations

import io
import json
import os

import numpy as np
import pytest
import soundfile as sf
from commandline import names_in

from specaug_listen import Audio, Policy, audition
from specaug_listen.auditions import Audition, audition_files, draw_files
from specaug_listen.augment import TimeMask
from specaug_listen.errors import ParameterError

POLICY = Policy([TimeMask(count=2, max_frames=40)], "gaps")


def loud(mel) -> Audio:
    """Far too loud, and backwards; the masked frames scaled too, so that every draw sounds different."""
    factor = np.float32(20.0 * np.tanh(np.abs(mel.values).mean()))
    return Audio(factor * mel.audio.samples[:, ::-1], mel.frontend.sample_rate)


@pytest.fixture(scope="module")
def heard(speechlike) -> Audition:
    return audition(speechlike, policy=POLICY, vocoder=loud, draws=2, rng=1, name="speech")


def pcm(data: bytes) -> np.ndarray:
    """Samples of a WAV file, shape (n_samples, n_channels)."""
    return sf.read(io.BytesIO(data), dtype="int16", always_2d=True)[0]


def expected_pcm(audio: Audio, gain: float) -> np.ndarray:
    return np.rint(audio.samples[0].astype(np.float64) * gain * 32768).astype(int)


def test_a_clips_folder_has_exactly_the_promised_files(tmp_path, heard):
    folder = heard.save(tmp_path / "deep" / "out")
    assert folder == tmp_path / "deep" / "out" / "speech"
    draws = {f"draw-{n}.{suffix}" for n in (1, 2) for suffix in ("wav", "png", "json", "mel.png")}
    both = {f"{name}.{suffix}" for name in ("original", "copy-synthesis") for suffix in ("wav", "mel.png")}
    assert set(os.listdir(folder)) == both | draws
    assert names_in(folder.parent) == ["speech"]


def test_every_wav_is_16_bit_mono_at_the_front_ends_rate_under_the_one_gain(heard):
    assert heard.gain < 0.9
    files = audition_files(heard)
    # Cells of a sweep share the original and the copy-synthesis.
    own = audition_files(heard, references=False, top_db=6.0)
    assert own.keys() == {name for name in files if not name.startswith(("original.", "copy-synthesis."))}
    renderings = {"original.wav": heard.original, "copy-synthesis.wav": heard.copy_synthesis}
    renderings |= {f"{drawn.name}.wav": drawn.audio for drawn in heard.draws}
    for name, audio in renderings.items():
        info = sf.info(io.BytesIO(files[name]))
        assert (info.samplerate, info.channels, info.subtype) == (16000, 1, "PCM_16")
        np.testing.assert_array_equal(pcm(files[name])[:, 0], expected_pcm(audio, heard.gain))
    assert max(np.abs(pcm(data).astype(int)).max() for name, data in files.items() if name.endswith("wav")) == 32767


def test_the_gain_and_the_scores_are_written_down(heard):
    for drawn in heard.draws:
        written = json.loads(audition_files(heard)[f"{drawn.name}.json"])
        assert written["gain"] == heard.gain
        assert written["scores"] == heard.score_of(drawn)
        assert written["number"] == drawn.number


def test_duplicate_gives_both_ears_the_mono_sound(heard):
    mono, both = audition_files(heard), audition_files(heard, "duplicate")
    for name in ("original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-2.wav"):
        np.testing.assert_array_equal(pcm(both[name]), np.repeat(pcm(mono[name]), 2, axis=1))
    assert mono["draw-1.png"] == both["draw-1.png"]


def test_before_after_gives_the_left_ear_the_copy_synthesis_and_the_right_ear_the_draw(heard):
    mono, apart = audition_files(heard), audition_files(heard, "before-after")
    for name in ("draw-1.wav", "draw-2.wav"):
        left, right = pcm(apart[name]).T
        np.testing.assert_array_equal(left, pcm(mono["copy-synthesis.wav"])[:, 0])
        np.testing.assert_array_equal(right, pcm(mono[name])[:, 0])
        assert not np.array_equal(left, right)
    for name in ("original.wav", "copy-synthesis.wav"):
        np.testing.assert_array_equal(pcm(apart[name]), np.repeat(pcm(mono[name]), 2, axis=1))


def test_an_unknown_layout_of_channels_is_refused_before_anything_is_written(tmp_path, heard):
    with pytest.raises(ParameterError, match="channels='stereo': allowed is one of mono, duplicate, before-after"):
        heard.save(tmp_path / "out", channels="stereo")
    assert not (tmp_path / "out").exists() or os.listdir(tmp_path / "out") == []


def test_a_clip_of_the_same_name_gets_a_suffix_and_the_first_stays(tmp_path, heard):
    first = heard.save(tmp_path)
    before = {path.name: path.read_bytes() for path in first.iterdir()}
    second = heard.save(tmp_path, channels="duplicate")
    assert [first.name, second.name, heard.save(tmp_path).name] == ["speech", "speech-2", "speech-3"]
    assert {path.name: path.read_bytes() for path in first.iterdir()} == before


def test_a_reserved_or_hostile_name_gets_a_safe_folder(tmp_path, speechlike):
    for name, folder in (("report.html", "report.html-2"), ("../../up", "up"), ("-rf", "_-rf"), ("", "_.wav")):
        heard = audition(speechlike, policy="none", vocoder=loud, rng=0, name=name)
        assert heard.save(tmp_path).parent == tmp_path
        assert heard.save(tmp_path / "fresh" / str(len(name))).name == folder


def test_overwrite_replaces_the_draws_and_leaves_what_is_the_users(tmp_path, heard, speechlike):
    folder = heard.save(tmp_path)
    (folder / "notes.txt").write_text("draw 2 is too harsh")
    fewer = audition(speechlike, policy=POLICY, vocoder=loud, draws=1, rng=9, name="speech")
    assert fewer.save(tmp_path, overwrite=True) == folder
    assert sorted(os.listdir(folder)) == sorted([*audition_files(fewer), "notes.txt"])
    assert (folder / "draw-1.wav").read_bytes() == audition_files(fewer)["draw-1.wav"]
    assert (folder / "notes.txt").read_text() == "draw 2 is too harsh"


def test_a_run_whose_index_lists_other_draws_is_not_replaced(tmp_path, heard):
    heard.save(tmp_path)
    (tmp_path / "audition.json").write_text("{}")
    with pytest.raises(ParameterError, match="holds a run of specaug-listen audition, whose index would no longer be"):
        heard.save(tmp_path, overwrite=True)


def test_saving_twice_writes_the_same_bytes(tmp_path, heard):
    first, second = heard.save(tmp_path / "a"), heard.save(tmp_path / "b")
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_one_draw_can_be_had_alone(heard):
    files = draw_files(heard, heard.draws[1], "mono")
    assert set(files) == {"draw-2.wav", "draw-2.png", "draw-2.json"}
    assert all(files[name] == audition_files(heard)[name] for name in files)


def test_a_place_that_cannot_be_written_is_named_in_one_line(tmp_path, heard):
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(ParameterError, match=r"file: is a file; choose a folder that is new or empty"):
        heard.save(tmp_path / "file")
    with pytest.raises(ParameterError, match=r"file/out: is below a file; choose a folder that is new or empty"):
        heard.save(tmp_path / "file" / "out")
    assert (tmp_path / "file").read_bytes() == b"mine"

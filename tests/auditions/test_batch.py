"""Many clips: sorted, each in its folder, a bad one beside good ones, and what an interruption leaves."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf
from commandline import contents, names_in

from specaug_listen import Audio, Policy, audition, load, replay, save
from specaug_listen.audio.recording import Spool
from specaug_listen.auditions import Audition, Configuration, Failure, draw_files, read_index, read_record
from specaug_listen.auditions.batch import audition_many, count_clips, output_of_audition
from specaug_listen.auditions.journal import read_run
from specaug_listen.auditions.long import LongAudition
from specaug_listen.auditions.records import CustomVocoder, to_bytes
from specaug_listen.augment import TimeMask
from specaug_listen.errors import OutputError, ParameterError
from specaug_listen.frontends import WHISPER
from specaug_listen.outputs.scratch import is_scratch_folder
from specaug_listen.vocoders import GriffinLim, Joint

RUN = Configuration(
    WHISPER, Policy([TimeMask(max_frames=20)], "gap"), GriffinLim(n_iter=1), draws=1, seed=4, frontend_reason="default"
)
TWICE = replace(RUN, draws=2)


@pytest.fixture
def clips(tmp_path, speechlike):
    """Three good clips; the third has the first one's name."""
    paths = [tmp_path / "in" / name for name in ("a/one.wav", "b/two.wav", "c/One.wav")]
    for number, path in enumerate(paths, start=1):
        path.parent.mkdir(parents=True)
        save(path, Audio(speechlike.samples[:, : 16000 - 1000 * number], 16000))
    return paths


def test_every_clip_has_its_folder_and_its_entry_in_the_order_of_their_paths(tmp_path, clips):
    index = audition_many(clips[::-1], tmp_path / "out", TWICE)
    assert names_in(tmp_path / "out") == ["One-2", "audition.json", "one", "two"]
    assert [(clip.name, clip.folder) for clip in index.clips] == [("a/one", "one"), ("two", "two"), ("c/One", "One-2")]
    assert [clip.audio.path for clip in index.clips] == [str(path) for path in clips]
    assert [clip.duration_s for clip in index.clips] == [0.9375, 0.875, 0.8125]
    assert all(clip.draws == ("draw-1", "draw-2") for clip in index.clips)
    assert index.configuration == TWICE
    assert index.failures == ()


def test_the_index_on_disk_is_the_one_that_is_returned(tmp_path, clips):
    index = audition_many(clips, tmp_path / "out", RUN)
    assert (tmp_path / "out" / "audition.json").read_bytes() == to_bytes(index)
    assert read_index(tmp_path / "out") == index


def test_each_folder_is_what_the_library_writes_for_that_clip_alone(tmp_path, clips):
    audition_many(clips, tmp_path / "out", RUN)
    alone = audition(load(clips[1]), policy=RUN.policy, vocoder=RUN.vocoder, rng=4, name="two").save(tmp_path / "alone")
    assert contents(tmp_path / "out" / "two") == contents(alone)


def test_the_order_of_the_files_and_their_company_change_no_byte(tmp_path, clips):
    audition_many(clips, tmp_path / "first", RUN)
    audition_many([clips[2], clips[0], clips[1]], tmp_path / "second", RUN)
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    audition_many(clips[1:2], tmp_path / "alone", RUN)
    assert contents(tmp_path / "alone" / "two") == contents(tmp_path / "first" / "two")


def test_a_span_is_taken_of_each_clip(tmp_path, clips):
    index = audition_many(
        clips[:1], tmp_path / "out", Configuration(WHISPER, RUN.policy, RUN.vocoder, 1, 0, "mono", 0.25, 0.5)
    )
    assert index.clips[0].duration_s == 0.5
    record = read_record(tmp_path / "out" / "one" / "draw-1.json")
    assert (record.audio.start_s, record.audio.duration_s, record.audio.n_samples) == (0.25, 0.5, 8000)


def test_a_bad_clip_is_told_and_skipped_and_the_others_are_done(tmp_path, clips):
    clips[1].write_bytes(b"no sound")
    told = []
    index = audition_many(clips, tmp_path / "out", RUN, progress=lambda n, result: told.append((n, result)))
    assert [clip.folder for clip in index.clips] == ["one", "One-2"]
    (failure,) = index.failures
    assert failure.path == str(clips[1])
    assert failure.error.startswith(f"{clips[1]}: not readable as audio")
    assert [(number, type(result)) for number, result in told] == [(1, Audition), (2, Failure), (3, Audition)]
    assert names_in(tmp_path / "out") == ["One-2", "audition.json", "one"]
    assert json.loads((tmp_path / "out" / "audition.json").read_text())["failures"] == [
        {"path": failure.path, "error": failure.error}
    ]


@pytest.mark.parametrize("exists", [False, True])
def test_a_run_of_bad_clips_alone_leaves_no_trace(tmp_path, exists):
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    if exists:
        (tmp_path / "out").mkdir()
    index = audition_many([tmp_path / "bad.wav", tmp_path / "missing.wav"], tmp_path / "out", RUN)
    assert index.clips == ()
    assert len(index.failures) == 2
    assert (tmp_path / "out").exists() == exists
    assert not exists or os.listdir(tmp_path / "out") == []


def test_a_folder_that_holds_something_is_refused_before_any_work(tmp_path, clips):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(ParameterError, match=r"out: the folder is not empty; .* with --overwrite"):
        audition_many(clips, tmp_path / "out", RUN)
    assert contents(tmp_path / "out") == {"mine.txt": b"mine"}


def test_a_file_in_the_place_of_the_folder_is_refused_even_with_overwrite(tmp_path):
    (tmp_path / "out").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(ParameterError, match="out: is a file; choose a folder that is new or empty"):
            output_of_audition(tmp_path / "out", overwrite=overwrite)


def test_a_dangling_link_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ParameterError, match="out: "):
        output_of_audition(tmp_path / "out")


def test_overwrite_replaces_results_of_the_same_names_and_leaves_the_rest(tmp_path, clips):
    audition_many(clips, tmp_path / "out", TWICE)
    (tmp_path / "out" / "one" / "notes.txt").write_text("mine")
    old = contents(tmp_path / "out")
    fewer = Configuration(WHISPER, RUN.policy, RUN.vocoder, draws=1, seed=5)
    audition_many(clips[:1], tmp_path / "out", fewer, overwrite=True)
    new = contents(tmp_path / "out")
    assert sorted(name for name in new if name.startswith("one/")) == [
        *("one/copy-synthesis.mel.png", "one/copy-synthesis.wav"),
        *("one/draw-1.json", "one/draw-1.mel.png", "one/draw-1.png", "one/draw-1.wav"),
        *("one/notes.txt", "one/original.mel.png", "one/original.wav"),
    ]
    assert new["one/draw-1.wav"] != old["one/draw-1.wav"]
    assert not [name for name in new if name.startswith(("two/", "One-2/"))]
    assert [clip.folder for clip in read_index(tmp_path / "out").clips] == ["one"]


def test_an_interruption_keeps_what_is_done_and_calls_it_no_whole_run(tmp_path, clips):
    def interrupt(number, result):
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audition_many(clips, tmp_path / "out", RUN, progress=interrupt)
    assert names_in(tmp_path / "out") == ["one", "two"]
    index = read_run(tmp_path / "out")
    assert [clip.folder for clip in index.clips] == ["one", "two"]
    assert [(notice.kind, notice.values["n_done"], notice.values["n_clips"]) for notice in index.notices] == [
        ("unfinished", 2, 3)
    ]


def test_a_disk_that_fills_up_stops_the_run_and_keeps_what_is_done(tmp_path, clips, monkeypatch):
    from pathlib import Path

    write_bytes = Path.write_bytes

    def until_full(path, data):
        if path.parent.name == "two" and path.name == "draw-1.png":
            write_bytes(path, data[:100])
            raise OSError(28, os.strerror(28))
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", until_full)
    with pytest.raises(OutputError, match=r"two: cannot be written \(No space left on device\)"):
        audition_many(clips, tmp_path / "out", RUN)
    assert names_in(tmp_path / "out") == ["one"]
    assert [clip.folder for clip in read_run(tmp_path / "out").clips] == ["one"]


def test_a_vocoder_that_cannot_be_written_down_is_refused(tmp_path, clips):
    run = Configuration(WHISPER, RUN.policy, CustomVocoder("mine"), 1, 0)
    with pytest.raises(ParameterError, match="rendered by mine, which no file can bring back"):
        audition_many(clips, tmp_path / "out", run)
    assert not (tmp_path / "out").exists()


def test_silent_clips_are_done_with_a_badge(tmp_path):
    save(tmp_path / "silence.wav", Audio(np.zeros(8000), 16000))
    index = audition_many([tmp_path / "silence.wav"], tmp_path / "out", RUN)
    assert index.clips[0].badges == ("silent: every sample is zero",)


# -- long recordings ------------------------------------------------------------------------------------

LONG_RUN = replace(RUN, vocoder=Joint(n_iter=1))


@pytest.fixture
def long(tmp_path, speechlike, monkeypatch):
    """A recording that counts as long, of many blocks, between two short clips."""
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 1.0)
    monkeypatch.setattr("specaug_listen.audio.recording._SAMPLES_AT_ONCE", 1000)
    (tmp_path / "in").mkdir()
    for name in ("a.wav", "c.wav"):
        save(tmp_path / "in" / name, Audio(speechlike.samples[:, :8000], 16000))
    sf.write(tmp_path / "in" / "b.wav", np.repeat(speechlike.samples.T, 2, axis=1), 16000, subtype="FLOAT")
    return tmp_path / "in" / "b.wav"


def spoil(path, how):
    if how == "text":
        path.write_bytes(b"no sound")
    else:
        samples, rate = sf.read(path, dtype="float32")
        samples[12345, 1] = float(how) if how != "too loud" else 1e38
        sf.write(path, samples, rate, subtype="FLOAT")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("text", r"not readable as audio \(it begins like no known format\)"),
        ("nan", "1 samples are NaN or infinite, the first at sample 12345; allowed are finite samples"),
        ("-inf", "1 samples are NaN or infinite, the first at sample 12345; allowed are finite samples"),
        ("too loud", r"too loud: a peak of 5e\+37 gives energies above 1e\+30; scale the clip to"),
    ],
)
def test_a_long_recording_that_is_bad_in_the_middle_is_one_line_and_leaves_nothing(tmp_path, long, how, message):
    spoil(long, how)
    index = audition_many(sorted(long.parent.iterdir()), tmp_path / "out", LONG_RUN)
    assert [clip.folder for clip in index.clips] == ["a", "c"]
    (failure,) = index.failures
    assert re.match(rf"{re.escape(str(long))}: {message}", failure.error)
    assert failure.error.count(str(long)) == failure.error.count("b.wav") == 1
    assert names_in(tmp_path / "out") == ["a", "audition.json", "c"]


def test_a_bad_long_recording_alone_leaves_no_trace(tmp_path, long):
    spoil(long, "nan")
    assert audition_many([long], tmp_path / "out", LONG_RUN).clips == ()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("step", ["mel spectrogram", "copy-synthesis", "draw-1"])
def test_a_run_that_is_interrupted_in_a_long_recording_leaves_nothing_of_it(tmp_path, long, step):
    scratch = []

    def interrupt(what, share):
        if what == step:
            scratch.extend(name for name in os.listdir(tmp_path / "out") if is_scratch_folder(tmp_path / "out" / name))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audition_many(sorted(long.parent.iterdir()), tmp_path / "out", LONG_RUN, within=interrupt)
    assert len(scratch) == 1
    assert names_in(tmp_path / "out") == ["a"]
    assert [clip.folder for clip in read_run(tmp_path / "out").clips] == ["a"]


@pytest.mark.parametrize("rows", ["original", "energies", "copy-synthesis", "draw-1"])
def test_a_disk_that_fills_up_in_a_long_recording_stops_the_run_and_leaves_nothing_of_it(
    tmp_path, long, monkeypatch, rows
):
    append = Spool.append

    def until_full(self, what):
        if self._path.stem == rows and len(self):
            raise OutputError(f"{self._path.name}: cannot be written (No space left on device)")
        append(self, what)

    monkeypatch.setattr(Spool, "append", until_full)
    monkeypatch.setattr("specaug_listen.frontends.energy.FRAMES_PER_BLOCK", 50)
    monkeypatch.setattr("specaug_listen.vocoders.joint._FRAMES_PER_SEGMENT", 50)
    with pytest.raises(OutputError, match=rf"{rows}\.f32: cannot be written \(No space left on device\)"):
        audition_many(sorted(long.parent.iterdir()), tmp_path / "out", LONG_RUN)
    assert names_in(tmp_path / "out") == ["a"]


def test_a_long_audition_that_is_told_of_needs_nothing_that_is_gone(tmp_path, long):
    told = []
    audition_many([long], tmp_path / "out", LONG_RUN, progress=lambda number, result: told.append(result))
    assert isinstance(told[0], LongAudition)
    assert os.listdir(tmp_path / "out" / "b") != []
    assert str(told[0]).startswith("Audition of 'b' (1.20 s): gap on whisper (it is the default), seed 4")
    assert told[0].scores[0]["masked_time_ratio"] == told[0].draws[0].draw.masked_time_ratio


@pytest.fixture
def call(tmp_path, speechlike):
    """A call with a speaker on each channel, and a mono clip of the same name elsewhere."""
    voice = speechlike.samples[0, :12000]
    for folder, samples in (("a", np.stack([voice, voice[::-1]], axis=1)), ("b", voice)):
        (tmp_path / folder).mkdir()
        sf.write(tmp_path / folder / "call.wav", samples, 16000, subtype="FLOAT")
    return [tmp_path / "a" / "call.wav", tmp_path / "b" / "call.wav"]


def test_each_makes_a_clip_of_each_channel_that_is_what_the_library_makes_of_it(tmp_path, call):
    told = []
    run = replace(RUN, channel="each")
    index = audition_many(call, tmp_path / "out", run, progress=lambda number, result: told.append(number))
    assert [(clip.name, clip.folder) for clip in index.clips] == [
        ("a/call.ch1", "call.ch1"),
        ("a/call.ch2", "call.ch2"),
        ("b/call", "call"),
    ]
    assert told == list(range(1, count_clips(call, "each") + 1))
    assert [(clip.audio.channel, clip.audio.n_channels) for clip in index.clips] == [(1, 2), (2, 2), ("mean", 1)]
    assert read_index(tmp_path / "out").configuration.channel == "each"
    second = load(call[0], channel=2)
    alone = audition(second, policy=RUN.policy, vocoder=RUN.vocoder, rng=4)
    assert alone.name == "call.ch2"
    np.testing.assert_array_equal(second.samples[0], load(call[0]).samples[1])
    once = replace(alone, name="a/call.ch2").save(tmp_path / "alone")
    assert contents(tmp_path / "out" / "call.ch2") == contents(once)
    whole = audition(load(call[0]), policy=RUN.policy, vocoder=RUN.vocoder, rng=4, channel=2)
    assert whole.draws[0].draw == alone.draws[0].draw


@pytest.mark.parametrize("channel", ["left", 2, "mean"])
def test_a_chosen_channel_is_heard_in_every_clip_that_has_it(tmp_path, call, channel):
    index = audition_many(call, tmp_path / "out", replace(RUN, channel=channel))
    (first, *others) = index.clips
    assert first.folder == {1: "call.ch1", 2: "call.ch2", "mean": "call"}.get(channel, f"call.{channel}")
    assert (first.audio.channel, first.audio.n_channels) == (channel, 2)
    if channel in ("right", 2):
        assert not others
        assert re.search(r"call\.wav: channel .*: the clip has 1 channel", index.failures[0].error)
    else:
        assert [clip.folder for clip in others] == ["call-2" if channel == "mean" else "call"]


def test_the_mean_gives_the_bytes_that_runs_without_a_channel_give(tmp_path, call):
    audition_many(call[:1], tmp_path / "out", RUN)
    heard = audition(load(call[0], channel="mean"), policy=RUN.policy, vocoder=RUN.vocoder, rng=4)
    assert contents(heard.save(tmp_path / "alone")) == contents(tmp_path / "out" / "call")


@pytest.mark.parametrize("long_s", [600.0, 0.05])
@pytest.mark.parametrize("channel", ["right", "each"])
def test_a_channel_is_replayed_bit_for_bit_in_memory_and_in_parts(tmp_path, call, monkeypatch, channel, long_s):
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", long_s)
    index = audition_many(call[:1], tmp_path / "out", replace(RUN, channel=channel, vocoder=Joint(n_iter=1)))
    for clip in index.clips:
        folder = tmp_path / "out" / clip.folder
        assert read_record(folder / "draw-1.json").audio.channel == clip.audio.channel
        in_memory = replay(folder / "draw-1.json")
        (tmp_path / "room").mkdir(exist_ok=True)
        in_parts = replay(folder / "draw-1.json", folder=tmp_path / "room")
        given = replay(folder / "draw-1.json", audio=load(call[0]))
        for again in (in_memory, in_parts, given):
            files = draw_files(again, again.draws[0], "mono")
            data = files["draw-1.wav"]
            data = data if isinstance(data, bytes) else b"".join(data)
            assert data == (folder / "draw-1.wav").read_bytes()


def test_a_record_without_a_channel_is_of_the_mean(tmp_path, call):
    audition_many(call[:1], tmp_path / "out", RUN)
    path = tmp_path / "out" / "call" / "draw-1.json"
    old = json.loads(path.read_text())
    del old["audio"]["channel"]
    path.write_text(json.dumps(old))
    assert read_record(path).audio.channel == "mean"
    assert replay(path).draws[0].audio.n_samples == 12000
    index = json.loads((tmp_path / "out" / "audition.json").read_text())
    del index["configuration"]["channel"], index["clips"][0]["audio"]["channel"]
    (tmp_path / "out" / "audition.json").write_text(json.dumps(index))
    assert read_index(tmp_path / "out").configuration == RUN

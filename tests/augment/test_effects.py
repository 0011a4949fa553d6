"""What a policy does, in one sentence."""

from __future__ import annotations

from specaug_listen.augment import Warp
from specaug_listen.augment.effects import effects_in_words, warp_in_words
from specaug_listen.frameworks.policies import get_policy

EFFECTS = {
    "none": "",
    "LD": "time warp by up to 0.8 s; 2 frequency masks of up to 27 of 80 bins; 2 time masks of up to 1 s",
    # Frameworks that never draw the maximum itself.
    "fairseq-ld": "2 frequency masks of up to 26 of 80 bins; 2 time masks of up to 0.99 s",
    "espnet": "time warp by up to 0.05 s; 2 frequency masks of up to 26 of 80 bins; 10 time masks of up to 5% of the "
    "clip",
    "icefall": "time warp by up to 0.8 s; 2 frequency masks of up to 26 of 80 bins; up to 10 time masks of up to "
    "0.99 s, together at most 15% of the clip",
    "hf-whisper": "time masks of 0.1 s over 5% of the clip",
    "adaptive": "time warp by up to 0.8 s; 2 frequency masks of up to 27 of 80 bins; time masks of up to 4% of the "
    "clip, more of them in longer clips (at most 20)",
    "SM": "time warp by up to 0.4 s; 2 frequency masks of up to 15 of 80 bins; 2 time masks of up to 0.7 s and 20% of "
    "the clip",
    "wenet-u2pp": "2 time masks of up to 0.5 s; 2 frequency masks of up to 10 of 80 bins; 3 copies of earlier frames, "
    "up to 0.3 s long",
    "nemo-quartznet": "5 masked rectangles of up to 50 of 80 bins × 1.2 s",
}


def test_recipes_are_described(subtests):
    for name, words in EFFECTS.items():
        with subtests.test(name=name):
            told = effects_in_words(get_policy(name).transforms, 80, 0.01)
            assert told.replace("\N{NO-BREAK SPACE}", " ") == words


def test_a_callable_is_named():
    policy = get_policy("numpy:flip")
    assert effects_in_words(policy.transforms, 80, 0.01) == "your callable numpy:flip"


def test_the_size_of_a_warp_is_told_alone():
    sizes = {
        name: warp_in_words(get_policy(name).transforms, 0.01) for name in ("LD", "fairseq-ld", "none", "numpy:flip")
    }
    assert {name: text.replace("\N{NO-BREAK SPACE}", " ") for name, text in sizes.items()} == {
        "LD": "up to 0.8 s",
        "fairseq-ld": "",
        "none": "",
        "numpy:flip": "",
    }
    shares = [Warp(80, is_dynamic=True, max_ratio=0.2), Warp(80, is_dynamic=True)]
    assert warp_in_words(shares, 0.01) == "up to 20% of the clip; up to 100% of the clip"

"""How much masks cover: no more than declared, and no more than published recipes do."""

from __future__ import annotations

import numpy as np
import pytest
from checked import ids_of
from pipelines import FAULTS, Reference

from specaug_listen import frontends
from specaug_listen.augment import Batch, Draw, FrequencyMask, Mask, Policy, TimeMask
from specaug_listen.augment.coverage import _steps
from specaug_listen.checks import check
from specaug_listen.checks.clips import speech_clips
from specaug_listen.checks.pipelines import PolicyPipeline
from specaug_listen.checks.rules_places import place_findings
from specaug_listen.checks.rules_strength import YARDSTICKS, published_shares, strength_findings
from specaug_listen.checks.session import Session, Trial, _effect_of_draw
from specaug_listen.frameworks import ALL_POLICIES

# What frameworks are known for: a grid of patches, and training that has to guess what is hidden.
ODDITIES = {"nemo-ssl": {"starts-on-grid", "stronger-than-published"}}


@pytest.fixture(scope="module")
def clips():
    """Of 0.5, 2 and 15 s."""
    every = speech_clips(frontends.WHISPER)
    return every[1], every[2], every[4]


class DrawnSession(Session):
    """A session in which policies are drawn and not applied: all that counts here is where masks lie."""

    def trial(self, n_frames, seed, where, *, training=True):
        n_mels, rng = self.clips[0].mel.n_mels, np.random.default_rng(seed)
        batch = Batch(1, n_frames, 0.0)
        draw = Draw(n_mels, n_frames, _steps(self.pipeline.policy, n_mels, n_frames, rng, batch), batch=batch)
        return Trial(seed, _effect_of_draw(draw, is_changed=bool(draw.steps)), seed)


def session_of(policy, clips, seed=0):
    return DrawnSession(PolicyPipeline(policy, clips[1].mel), clips, seed, 1000)


@pytest.mark.parametrize("name", ALL_POLICIES)
def test_recipes_have_their_documented_oddities_alone(name, clips):
    session = session_of(ALL_POLICIES[name], clips)
    found = {finding.id for finding in [*place_findings(session), *strength_findings(session)]}
    assert found == ODDITIES.get(name, set())


def test_yardsticks_are_recipes_of_the_package():
    assert set(YARDSTICKS) <= set(ALL_POLICIES)
    assert {"LB", "LD", "SM", "SS", "espnet-conformer10", "hf-whisper", "wenet", "icefall"} <= set(YARDSTICKS)


def test_a_yardstick_is_what_the_recipe_covers():
    # Two masks of at most 27 of 80 bins, half of that on average, and where they overlap counted once.
    assert published_shares("LD", 80, 1000).frequency == pytest.approx(0.31, abs=0.05)
    assert published_shares("hf-whisper", 80, 1000).frequency == 0


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        (Policy((TimeMask(10, 200, max_ratio=1.0),), "frames"), "frames"),
        (Policy((FrequencyMask(8, 40),), "bins"), "bins"),
    ],
)
def test_what_covers_more_than_any_recipe_is_told(policy, what, clips):
    (finding,) = strength_findings(session_of(policy, clips))
    assert finding.id == "stronger-than-published"
    assert f"of the {what} of" in finding.evidence
    assert finding.numbers["share"] > finding.numbers["published"]


def test_twice_the_masks_of_ld_are_told_where_they_cover_more(clips):
    policy = Policy((FrequencyMask(6, 27), TimeMask(4, 100)), "double")
    (finding,) = strength_findings(session_of(policy, clips))
    assert finding.numbers["share"] > 0.5


def test_nothing_is_told_of_what_masks_nothing(clips):
    assert strength_findings(session_of(ALL_POLICIES["none"], clips)) == []
    assert np.all([published_shares("none", 80, 200).area == 0])


def test_a_lower_share_is_exceeded():
    assert ids_of(Reference(), share=0.3) == ("short-clip-mostly-masked",)


def test_a_longer_cap_is_kept():
    assert ids_of(FAULTS["wide"][0](), max_time_share=0.46) == ()
    assert ids_of(Reference(), max_time_share=0.4) == ()


def test_a_policy_that_goes_beyond_its_own_share_is_found():
    masks = Mask(
        "time", max_width=1, max_ratio=0.02, ratio_rule="at_least_one", width_rule="inclusive", start_rule="all"
    )
    (finding,) = [f for f in check(Policy((masks,), "least"), draws=100).findings if f.id == "cap-exceeded"]
    assert "a mask of 1 of 20 frames, but the policy declares 2%" in finding.evidence

# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # First listen
#
# Load a clip, apply a SpecAugment policy to it, hear and see what is left, and make one draw again from its file.

# %%
import specaug_listen as sl
from specaug_listen import augment, frontends

speech = sl.load("../samples/speech.flac")
audition = sl.audition(speech, frontend=frontends.WHISPER, policy=augment.LD, draws=2, rng=0)

# %% [markdown]
# An audition shows its page. Compare each draw with the copy-synthesis, not with the original: only the
# copy-synthesis went through the same vocoder as the draws.

# %%
audition

# %% [markdown]
# The scores have one row for each draw. The draw itself is data.

# %%
audition.scores

# %%
audition.draws[0].draw

# %% [markdown]
# `save` writes everything as WAV, PNG and JSON. A draw comes back from its JSON, sample for sample.

# %%
folder = audition.save("../out/notebook", overwrite=True)
again = sl.replay(folder / "draw-1.json")
(again.draws[0].audio.samples == audition.draws[0].audio.samples).all()

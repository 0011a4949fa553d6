"""What one writes without this package: librosa and pyplot, for one clip.

Usage: python benchmarks/plain_script.py CLIP OUT
"""

import sys

import librosa
import librosa.display
import matplotlib
import numpy as np
import soundfile as sf

matplotlib.use("Agg")
import matplotlib.pyplot as plt

path, out = sys.argv[1:]
y, sr = librosa.load(path)
mel = librosa.feature.melspectrogram(y=y, sr=sr)

rng = np.random.default_rng(0)
masked = mel.copy()
for _ in range(2):
    width, frames = rng.integers(0, 28), rng.integers(0, 101)
    f0, t0 = rng.integers(0, mel.shape[0] - width), rng.integers(0, max(1, mel.shape[1] - frames))
    masked[f0 : f0 + width] = mel.mean()
    masked[:, t0 : t0 + frames] = mel.mean()

for name, m in (("copy", mel), ("masked", masked)):
    sf.write(f"{out}/{name}.wav", librosa.feature.inverse.mel_to_audio(m, sr=sr), sr)

figure, (above, below) = plt.subplots(2, 1, figsize=(12, 7.2), sharex=True)
for ax, m in ((above, mel), (below, masked)):
    image = librosa.display.specshow(librosa.power_to_db(m, ref=mel.max()), y_axis="mel", x_axis="time", sr=sr, ax=ax)
figure.colorbar(image, ax=(above, below))
figure.savefig(f"{out}/masked.png")

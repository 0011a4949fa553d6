"""Record what lingvo's front-end computes, as a reference for our own; see ``make_reference.py``.

lingvo itself needs a TensorFlow of years ago. ``MelAsrFrontend._FPropChunk`` and ``_MelSpectrogram`` of its
``tasks/asr/frontend.py``, read at `LINGVO_COMMIT`, are restated here over TensorFlow's own functions, with
the numbers of its ``Params`` and ``noise_scale`` 0.

How to run it
-------------
Python 3.11, in a fresh virtual environment, after ``make_reference.py``, whose inputs it takes::

    pip install tensorflow-cpu==2.21.0

    python make_lingvo_reference.py [OUTPUT]      # OUTPUT: default lingvo.npz beside this script

The file holds ``lingvo/<signal>``, float32, shape (n_mels, n_frames), and ``versions``, a JSON object.
"""

import argparse
import json
import platform
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent
LINGVO_COMMIT = "5f90eb76490bc7b52b6aca833566fcf0ba9c1f55"
SIGNALS = ("speechlike", "noise", "quiet")
RATE, FRAME, STEP, BINS, LOWEST_HZ, HIGHEST_HZ, PREEMPH = 16000.0, 400, 160, 80, 125.0, 7600.0, 0.97
FFT = 2 * 512  # twice the next power of two of the frame: "overdrive"


def lingvo(audio: np.ndarray) -> np.ndarray:
    """Return the log-mel of samples in [-1, 1], which lingvo wants as 16-bit numbers."""
    pcm = tf.constant(audio * np.float32(32768.0))[tf.newaxis]
    # One sample more than a window: the pre-emphasis takes it off again.
    frames = tf.signal.frame(pcm, FRAME + 1, STEP, False)
    emphasized = frames[:, :, 1:] - PREEMPH * frames[:, :, :-1]
    windowed = emphasized * tf.signal.hann_window(FRAME, dtype=tf.float32)
    magnitude = tf.abs(tf.signal.rfft(windowed, [FFT]))
    filters = tf.signal.linear_to_mel_weight_matrix(BINS, FFT // 2 + 1, RATE, LOWEST_HZ, HIGHEST_HZ, dtype=tf.float32)
    mel = tf.matmul(magnitude[0], filters)
    return np.ascontiguousarray(tf.math.log(tf.maximum(1.0, mel)).numpy().T)


def main() -> None:
    """Write the reference file and print the shape of each array in it."""
    parser = argparse.ArgumentParser(description="Record the mel spectrograms of lingvo's front-end.")
    parser.add_argument("output", nargs="?", type=Path, default=HERE / "lingvo.npz", help="the .npz to write")
    output = parser.parse_args().output
    tf.config.threading.set_intra_op_parallelism_threads(1)
    with np.load(HERE / "frontends.npz") as file:
        inputs = {name: file[f"input/16000/{name}"] for name in SIGNALS}
    arrays = {f"lingvo/{name}": lingvo(audio) for name, audio in inputs.items()}
    assert all(mel.dtype == np.float32 and np.isfinite(mel).all() for mel in arrays.values())
    versions = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "tensorflow-cpu": tf.__version__,
        "numpy": np.__version__,
        "lingvo commit (formula restated)": LINGVO_COMMIT,
    }
    arrays["versions"] = np.array(json.dumps(versions))
    np.savez_compressed(output, **arrays)
    for key, array in arrays.items():
        print(f"{key:32s} {array.shape}")


if __name__ == "__main__":
    main()

"""Torch modules as transforms, and their results."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Draw, frontends
from specaug_listen.augment import callable_policy
from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.load import load_callable
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks.policies import get_policy

torch = pytest.importorskip("torch")


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


CHANCE = torch.Generator()


class Mask(torch.nn.Module):
    """Masks (batch, time, freq) in place, in training only."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Dropout(0.5)
        self.register_buffer("calls", torch.zeros(1))
        self.weight = torch.nn.Parameter(torch.zeros(80))

    def forward(self, x):
        if not self.training:
            return x
        self.calls += 1
        start = int(torch.randint(0, x.shape[1] - 10, (1,)))
        x[:, start : start + 10] = self.weight + torch.rand(1)
        return x


def test_a_module_acts_as_in_training_and_is_left_as_it_was(mel):
    module = Mask()
    module.inner.eval()
    module.training = False
    state = torch.get_rng_state()
    draw = get_policy(module).draw(mel, rng=0)
    assert (draw.apply(mel).values != mel.values).any(axis=0).sum() == 10
    assert (module.training, module.inner.training, module.calls.item()) == (False, False, 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert draw.calls[0].adapter.axes == "batch, frames, bins"


def test_its_draw_is_made_again_to_the_bit(mel):
    draw = get_policy(Mask()).draw(mel, rng=4)
    again = Draw.from_json(draw.to_json()).with_callable(Mask())
    np.testing.assert_array_equal(again.apply(mel).values, draw.apply(mel).values)


def test_a_generator_of_torch_that_is_kept_is_seeded(mel):
    class Kept(Mask):
        def __init__(self):
            super().__init__()
            self.chance = torch.Generator()

        def forward(self, x):
            return x + torch.rand(1, generator=self.chance)

    assert get_policy(Kept()).draw(mel, rng=4).calls[0].is_repeatable


def test_a_generator_of_torch_that_forward_takes_from_its_module_is_seeded(mel):
    class Louder(torch.nn.Module):
        def forward(self, x):
            return x + torch.rand(1, generator=CHANCE)

    assert get_policy(Louder()).draw(mel, rng=4).calls[0].is_repeatable


def test_a_generator_of_torch_in_an_attribute_of_the_class_is_seeded(mel):
    class Kept(Mask):
        chance = torch.Generator()

        def forward(self, x):
            return x + torch.rand(1, generator=self.chance)

    assert get_policy(Kept()).draw(mel, rng=4).calls[0].is_repeatable


@pytest.mark.parametrize(
    "give",
    [
        lambda x: (x - 1).to_sparse(),
        lambda x: (x - 1).double().requires_grad_(),
        lambda x: (x - 1, torch.tensor([3])),
        lambda x: x.transpose(0, 1).contiguous().transpose(0, 1) - 1,
    ],
)
def test_sparse_tensors_tuples_and_gradients_are_turned_back(mel, give):
    adapter = Adapter(axes="bins, frames", container="torch")
    draw = callable_policy(give, adapter=adapter).draw(mel, rng=0)
    np.testing.assert_array_equal(draw.apply(mel).values, mel.values - 1)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_turned_back(mel, dtype):
    draw = callable_policy(lambda x: x.to(dtype) - 1, adapter=Adapter(axes="bins, frames", container="torch"))
    np.testing.assert_allclose(draw.draw(mel, rng=0).apply(mel).values, mel.values - 1, atol=0.03)


@pytest.mark.parametrize(
    ("give", "message"),
    [
        (lambda x: x.to("meta"), r"it returned a torch\.Tensor of torch\.float32, not an array"),
        (lambda x: torch.fft.fft(x), r"expected the mel, an array or tensor of real numbers"),
        (lambda x: torch.stack([x, x]), r"it returned shape \(2, 80, 120\)"),
        (lambda x: x.cuda() if torch.cuda.is_available() else x.to("cuda"), r"it raised|^never"),
    ],
)
def test_tensors_that_are_no_mel_are_refused(mel, give, message):
    with pytest.raises(ParameterError, match=message):
        callable_policy(give, adapter=Adapter(axes="bins, frames", container="torch")).draw(mel, rng=0)


def test_a_module_takes_no_arrays(mel):
    with pytest.raises(ParameterError, match=r"container='numpy': a torch\.nn\.Module takes tensors"):
        callable_policy(Mask(), adapter=Adapter(axes="bins, frames", container="numpy")).draw(mel, rng=0)


def test_a_module_by_name_is_made_of_plain_arguments():
    module = load_callable("torch.nn:Threshold(threshold=0.1, value=-1.0)")
    assert module.value == -1.0

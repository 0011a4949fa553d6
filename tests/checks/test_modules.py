"""Torch modules: modes, devices, and the known adapters of torchaudio's."""

from __future__ import annotations

import pytest

from specaug_listen.checks import check
from specaug_listen.checks.export import _example
from specaug_listen.custom.adapter import Adapter
from specaug_listen.errors import ParameterError

torch = pytest.importorskip("torch")

ADAPTER = Adapter(axes="batch, bins, frames", container="torch", lengths="frames")


class Module(torch.nn.Module):
    """Clean: as `pipelines.Reference` without a warp."""

    in_eval = False

    def forward(self, mels, lengths):
        if not self.training and not self.in_eval:
            return mels
        after = mels.clone()
        for item, n in zip(after, lengths.tolist(), strict=True):
            fill = item[:, :n].mean()
            for axis, size, most in ((0, item.shape[0], 27), (1, n, int(0.2 * n))):
                width = int(torch.randint(0, most + 1, (1,)))
                start = int(torch.randint(0, size - width + 1, (1,)))
                item[:, :n].narrow(axis, start, width).fill_(fill)
        return after


class InEval(Module):
    in_eval = True


class Elsewhere(Module):
    def forward(self, mels, lengths):
        return super().forward(mels, lengths).to("meta")


class Double(Module):
    def forward(self, mels, lengths):
        return super().forward(mels, lengths).double()


class InPlace(Module):
    def forward(self, mels, lengths):
        return mels.copy_(super().forward(mels, lengths)) if self.training else mels


class Half(Module):
    def forward(self, mels, lengths):
        return super().forward(mels, lengths).numpy()


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (Module, ()),
        (InEval, ("applied-in-eval",)),
        (Elsewhere, ("device-changed",)),
        (Double, ("dtype-changed",)),
        (Half, ("dtype-changed",)),
        (InPlace, ("input-modified",)),
    ],
)
def test_a_module_s_fault_is_found_and_no_other(made, found):
    assert check(made(), adapter=ADAPTER).report.ids == found


def test_a_module_is_left_in_its_mode():
    module = Module().eval()
    check(module, adapter=ADAPTER)
    assert not module.training


def test_the_state_of_torch_is_as_it_was():
    before = torch.get_rng_state()
    check(Module(), adapter=ADAPTER)
    assert torch.equal(before, torch.get_rng_state())


def test_torchaudio_s_masks_have_what_is_known_of_them():
    transforms = pytest.importorskip("torchaudio.transforms")
    pipeline = transforms.SpecAugment(n_time_masks=2, time_mask_param=40, n_freq_masks=2, freq_mask_param=27)
    assert check(pipeline).report.ids == (
        "applied-in-eval", "masks-in-padding", "padding-in-fill", "end-bins-unmasked", "end-frames-unmasked",
        "short-clip-mostly-masked",
    )  # fmt: skip
    shared = set(check(transforms.TimeMasking(time_mask_param=40)).report.ids)
    assert {"same-draw-in-batch", "zero-fill-in-log"} <= shared


def test_a_mask_of_torchaudio_on_the_wrong_axis_is_found_by_its_name():
    transforms = pytest.importorskip("torchaudio.transforms")
    turned = Adapter(axes="batch, frames, bins", container="torch")
    found = check(transforms.TimeMasking(time_mask_param=40), adapter=turned)
    assert "axes-swapped" in found.report.ids
    assert any("timemasking masks bins in" in finding.evidence for finding in found.findings)


def test_masks_in_eval_mode_are_in_the_picture():
    result = check(InEval(), adapter=ADAPTER, draws=100)
    (finding,) = result.findings
    _, _, draw = _example(result._session, finding)
    assert draw.masked_area_ratio > 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_another_precision_is_that_finding_alone(dtype):
    class Rounds(Module):
        def forward(self, mels, lengths):
            return super().forward(mels, lengths).to(dtype)

    assert check(Rounds(), adapter=ADAPTER, draws=100).report.ids == ("dtype-changed",)


def test_modules_that_are_broken_are_checked_without_an_adapter():
    class Turns(torch.nn.Module):
        def forward(self, mels):
            return mels.mT

    class Unpacks(torch.nn.Module):
        def forward(self, mels):
            if len(mels) == 1:
                raise ValueError("a batch of one")
            return mels.clone()

    assert check(Turns(), draws=100).report.ids == ("axes-swapped",)
    assert set(check(Unpacks(), draws=100).report.ids) == {"crash-batch", "nothing-applied"}


def test_a_conversion_to_tensors_is_given_tensors():
    result = check(lambda mel: torch.as_tensor(mel).clone(), draws=100)
    assert result.report.ids == ("nothing-applied",)
    assert "of torch" in result.report.notes[0]


def test_arrays_for_a_module_are_refused():
    with pytest.raises(ParameterError, match=r"a torch.nn.Module takes tensors; set container='torch'"):
        check(Module(), adapter=Adapter(axes="batch, bins, frames", container="numpy", lengths="frames"))

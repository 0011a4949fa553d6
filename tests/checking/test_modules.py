"""Modules of torch: modes, devices, and what is known of torchaudio's."""

from __future__ import annotations

import pytest

from specaug_listen.augment import Adapter
from specaug_listen.checking import check

torch = pytest.importorskip("torch")

ADAPTER = Adapter(axes="batch, bands, frames", container="torch", lengths="frames")


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
    turned = Adapter(axes="batch, frames, bands", container="torch")
    found = check(transforms.TimeMasking(time_mask_param=40), adapter=turned)
    assert "axes-swapped" in found.report.ids
    assert any("timemasking masks bins in" in finding.evidence for finding in found.findings)

"""Configurations in archives: read in memory, within bounds, and by nobody's leave to write anywhere."""

from __future__ import annotations

import gzip
import io
import os
import re
import tarfile
import zipfile

import pytest

from specaug_listen import frameworks
from specaug_listen.errors import PolicyError
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frameworks.read import import_policy

MODEL = b"preprocessor: {features: 64}\nspec_augment: {freq_masks: 2, freq_width: 9}\ntarget: nemo.X\n"
OTHER = b"a: 1\n"
OTHERS = {"symlink": tarfile.SYMTYPE, "link": tarfile.LNKTYPE, "device": tarfile.CHRTYPE}


def packed(path, files, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            else:
                entry.type, entry.linkname = OTHERS[content], "/etc/hostname"
                archive.addfile(entry)
    return path


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
@pytest.mark.parametrize("ending", ["nemo", "tar", "bin"])
def test_a_nemo_models_configuration_is_read_whatever_packs_it(tmp_path, mode, ending):
    files = [("./other.yaml", OTHER), ("./model_weights.ckpt", b"\0" * 5000), ("./model_config.yaml", MODEL)]
    path = packed(tmp_path / f"model.{ending}", files, mode)
    found = import_policy(path)
    assert found.policy.transforms == frameworks.nemo_policy(freq_masks=2, freq_width=9).transforms
    assert found.frontend.n_mels == 64
    assert found.notes[0] == "read from ./model_config.yaml in the archive"
    assert get_policy(str(path)) == found.policy
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name]


def test_the_one_configuration_of_a_zip_is_found_among_others(tmp_path):
    path = tmp_path / "asr.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta.yaml", "yaml_files: {asr_train_config: exp/config.yaml}")
        archive.writestr("exp/config.yaml", "specaug: specaug\nspecaug_conf: {time_mask_width_range: 9}")
        archive.writestr("exp/weights.pth", b"\0" * 99)
    found = import_policy(path)
    assert (found.framework, found.notes[0]) == ("espnet", "read from exp/config.yaml in the archive")


def test_the_only_yaml_may_be_a_policy_of_our_own(tmp_path):
    path = packed(tmp_path / "x.tar", [("a.yaml", b"transforms: [time_mask]")])
    assert len(import_policy(path).policy.transforms) == 1


def test_several_configurations_are_refused_with_their_names(tmp_path):
    path = packed(tmp_path / "x.tar", [("a.yaml", MODEL), ("b.yml", b"specaug: null"), ("c.yaml", OTHER)])
    with pytest.raises(PolicyError, match=r"several are a framework's: a\.yaml, b\.yml; unpack the one"):
        import_policy(path)


def test_what_is_wrong_in_an_archive_is_one_line(subtests, tmp_path):
    for files, said in [
        ([("a.txt", b"x")], r"an archive \(tar\) without YAML in it; an archive must hold model_config\.yaml or one"),
        ([("a.yaml", OTHER), ("b.yaml", OTHER)], r"none is a framework's: a\.yaml, b\.yaml"),
        ([("model_config.yaml", b"a: 1\n" * 300_000)], r"model_config\.yaml in it has more than 1048576 bytes"),
        ([("model_config.yaml", "symlink")], r"without YAML in it"),
        ([("model_config.yaml", "link")], r"without YAML in it"),
        ([("model_config.yaml", "device")], r"without YAML in it"),
        ([("model_config.yaml", b"a: [")], r"not valid YAML"),
        ([("../../\x1b[2J/model_config.yaml", b"a: [")], r"not valid YAML"),
    ]:
        with subtests.test(files=files, said=said):
            path = packed(tmp_path / "x.nemo", files)
            with pytest.raises(PolicyError, match=said) as caught:
                import_policy(path)
            assert str(caught.value).startswith(f"{path}: ")
            assert str(caught.value).isprintable()


def test_a_short_archive_that_blows_up_is_stopped(subtests, tmp_path):
    entry = tarfile.TarInfo("weights")
    entry.size = 1 << 40
    said = r"cannot be read \(it expands to more than 67108864 bytes; unpack it, and give the YAML file in it\)$"
    for name in ("bomb.nemo", "bomb.tar.gz"):
        path = tmp_path / name
        with gzip.open(path, "wb") as file:
            file.write(entry.tobuf(tarfile.GNU_FORMAT))
            file.write(bytes(1 << 20))
        with subtests.test(name=name), pytest.raises(PolicyError, match=said):
            import_policy(path)


def test_a_header_that_claims_to_be_huge_is_not_read(tmp_path):
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 32
    path = tmp_path / "header.nemo"
    path.write_bytes(entry.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    with pytest.raises(PolicyError, match=r"the archive cannot be read \(.*more than \d+ bytes\)"):
        import_policy(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\x1f\x8bbroken", b"BZhbroken", b"\xfd7zXZ\0broken"])
def test_a_broken_archive_is_one_line(tmp_path, content):
    path = tmp_path / "x.nemo"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match=r"x\.nemo: the archive cannot be read \("):
        import_policy(path)


@pytest.mark.parametrize(
    ("files", "freq_masks", "note"),
    [
        ([("sub/model_config.yaml", OTHER), ("./model_config.yaml", MODEL)], 2, r"read from \./model_config\.yaml in"),
        ([("model_config.yaml", OTHER), ("./model_config.yaml", MODEL)], 2, r"repeated there, and the last one counts"),
        ([("a.yaml", b"#" * 1_100_000), ("model_config.yaml", MODEL)], 2, r"read from model_config\.yaml in"),
    ],
)
def test_of_several_members_that_of_the_model_is_read(tmp_path, files, freq_masks, note):
    found = import_policy(packed(tmp_path / "x.nemo", files))
    assert found.policy.transforms == frameworks.nemo_policy(freq_masks=freq_masks, freq_width=9).transforms
    assert re.search(note, found.notes[0])


def test_models_in_several_folders_are_refused(tmp_path):
    path = packed(tmp_path / "x.nemo", [("a/model_config.yaml", MODEL), ("b/model_config.yaml", OTHER)])
    with pytest.raises(PolicyError, match=r"2 files model_config\.yaml in the archive \(a/model_config\.yaml, b/"):
        import_policy(path)


def test_what_is_packed_by_itself_is_called_so(tmp_path):
    (tmp_path / "a.yaml.gz").write_bytes(gzip.compress(MODEL))
    with pytest.raises(PolicyError, match="not a tar archive; unpack it"):
        import_policy(tmp_path / "a.yaml.gz")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(
        PolicyError, match=r"a\.yaml: the policy file cannot be read \(is a pipe; save it to a file first"
    ):
        import_policy(tmp_path / "a.yaml")

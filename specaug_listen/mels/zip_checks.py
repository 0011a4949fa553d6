"""What NumPy, torch and `zipfile` do not check in archives of arrays: checksums, and bytes around the archive."""

from __future__ import annotations

import zipfile
from typing import IO

from .._arrays import check_total
from ..errors import AudioError

__all__ = ["check_ends", "check_members", "check_rest"]

_BYTES_AT_ONCE = 1 << 20
# The record at the end of a ZIP archive, without its comment.
_ZIP_END, _ZIP_END_BYTES = b"PK\5\6", 22


def check_ends(
    file: IO[bytes], archive: zipfile.ZipFile, n_bytes: int, name: str, command: str = "np.savez(path, mel=mel)"
) -> None:
    """Raise if anything is before or behind an archive, which `zipfile` leaves out silently.

    Raises
    ------
    AudioError
    """
    n_before = min((member.header_offset for member in archive.infolist()), default=0)
    file.seek(max(0, n_bytes - _ZIP_END_BYTES - len(archive.comment)))
    if n_before or not file.read(len(_ZIP_END)).startswith(_ZIP_END):
        where = f"{n_before} bytes are before" if n_before else "something is behind"
        raise AudioError.of_file(name, f"{where} its archive of arrays; write it again: {command}")


def check_rest(file: IO[bytes], n_stored: int, name: str) -> None:
    """Raise if something follows the tensors of an older file, which is no archive.

    Raises
    ------
    AudioError
    """
    n_rest = n_stored - file.tell()
    if n_rest > 0 and not zipfile.is_zipfile(file):
        raise AudioError.of_file(
            name, f"{n_rest} bytes follow what torch reads of it, such as a second tensor; save a list of tensors"
        )


def check_members(file: IO[bytes], n_stored: int, name: str) -> None:
    """Raise if the storages of torch's archive are compressed too far, are damaged, or are not all of the file.

    torch unpacks them without that, and compares no checksum.

    Raises
    ------
    AudioError
    """
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            check_ends(file, archive, n_stored, name, "torch.save(mel, path)")
            n_bytes = sum(member.file_size for member in archive.infolist())
            check_total(n_bytes // 4, n_bytes, n_stored, name)
            for member in archive.infolist():
                if member.CRC:  # 0 if torch was told to write none
                    _check_member(archive, member, name)
    file.seek(0)


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """Raise if the checksum of a member is wrong."""
    try:
        with archive.open(member) as content:
            while content.read(_BYTES_AT_ONCE):
                pass
    except zipfile.BadZipFile as error:
        raise AudioError.of_file(name, f"is damaged ({error!s:.80}); copy it again, or write it again") from None

"""Pictures made fit to publish: turned upright, small enough for a page, with nothing in them but
what is seen. What a camera writes into a file, such as where and when, never leaves the house.

A file is not believed: its ending has to be that of its content, its size is looked at before it is
unpacked, and only decoders of a few common kinds are let near it. Pillow is imported when there is
a picture.
"""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
import zlib
from typing import TYPE_CHECKING, Final

from tidings.application.ports import MadePicture
from tidings.errors import FAULTS

if TYPE_CHECKING:
    from PIL.Image import Image as Raster

# Pixels: the longer side of what is published; what a photograph may hold, which is unpacked in
# part; what any other file may, so that nobody's takes more than some 150 MB. Bytes of a file.
LONGEST_SIDE: Final = 1_200
MOST_PIXELS: Final = 50_000_000
MOST_UNPACKED: Final = 16_000_000
LARGEST_FILE: Final = 24 * 2**20
QUALITY: Final = 82
_KINDS: Final = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF"}
_MISSING: Final = (
    "it needs Pillow, which is not installed",
    "install Tidings with its extra: pip install 'tidings[inputs]'",
)
_MEND: Final = "open it in a picture editor and export it again"

# Decoders fail in many ways.
_BROKEN: Final = (*FAULTS, OSError, EOFError, SyntaxError, struct.error, zlib.error)


class PictureRefusedError(Exception):
    """What is wrong with a picture, and what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


def is_installed() -> bool:
    """Whether pictures can be made at all."""
    try:
        import PIL  # noqa: F401
    except ImportError:
        return False
    return True


def make(path: str, data: bytes) -> MadePicture:
    """What is published of a picture. Raises `PictureRefusedError`."""
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise PictureRefusedError(*_MISSING) from error
    kind = _KINDS.get(path.rpartition(".")[2].lower(), "")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is remarkable in a file, and what is large
            with Image.open(io.BytesIO(data), formats=sorted(set(_KINDS.values()))) as found:
                if found.format != kind:
                    raise PictureRefusedError(
                        f"its name says {kind}, and it is {found.format}", "correct its name"
                    )
                most = MOST_PIXELS if kind == "JPEG" else MOST_UNPACKED
                if found.width * found.height > most:
                    raise PictureRefusedError(
                        f"it has {found.width * found.height:,} pixels, and {most:,} are the most "
                        "that is unpacked",
                        "make it smaller",
                    )
                return _written(ImageOps.exif_transpose(_in_colour(found)))
    except (*_BROKEN, Image.DecompressionBombError) as error:
        raise PictureRefusedError(f"it cannot be read as {kind}", _MEND) from error


def _in_colour(found: Raster) -> Raster:
    """The picture, of several the first, small, in colours of screens; transparent where it was."""
    clear = found.mode in ("RGBA", "LA", "PA") or "transparency" in found.info
    profile, orientation = found.info.get("icc_profile"), found.getexif()
    found.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # unpacks a large JPEG in part
    found.load()
    plain = found
    if found.mode not in ("RGB", "RGBA", "CMYK") or (clear and found.mode == "RGB"):
        plain = found.convert("RGBA" if clear else "RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    if profile and plain.mode in ("RGB", "CMYK"):
        plain = _in_standard_colours(plain, profile)
    elif plain.mode == "CMYK":
        plain = plain.convert("RGB")
    plain.info = {"exif": orientation.tobytes()} if orientation else {}
    return plain


def _in_standard_colours(found: Raster, profile: bytes) -> Raster:
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        standard = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(found, source, standard, outputMode="RGB") or found
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile says nothing
        return found.convert("RGB")


def _written(picture: Raster) -> MadePicture:
    """The bytes, under a name that is made of them."""
    from PIL import Image

    # A copy of what is seen: nothing else that a file may carry comes along.
    bare = Image.frombytes(picture.mode, picture.size, picture.tobytes())
    out = io.BytesIO()
    if bare.mode == "RGBA":
        bare.save(out, "PNG", optimize=True)
        ending = "png"
    else:
        bare.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
        ending = "jpg"
    data = out.getvalue()
    name = f"{hashlib.sha256(data).hexdigest()[:20]}.{ending}"
    return MadePicture(name, bare.width, bare.height, data)

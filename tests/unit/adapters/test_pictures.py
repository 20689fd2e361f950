"""What is published of a picture is what is seen, and nothing else that its file holds."""

from __future__ import annotations

import io
import struct
import sys
import zlib

import pytest
from PIL import Image

from tidings.adapters import pictures
from tidings.adapters.pictures import LONGEST_SIDE, PictureRefusedError, make

RED, BLUE = (200, 30, 30), (20, 20, 220)


def saved(picture: Image.Image, kind: str, **more: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **more)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(data))
    found.load()
    return found


def near(one: object, other: tuple[int, ...]) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


def test_a_photograph_loses_where_it_was_taken_and_is_turned_upright() -> None:
    photo = Image.new("RGB", (60, 40), RED)
    photo.paste(BLUE, (0, 0, 30, 40))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[2] = (9.0, 55.0, 0.0)
    data = saved(photo, "JPEG", exif=exif, comment=b"SECRET comment", quality=95)
    assert b"SECRET" in data
    made = make("a.jpg", data)
    shown = opened(made.data)
    assert b"SECRET" not in made.data
    assert not shown.getexif()
    assert (made.width, made.height) == shown.size == (40, 60)
    assert near(shown.getpixel((20, 5)), BLUE)
    assert near(shown.getpixel((20, 55)), RED)


def test_a_png_loses_its_texts_and_keeps_what_is_transparent() -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Author", "SECRET")
    data = saved(Image.new("RGBA", (30, 20), (*BLUE, 100)), "PNG", pnginfo=notes)
    made = make("logo.PNG", data)
    assert b"SECRET" not in made.data
    assert made.name.endswith(".png")
    assert opened(made.data).getpixel((3, 3)) == (*BLUE, 100)


def test_a_large_picture_is_made_smaller_and_a_small_one_is_not_made_larger() -> None:
    made = make("a.jpeg", saved(Image.new("RGB", (4000, 1000), RED), "JPEG"))
    assert (made.width, made.height) == (LONGEST_SIDE, LONGEST_SIDE // 4)
    assert make("a.png", saved(Image.new("RGB", (7, 5)), "PNG")).width == 7


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *(("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("LA", "PNG")),
        *(("I;16", "PNG"), ("P", "GIF"), ("RGBA", "WEBP")),
    ],
)
def test_pictures_of_every_kind_of_colours_can_be_shown(mode: str, kind: str) -> None:
    made = make(f"a.{kind.lower()}", saved(Image.new(mode, (9, 6)), kind))
    assert opened(made.data).size == (9, 6)


def test_the_name_is_made_of_the_content() -> None:
    one, other = (saved(Image.new("RGB", (9, 9), colour), "PNG") for colour in (RED, BLUE))
    assert make("a.png", one).name == make("b/c.png", one).name != make("a.png", other).name


def test_of_what_moves_the_first_picture_is_shown() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert near(opened(make("a.gif", data).data).convert("RGB").getpixel((4, 4)), RED)


def test_an_ending_that_lies_is_refused() -> None:
    with pytest.raises(PictureRefusedError, match="its name says JPEG, and it is PNG") as told:
        make("a.jpg", saved(Image.new("RGB", (9, 9)), "PNG"))
    assert told.value.hint == "correct its name"


def bomb(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.mark.parametrize("size", [(5_000, 5_000), (60_000, 60_000)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int]) -> None:
    with pytest.raises(PictureRefusedError, match=r"pixels|cannot be read"):
        make("a.png", bomb(*size))


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("a.jpg", b""),
        ("a.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 50),
        ("a.gif", b"GIF89a" + b"\xff" * 20),
        ("a.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ("a.webp", b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 9),
        ("a.jpg", b"\xff\xd8\xff\xe0" + b"\xff" * 500),
    ],
)
def test_what_is_broken_is_refused_in_words(path: str, data: bytes) -> None:
    with pytest.raises(PictureRefusedError, match="it cannot be read as"):
        make(path, data)


def test_what_breaks_off_is_refused() -> None:
    data = saved(Image.effect_noise((300, 300), 90), "JPEG")
    with pytest.raises(PictureRefusedError, match="cannot be read as JPEG"):
        make("a.jpg", data[: len(data) // 2])


def test_without_pillow_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert not pictures.is_installed()
    with pytest.raises(PictureRefusedError, match="Pillow, which is not installed") as told:
        make("a.jpg", b"")
    assert "pip install 'tidings[inputs]'" in told.value.hint

"""The picture viewer, against pictures that are drawn and made smaller or larger in Python."""

import io
import random
from array import array

import numpy as np
from PIL import Image as Picture

from isa.config import MachineConfig
from sim.host.display import Display
from sim.host.keyboard import Key, Keyboard
from tests.docs.sample_picture import PLACE, sample
from tests.support.system import boot, system
from toolchain.qfs import Image

WIDTH, HEIGHT = 48, 32
RNG = np.random.default_rng(4)


class Hand(Keyboard):
    """Presses a key a moment later, when the one before is released."""

    def changes(self, now_ms):
        self.now_ms = now_ms
        return super().changes(now_ms)

    def press(self, key):
        self.play([(self.now_ms + 80, key, True), (self.now_ms + 120, key, False)])


class Viewer(Display):
    """A person who looks at each picture and presses the next of these keys, the last one again
    and again."""

    def __init__(self, keys, width=WIDTH, height=HEIGHT):
        super().__init__(width, height)
        self.keyboard = Hand()
        self.frames = []
        self._keys = list(keys)

    def _draw(self, frame):
        self.frames.append(np.array(frame) & 0xFFFFFF)
        if self._keys:
            self.keyboard.press(self._keys.pop(0) if len(self._keys) > 1 else self._keys[0])


def view(*commands, files, display=None, config=None):
    """The session of some commands, with files in /p, which is where they run."""
    image = Image(array("I", system().disk.read_bytes()))
    image.make_directory("p")
    for name, octets in files.items():
        image.write(f"p/{name}", octets)
    options = {} if config is None else {"config": config}
    keyboard = display.keyboard if isinstance(display, Viewer) else None
    return boot("cd /p", *commands, disk=image.words.tobytes(), display=display,
                keyboard=keyboard, limit=400_000_000, **options)


# --- pictures, and what is to be seen of them ----------------------------------------------------

def netpbm(kind, samples, most=255, comment=b""):
    """A file of `P<kind>`; samples have the shape height, width[, 3]."""
    height, width = samples.shape[:2]
    maximum = b"" if kind in (1, 4) else b"%d" % most
    head = b"P%d\n%s%d %d\n%s\n" % (kind, comment, width, height, maximum)
    if kind == 1:
        return head.rstrip() + b"\n" + b"\n".join(
            b"".join(b"%d" % bit for bit in row) for row in samples)
    if kind < 4:
        return head + b" \n".join(b"%d" % value for value in samples.reshape(-1)) + b"\n"
    if kind == 4:
        return head[:-1] + np.packbits(samples.astype(bool), axis=1).tobytes()
    return head + samples.astype(">u2" if most > 255 else "u1").tobytes()


def qoi(samples):
    octets = io.BytesIO()
    Picture.fromarray(samples.astype(np.uint8)).save(octets, "QOI")
    return octets.getvalue()


def in_octets(samples, most):
    return (2 * 255 * samples.astype(np.int64) + most) // (2 * most)


def seen(colours, width=WIDTH, height=HEIGHT):
    """What a display shows of a picture: height by width by 3, or gray without the 3."""
    if colours.ndim == 2:
        colours = colours[:, :, np.newaxis].repeat(3, 2)
    h, w = colours.shape[:2]
    step = max(-(-w // width), -(-h // height))
    zoom = max(1, min(width // w, height // h))
    small = np.array([[mean(colours[y:y + step, x:x + step]) for x in range(0, w, step)]
                      for y in range(0, h, step)]).repeat(zoom, 0).repeat(zoom, 1)
    frame = np.zeros((height, width), np.uint32)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    frame[top:top + small.shape[0], left:left + small.shape[1]] = small @ [0x10000, 0x100, 1]
    return frame


def mean(square):
    count = square.shape[0] * square.shape[1]
    return (2 * square.sum(axis=(0, 1)) + count) // (2 * count)


def walk(height, width, channels):
    """A picture of long runs, small and large steps, and colours that come again."""
    steps = RNG.choice([0, 0, 0, 1, 2, 5, 12, 90, 255], (height * width, channels))
    steps[RNG.random(len(steps)) < 0.4] = 0
    colours = steps.cumsum(axis=0) % 256
    again = RNG.integers(0, len(colours), len(colours) // 4)
    colours[again] = colours[again - 7]
    return colours.reshape(height, width, channels)


BITS   = RNG.integers(0, 2, (20, 37))
GRAYS  = RNG.integers(0, 8, (9, 10))
DEEP   = RNG.integers(0, 65536, (8, 60))
COLOUR = RNG.integers(0, 256, (70, 50, 3))
FINE   = RNG.integers(0, 1001, (5, 48, 3))
WALK   = walk(40, 40, 3)
CLEAR  = walk(30, 44, 4)
CLEAR[:, :20, 3] = 255
OVER   = (CLEAR[:, :, :3] * CLEAR[:, :, 3:] + 128 * (255 - CLEAR[:, :, 3:]) + 127) // 255

# By name: the file, and the colours of its picture.
PICTURES = {
    "p1": (netpbm(1, BITS, comment=b"# 1 2 3\n#\n"), 255 * (1 - BITS)),
    "p2": (netpbm(2, GRAYS, 7), in_octets(GRAYS, 7)),
    "p2d": (netpbm(2, DEEP, 65535), in_octets(DEEP, 65535)),
    "p3": (netpbm(3, COLOUR[:9]), COLOUR[:9]),
    "p3f": (netpbm(3, FINE, 1000, b"#\n"), in_octets(FINE, 1000)),
    "p4": (netpbm(4, BITS), 255 * (1 - BITS)),
    "p5": (netpbm(5, GRAYS, 7, b"# made by hand\n"), in_octets(GRAYS, 7)),
    "p5d": (netpbm(5, DEEP, 65535), in_octets(DEEP, 65535)),
    "p6": (netpbm(6, COLOUR), COLOUR),
    "p6f": (netpbm(6, FINE, 1000), in_octets(FINE, 1000)),
    "dot": (b"P6 1#\n1 255#\n\x01\x02\x03", np.array([[[1, 2, 3]]])),
    "walk": (qoi(WALK), WALK),
    "clear": (qoi(CLEAR), OVER),
    "none": (qoi(np.zeros((16, 24, 3))), np.zeros((16, 24, 3), int)),
}
FILES = {name: octets for name, (octets, _) in PICTURES.items()}


def test_pictures_are_seen_as_they_are():
    viewer = Viewer([Key.RIGHT] * (len(PICTURES) - 1) + [Key.ESCAPE])
    session = view(f"view {' '.join(PICTURES)}; echo $?", files=FILES, display=viewer)
    assert session.lines()[-3:-1] == ["0", "/p $ exit"]
    assert len(viewer.frames) == len(PICTURES)
    for frame, (name, (_, colours)) in zip(viewer.frames, PICTURES.items(), strict=True):
        assert (frame == seen(colours)).all(), name


def test_the_coded_pictures_use_all_of_the_code():
    """Or the test above would say little of it."""
    tags = set()
    for name in ("walk", "clear"):
        octets, at = FILES[name], 14
        while at < len(octets) - 8:
            tag = octets[at]
            kind = tag if tag >= 0xFE else tag >> 6
            tags.add(kind)
            at += {0xFE: 4, 0xFF: 5, 2: 2}.get(kind, 1)
    assert tags == {0xFE, 0xFF, 0, 1, 2, 3}


def test_keys_lead_on_and_back_and_a_bad_file_is_left_out():
    names, files = ("p5", "bad", "p6", "none"), {**FILES, "bad": b"no picture at all"}
    viewer = Viewer([Key.RIGHT, Key.SPACE, ord("p"), Key.LEFT, ord("n"), ord("q")])
    session = view(f"view {' '.join(names)}; echo $?", files=files, display=viewer)
    assert "view: neither a netpbm nor a QOI picture: bad\n1\n" in session.text
    shown = [next(name for name in names if name != "bad"
                  and (frame == seen(PICTURES[name][1])).all()) for frame in viewer.frames]
    assert shown == ["p5", "p6", "none", "p6", "p5", "p6"]


def test_it_says_what_files_are_without_a_display():
    files = {**FILES, "P6 and more": b"P6 and more", "cut": FILES["p6"][:-1],
             "wide": b"P5 40000 2 255\n", "huge": b"P5 99999999999 1 255\n" + b"0" * 99,
             "empty": b"", "flat": b"P4 0 3 ", "zero": b"P5 1 1 0 11", "top": b"P5 1 1 65536 11",
             "coded": b"qoif" + bytes(4) + b"\0\0\0\1\3\0" + bytes(9),
             "five": b"qoif\0\0\0\1\0\0\0\1\5\0" + bytes(9),
             "large": b"qoif\0\0\x7f\xff\0\0\x7f\xff\3\0" + bytes(999), "head": b"qoif\0\0",
             "qoif": b"qoit", "p7": b"P7\nWIDTH 3\n"}
    names = ["p1", "p2", "p3f", "p4", "p5d", "p6", "walk", "clear", "empty", "'P6 and more'", "cut",
             "wide", "huge", "flat", "zero", "top", "coded", "five", "large", "head", "qoif", "p7",
             "/p", "/none"]
    session = view(f"view -i {' '.join(names)}; echo $?", "view", "view -x", files=files,
                   config=MachineConfig().fit("block", "serial"))
    said = session.text.split(" $ view -i", 1)[1].split("\n", 1)[1]
    assert said.startswith("""\
p1: PBM as text, 37 x 20
p2: PGM as text, 10 x 9, 0 to 7
p3f: PPM as text, 48 x 5, 0 to 1000
p4: PBM, 37 x 20
p5d: PGM, 60 x 8, 0 to 65535
p6: PPM, 50 x 70, 0 to 255
walk: QOI, 40 x 40, 0 to 255
clear: QOI with alpha, 44 x 30, 0 to 255
view: neither a netpbm nor a QOI picture: empty
view: its header is damaged: P6 and more
view: it ends too early: cut
view: the picture has a side of more than 32767 pixels: wide
view: its header is damaged: huge
view: the picture has no pixels: flat
view: its header is damaged: zero
view: its header is damaged: top
view: the picture has no pixels: coded
view: its header is damaged: five
view: it ends too early: large
view: it ends too early: head
view: neither a netpbm nor a QOI picture: qoif
view: neither a netpbm nor a QOI picture: p7
view: is a directory: /p
view: cannot open: /none
1
""")
    assert "usage: view [-i] FILE...\n" in said and "there is no option: -x" in said


def test_without_a_display_there_is_one_sentence():
    command = "view p6"
    expected = "view: there is no display, or another program has it\n1\n"
    config = MachineConfig().fit("block", "serial")
    assert expected in view(f"{command}; echo $?", files=FILES, config=config).text
    taken = view("plasma 9999 &", "sleep 0.2", f"{command}; echo $?", files=FILES,
                 display=Display(WIDTH, HEIGHT))
    assert expected in taken.text


def test_damaged_files_are_refused_and_nothing_else_happens():
    rng, files = random.Random(8), {}
    for number in range(45):
        name = rng.choice(["p1", "p2d", "p3", "p4", "p5d", "p6f", "walk", "clear"])
        octets = bytearray(FILES[name])
        for _ in range(rng.randrange(4)):
            octets[rng.randrange(rng.choice([20, len(octets)]))] = rng.randrange(256)
        if rng.random() < 0.5:
            del octets[rng.randrange(len(octets)):]
        files[f"{number}"] = bytes(octets)
    files["last"] = FILES["walk"][:-1]
    display = Viewer([Key.ESCAPE])
    session = view("for f in *; do view $f; echo status $?; done", files=files, display=display)
    lines = session.lines()
    statuses = [line for line in lines if line.startswith("status ")]
    assert len(statuses) == len(files) and set(statuses) == {"status 0", "status 1"}
    complaints = [line for line in lines if line.startswith("view: ")]
    assert len(complaints) == statuses.count("status 1")
    assert not any("process" in line or "usage" in line for line in lines)
    assert "view: its end is damaged or missing: last" in complaints


def test_a_large_picture_is_shown_while_it_is_read_and_can_be_left():
    levels = (np.arange(500)[:, np.newaxis] + np.arange(700)) % 256
    expected = seen(levels, 64, 48)
    viewer = Viewer([Key.ESCAPE], 64, 48)
    session = view("view large; echo $?", display=viewer, files={"large": netpbm(5, levels)})
    assert "\n0\n" in session.text
    assert 0 < (viewer.frames[-1] == expected).mean() < 1


def test_the_sample_is_what_its_script_makes():
    assert PLACE.read_bytes() == sample()
    viewer = Viewer([Key.ESCAPE], 160, 100)
    config = MachineConfig(cycles_per_ms=60_000).fit("display", "keyboard", "block", "serial")
    view("view /examples/quince.qoi", files={}, display=viewer, config=config)
    colours = np.array(Picture.open(PLACE)).astype(int)
    assert (viewer.frames[-1] == seen(colours, 160, 100)).all()

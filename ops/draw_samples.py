"""Draws the pictures of the demo's sample news with Pillow alone.

    python ops/draw_samples.py bot/samples/pictures

They are drawn at twice their size and scaled down, so that edges are smooth. The same run gives the same files.
"""

import math
import random
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT, SCALE = 960, 586, 2
W, H = WIDTH * SCALE, HEIGHT * SCALE
Colour = tuple[int, ...]
Draw = ImageDraw.ImageDraw


def gradient(*stops: Colour) -> Image.Image:
    """A picture whose colours go from the top to the bottom."""
    column = Image.new("RGB", (1, len(stops)))
    column.putdata(list(stops))
    return column.resize((W, H), Image.Resampling.BICUBIC)


def box(draw: Draw, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
    draw.rounded_rectangle((left * W, top * H, right * W, bottom * H), radius * W, fill=fill)


def disc(draw: Draw, centre: float, middle: float, radius: float, fill: Colour) -> None:
    r = radius * W
    draw.ellipse((centre * W - r, middle * H - r, centre * W + r, middle * H + r), fill=fill)


def shape(draw: Draw, fill: Colour, *points: tuple[float, float]) -> None:
    draw.polygon([(a * W, b * H) for a, b in points], fill=fill)


def line(draw: Draw, fill: Colour, width: float, *points: tuple[float, float]) -> None:
    draw.line([(a * W, b * H) for a, b in points], fill=fill, width=round(width * W), joint="curve")


def ridge(draw: Draw, fill: Colour, height: float, rough: float, seed: int) -> None:
    """Hills or waves from one side to the other, and all below them."""
    chance = random.Random(seed)
    waves = [(chance.uniform(1, 7), chance.uniform(0, 6), chance.uniform(0.3, 1)) for _ in range(5)]
    points = []
    for step in range(121):
        at = step / 120
        up = sum(size * math.sin(often * at * 6 + phase) for often, phase, size in waves)
        points.append((at, height - rough * up / 3))
    shape(draw, fill, (0, 1), *points, (1, 1))


def sea(draw: Draw, top: float, fill: Colour, foam: Colour, seed: int = 1) -> None:
    box(draw, 0, top, 1, 1, fill)
    chance = random.Random(seed)
    for row in range(16):
        depth = top + (1 - top) * (row + 0.6) / 16
        for _ in range(7):
            left, long = chance.random(), 0.02 + 0.003 * row
            points = [(left + long * t / 8, depth + 0.004 * math.sin(t)) for t in range(9)]
            line(draw, foam, 0.0012 + row * 0.00012, *points)


def glow(picture: Image.Image, centre: float, middle: float, radius: float, colour: Colour, strength: float) -> Draw:
    """Add light around a point. Returns what draws on top of it."""
    mask = Image.new("L", (W // 8, H // 8), 0)
    disc_at, r = (centre * W / 8, middle * H / 8), radius * W / 8
    bounds = (disc_at[0] - r, disc_at[1] - r, disc_at[0] + r, disc_at[1] + r)
    ImageDraw.Draw(mask).ellipse(bounds, fill=round(255 * strength))
    picture.paste(colour, (0, 0, W, H), mask.filter(ImageFilter.GaussianBlur(r / 2)).resize((W, H)))
    return ImageDraw.Draw(picture)


def stars(draw: Draw, count: int, lowest: float) -> None:
    chance = random.Random(7)
    for _ in range(count):
        disc(draw, chance.random(), chance.random() * lowest, chance.uniform(0.0006, 0.0016), (240, 240, 220))


def train() -> Image.Image:
    picture = gradient((247, 214, 165), (240, 170, 120), (196, 120, 110))
    draw = glow(picture, 0.78, 0.3, 0.16, (255, 240, 200), 0.9)
    disc(draw, 0.78, 0.3, 0.045, (255, 246, 220))
    ridge(draw, (170, 110, 115), 0.42, 0.05, 3)
    ridge(draw, (126, 84, 100), 0.54, 0.06, 9)
    ridge(draw, (86, 62, 84), 0.72, 0.05, 4)
    stone, shade = (206, 178, 150), (150, 118, 108)
    box(draw, 0, 0.60, 1, 0.66, stone)
    for number in range(9):
        left = number * 0.125 - 0.06
        box(draw, left, 0.64, left + 0.03, 1, shade if number % 2 else stone)
        bounds = ((left + 0.015) * W, 0.64 * H, (left + 0.14) * W, 0.92 * H)
        draw.arc(bounds, 180, 360, fill=stone, width=round(0.012 * W))
    box(draw, 0, 0.585, 1, 0.605, (96, 74, 78))
    colours = [(198, 70, 58), (50, 110, 140), (230, 170, 60), (70, 130, 100), (214, 214, 206)]
    for number in range(6):
        left, colour = 0.03 + number * 0.115, colours[number % 5]
        box(draw, left, 0.50, left + 0.105, 0.575, colour, 0.003)
        for rib in range(1, 8):
            at = left + rib * 0.0131
            line(draw, tuple(int(c * 0.82) for c in colour), 0.0012, (at, 0.507), (at, 0.57))
        for wheel in (0.02, 0.085):
            disc(draw, left + wheel, 0.585, 0.0075, (50, 40, 48))
    box(draw, 0.725, 0.47, 0.90, 0.575, (30, 78, 96), 0.006)
    shape(draw, (30, 78, 96), (0.89, 0.472), (0.945, 0.545), (0.945, 0.575), (0.89, 0.575))
    shape(draw, (190, 225, 232), (0.893, 0.487), (0.925, 0.53), (0.893, 0.53))
    box(draw, 0.74, 0.49, 0.87, 0.515, (225, 200, 120))
    for wheel in (0.745, 0.785, 0.85, 0.915):
        disc(draw, wheel, 0.585, 0.0095, (40, 34, 42))
    return picture


def harbour() -> Image.Image:
    picture = gradient((36, 60, 96), (120, 110, 140), (246, 170, 120))
    draw = glow(picture, 0.3, 0.62, 0.22, (255, 214, 150), 0.8)
    disc(draw, 0.3, 0.6, 0.05, (255, 232, 190))
    ridge(draw, (78, 84, 112), 0.6, 0.03, 5)
    sea(draw, 0.66, (44, 66, 92), (196, 150, 130))
    dark = (24, 32, 48)
    for left, tall in ((0.56, 0.16), (0.76, 0.08)):
        arm = tall + 0.12
        for leg in (0.0, 0.09):
            line(draw, dark, 0.007, (left + leg, 0.70), (left + leg, arm))
        line(draw, dark, 0.005, (left, 0.52), (left + 0.09, 0.40))
        line(draw, dark, 0.009, (left - 0.17, arm), (left + 0.14, arm))
        line(draw, dark, 0.004, (left - 0.17, arm), (left + 0.045, tall), (left + 0.14, arm))
        line(draw, dark, 0.002, (left - 0.11, arm), (left - 0.11, 0.48))
        box(draw, left - 0.135, 0.48, left - 0.085, 0.515, (220, 120, 60), 0.002)
    chance = random.Random(2)
    colours = [(196, 72, 60), (226, 170, 70), (60, 120, 146), (92, 140, 110), (214, 206, 196)]
    shape(draw, (60, 36, 44), (0.24, 0.66), (0.86, 0.66), (0.82, 0.76), (0.29, 0.76))
    for row in range(3):
        for column in range(11):
            left, top = 0.30 + column * 0.043, 0.625 - row * 0.04
            if chance.random() < 0.9 - row * 0.25:
                box(draw, left, top, left + 0.038, top + 0.035, chance.choice(colours))
    box(draw, 0.78, 0.50, 0.825, 0.66, (230, 226, 214))
    box(draw, 0, 0.84, 1, 1, (32, 36, 50))
    return picture


def lighthouse() -> Image.Image:
    picture = gradient((10, 16, 44), (24, 40, 84), (70, 84, 126))
    stars(ImageDraw.Draw(picture), 160, 0.6)
    beam = Image.new("L", (W, H), 0)
    ImageDraw.Draw(beam).polygon([(0.66 * W, 0.275 * H), (0, 0.02 * H), (0, 0.40 * H)], fill=120)
    picture.paste((255, 240, 190), (0, 0, W, H), beam.filter(ImageFilter.GaussianBlur(26)))
    draw = glow(picture, 0.66, 0.275, 0.09, (255, 240, 190), 0.9)
    sea(draw, 0.7, (18, 36, 72), (70, 96, 140))
    shape(draw, (22, 24, 40), (0.44, 1), (0.52, 0.78), (0.60, 0.72), (0.74, 0.72), (0.88, 0.80), (1, 0.92), (1, 1))
    shape(draw, (236, 232, 224), (0.625, 0.32), (0.695, 0.32), (0.715, 0.74), (0.605, 0.74))
    for top in (0.38, 0.51, 0.64):
        out = (top - 0.32) / 0.42 * 0.02
        low = out + 0.003
        points = (0.625 - out, top), (0.695 + out, top), (0.695 + low, top + 0.06), (0.625 - low, top + 0.06)
        shape(draw, (200, 62, 58), *points)
    box(draw, 0.615, 0.305, 0.705, 0.325, (40, 44, 60))
    box(draw, 0.635, 0.245, 0.685, 0.305, (255, 236, 170))
    shape(draw, (200, 62, 58), (0.628, 0.245), (0.692, 0.245), (0.66, 0.19))
    return picture


def market() -> Image.Image:
    picture = gradient((250, 232, 200), (246, 214, 170), (232, 190, 150))
    draw = ImageDraw.Draw(picture)
    for number, colour in enumerate([(222, 178, 140), (204, 150, 120), (228, 196, 160), (196, 140, 116)]):
        left = number * 0.26 - 0.02
        box(draw, left, 0.08 + 0.05 * (number % 2), left + 0.25, 0.62, colour)
        for window in range(3):
            at = left + 0.035 + window * 0.07
            box(draw, at, 0.18, at + 0.035, 0.29, (120, 140, 146), 0.01)
    box(draw, 0, 0.62, 1, 1, (190, 150, 120))
    chance = random.Random(5)
    fruits = [(226, 90, 60), (240, 180, 60), (120, 160, 70), (150, 60, 90), (190, 206, 216)]
    for stall, cloth in enumerate([(200, 70, 60), (50, 120, 130), (224, 160, 60)]):
        left = 0.03 + stall * 0.325
        for stripe in range(8):
            at, fill = left + stripe * 0.036, cloth if stripe % 2 == 0 else (248, 240, 226)
            shape(draw, fill, (at + 0.01, 0.36), (at + 0.04, 0.36), (at + 0.036, 0.50), (at, 0.50))
            draw.pieslice((at * W, 0.47 * H, (at + 0.036) * W, 0.53 * H), 0, 180, fill=fill)
        for pole in (left + 0.006, left + 0.282):
            line(draw, (110, 80, 60), 0.005, (pole, 0.5), (pole, 0.9))
        box(draw, left, 0.70, left + 0.288, 0.88, (140, 96, 66))
        for crate in range(3):
            at, colour = left + 0.008 + crate * 0.093, fruits[(stall * 2 + crate) % 5]
            box(draw, at, 0.66, at + 0.086, 0.74, (170, 122, 84), 0.003)
            for _ in range(26):
                near = tuple(max(0, min(255, c + chance.randint(-16, 16))) for c in colour)
                disc(draw, at + 0.012 + chance.random() * 0.062, 0.645 + chance.random() * 0.03, 0.0085, near)
    return picture


def regatta() -> Image.Image:
    picture = gradient((120, 190, 226), (180, 220, 238), (226, 240, 240))
    draw = ImageDraw.Draw(picture)
    for left, top, size in ((0.14, 0.16, 0.05), (0.2, 0.18, 0.04), (0.62, 0.1, 0.045), (0.68, 0.13, 0.06)):
        disc(draw, left, top, size, (244, 250, 250))
    ridge(draw, (150, 176, 160), 0.52, 0.02, 6)
    sea(draw, 0.55, (38, 112, 150), (150, 206, 220), 4)
    boats = (0.2, 0.62, 0.6), (0.9, 0.60, 0.45), (0.42, 0.70, 0.85), (0.72, 0.80, 1.25)
    sails = (240, 240, 232), (240, 196, 80), (228, 90, 70), (250, 246, 236)
    for (at, foot, size), sail in zip(boats, sails, strict=True):
        tall, wide = 0.42 * size, 0.10 * size
        low = foot - 0.04 * size
        line(draw, (70, 60, 60), 0.004 * size, (at, foot), (at + 0.012 * size, foot - tall))
        shape(draw, sail, (at + 0.016 * size, foot - tall), (at + wide, low), (at + 0.006, low))
        shape(draw, (214, 222, 222), (at - 0.004, foot - tall * 0.92), (at - 0.004, low), (at - wide * 0.7, low))
        deck, keel = foot - 0.02 * size, foot + 0.03 * size
        hull = (at - wide * 0.8, deck), (at + wide, deck), (at + wide * 0.7, keel), (at - wide * 0.5, keel)
        shape(draw, (40, 50, 70), *hull)
    return picture


def handball() -> Image.Image:
    picture = gradient((30, 36, 58), (52, 60, 90), (60, 70, 100))
    draw = ImageDraw.Draw(picture)
    chance = random.Random(11)
    shades = [(90, 84, 110), (130, 100, 110), (170, 120, 90), (80, 110, 140), (60, 60, 84)]
    for row in range(9):
        for seat in range(60):
            disc(draw, seat / 59 + chance.uniform(-0.004, 0.004), 0.07 + row * 0.045, 0.0068, chance.choice(shades))
    shape(draw, (222, 160, 96), (0, 0.56), (1, 0.56), (1, 1), (0, 1))
    shape(draw, (60, 130, 170), (0.18, 0.56), (0.82, 0.56), (0.96, 0.86), (0.04, 0.86))
    bounds = (0.02 * W, 0.66 * H, 0.98 * W, 1.16 * H)
    draw.arc(bounds, 180, 360, fill=(240, 236, 220), width=round(0.004 * W))
    for net in range(21):
        line(draw, (190, 196, 206), 0.0011, (0.34 + net * 0.016, 0.32), (0.34 + net * 0.016, 0.60))
    for net in range(10):
        line(draw, (190, 196, 206), 0.0011, (0.34, 0.32 + net * 0.03), (0.66, 0.32 + net * 0.03))
    for number in range(12):
        fill = (214, 60, 56) if number % 2 else (246, 244, 238)
        box(draw, 0.332 + number * 0.028, 0.30, 0.36 + number * 0.028, 0.325, fill)
        for post in (0.325, 0.66) if number < 9 else ():
            box(draw, post, 0.30 + number * 0.034, post + 0.015, 0.334 + number * 0.034, fill)
    kit, skin, dark = (240, 190, 60), (196, 138, 106), (40, 40, 60)
    line(draw, dark, 0.02, (0.275, 0.75), (0.23, 0.86), (0.26, 0.96))
    line(draw, dark, 0.02, (0.29, 0.75), (0.345, 0.83), (0.42, 0.80))
    line(draw, kit, 0.045, (0.275, 0.58), (0.285, 0.74))
    line(draw, skin, 0.015, (0.28, 0.57), (0.36, 0.50), (0.40, 0.40))
    line(draw, skin, 0.015, (0.27, 0.58), (0.20, 0.64), (0.17, 0.58))
    disc(draw, 0.272, 0.49, 0.024, (70, 46, 40))
    disc(draw, 0.276, 0.495, 0.019, skin)
    disc(draw, 0.425, 0.345, 0.016, (250, 250, 246))
    for trail in range(4):
        start, end = (0.395 - trail * 0.012, 0.39 + trail * 0.012), (0.412 - trail * 0.002, 0.366 + trail * 0.008)
        line(draw, (250, 250, 246), 0.0016, start, end)
    return picture


def pool() -> Image.Image:
    picture = gradient((60, 170, 200), (40, 150, 190), (30, 120, 170))
    draw = ImageDraw.Draw(picture)
    chance = random.Random(3)
    for _ in range(420):
        a, b = chance.random(), chance.random()
        line(draw, (120, 204, 222), 0.0012, (a, b), (a + 0.012, b - 0.008), (a + 0.026, b))
    for rope in range(1, 6):
        for bead in range(60):
            fill = (226, 70, 60) if (bead // 4) % 2 else (248, 246, 238)
            box(draw, bead / 60, rope / 6 - 0.008, bead / 60 + 0.014, rope / 6 + 0.008, fill, 0.003)
    for lane, at in enumerate((0.42, 0.55, 0.74, 0.60, 0.48, 0.36)):
        middle, skin = (lane + 0.5) / 6, (204, 146, 112)
        for foam in range(26):
            spread, size = chance.uniform(-0.024, 0.024), chance.uniform(0.002, 0.008)
            disc(draw, at - 0.03 - foam * 0.008, middle + spread, size, (226, 244, 248))
        line(draw, skin, 0.016, (at - 0.09, middle), (at, middle))
        line(draw, skin, 0.009, (at, middle - 0.008), (at + 0.03, middle - 0.045), (at + 0.075, middle - 0.02))
        line(draw, skin, 0.009, (at, middle + 0.008), (at - 0.03, middle + 0.05))
        disc(draw, at + 0.018, middle, 0.0125, (250, 210, 60) if lane == 2 else (240, 240, 240))
    return picture


def buoy() -> Image.Image:
    picture = gradient((86, 104, 122), (140, 156, 166), (196, 204, 200))
    draw = ImageDraw.Draw(picture)
    ridge(draw, (92, 124, 140), 0.56, 0.02, 8)
    ridge(draw, (66, 104, 126), 0.64, 0.035, 12)
    shape(draw, (240, 190, 50), (0.40, 0.66), (0.60, 0.62), (0.57, 0.76), (0.44, 0.79))
    for foot, top in ((0.43, 0.45), (0.56, 0.525)):
        line(draw, (60, 60, 70), 0.006, (foot, 0.66), (top, 0.30))
    line(draw, (60, 60, 70), 0.006, (0.42, 0.52), (0.555, 0.50))
    box(draw, 0.44, 0.24, 0.54, 0.31, (210, 70, 56), 0.008)
    line(draw, (60, 60, 70), 0.003, (0.49, 0.24), (0.485, 0.12))
    draw = glow(picture, 0.485, 0.12, 0.05, (255, 240, 180), 0.9)
    disc(draw, 0.485, 0.12, 0.008, (255, 246, 200))
    for wave in range(3):
        r = (0.05 + wave * 0.035) * W
        bounds = (0.485 * W - r, 0.12 * H - r, 0.485 * W + r, 0.12 * H + r)
        draw.arc(bounds, 300, 360, fill=(240, 240, 230), width=round(0.003 * W))
    ridge(draw, (40, 82, 108), 0.76, 0.045, 21)
    ridge(draw, (26, 60, 86), 0.88, 0.04, 14)
    return picture


def old_town() -> Image.Image:
    picture = gradient((40, 36, 84), (110, 70, 120), (226, 130, 110))
    draw = ImageDraw.Draw(picture)
    stars(draw, 60, 0.3)
    disc(draw, 0.85, 0.16, 0.035, (250, 240, 210))
    chance = random.Random(17)
    for low, fill in ((0.48, (96, 64, 104)), (0.60, (70, 46, 84)), (0.74, (44, 30, 62))):
        at = -0.03
        while at < 1:
            wide, top = chance.uniform(0.06, 0.12), low - chance.uniform(0, 0.16)
            box(draw, at, top, at + wide, 1, fill)
            if chance.random() < 0.3:
                r = wide / 2 * W
                draw.pieslice((at * W, top * H - r, (at + wide) * W, top * H + r), 180, 360, fill=fill)
            for window in range(12):
                a, b = at + 0.012 + window % 3 * wide / 3.2, top + 0.04 + window // 3 * 0.075
                if chance.random() < 0.42:
                    box(draw, a, b, a + 0.012, b + 0.034, (255, 206, 120), 0.004)
            at += wide + chance.uniform(0, 0.01)
    return picture


def cinema() -> Image.Image:
    picture = gradient((14, 14, 40), (32, 30, 70), (66, 52, 86))
    draw = ImageDraw.Draw(picture)
    stars(draw, 140, 0.45)
    box(draw, 0.06, 0.34, 0.94, 0.86, (84, 66, 76))
    for tooth in range(12):
        box(draw, 0.06 + tooth * 0.0765, 0.29, 0.10 + tooth * 0.0765, 0.36, (84, 66, 76))
    draw = glow(picture, 0.5, 0.52, 0.3, (190, 210, 240), 0.35)
    box(draw, 0.24, 0.30, 0.76, 0.74, (236, 240, 246), 0.004)
    shape(draw, (120, 160, 190), (0.26, 0.70), (0.42, 0.46), (0.50, 0.58), (0.60, 0.42), (0.74, 0.70))
    disc(draw, 0.66, 0.40, 0.028, (246, 190, 90))
    for row in range(4):
        shade = (20 + row * 3, 18 + row * 2, 36 + row * 4)
        for seat in range(22 - row):
            at, top = 0.04 + seat * (0.044 + row * 0.002) + row % 2 * 0.02, 0.84 + row * 0.05
            disc(draw, at, top, 0.0135, shade)
            box(draw, at - 0.02, top + 0.018, at + 0.02, 1.1, shade, 0.01)
    return picture


SCENES: dict[str, Callable[[], Image.Image]] = {
    "train": train, "harbour": harbour, "lighthouse": lighthouse, "market": market, "regatta": regatta,
    "handball": handball, "pool": pool, "buoy": buoy, "old-town": old_town, "cinema": cinema,
}  # fmt: skip


def main(folder: Path) -> None:
    for name, scene in SCENES.items():
        picture = scene().resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        picture.save(folder / f"{name}.jpg", quality=64, optimize=True, progressive=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

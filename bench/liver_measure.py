"""`wayline liver measure` on large maps: seconds and peak memory of the whole command, each in a fresh process.

The maps have 512 x 512 x 400 voxels: a liver that fills a fifth of it, 12 tumors, two of them touching, vessels, and a map of segments.
The command is to take less than 10 s and 2 GB. Run with `python -m bench.liver_measure`; needs the extra `imaging`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

SHAPE = (512, 512, 400)
SPACING = (0.78, 0.78, 0.8)
TUMORS = 12
_COMMAND = """
import argparse, sys, time
started = time.perf_counter()
from datetime import date
from wayline.measure_command import add_measure_arguments, measure
parser = argparse.ArgumentParser()
add_measure_arguments(parser)
measure(parser.parse_args(sys.argv[1:]), date(2026, 11, 30))
took = time.perf_counter() - started
# Not getrusage: it counts what the parent had in memory when it started this process.
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(f"{took:.2f} s, {peak / 1e6:.2f} GB", file=sys.stderr)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        maps = drawn(Path(folder))
        for name, arguments in maps.items():
            done = subprocess.run([sys.executable, "-c", _COMMAND, *arguments, "--json"], capture_output=True, text=True, check=False)
            print(f"{name:58} {done.stderr.strip()}", flush=True)


def drawn(folder: Path) -> dict[str, list[str]]:
    """The maps as files, and the arguments of each measurement."""
    liver = ball((256, 256, 200), (185, 150, 180))
    tumors = np.zeros(SHAPE, dtype=bool, order="F")
    places = np.random.default_rng(5)
    for number in range(TUMORS):
        turn = number * 2 * np.pi / TUMORS
        center = (256 + 110 * np.cos(turn), 256 + 85 * np.sin(turn), 200 + places.uniform(-80, 80))
        tumors |= ball(center, places.uniform(8, 26, 3))
    tumors |= ball((256, 256, 180), (20, 20, 20)) | ball((296, 256, 180), (20, 20, 20))
    labels = liver.astype(np.uint8)
    labels[tumors] = 2
    i, _, k = np.ogrid[:512, :512, :400]
    segments = (1 + (i // 64) % 4 + 4 * (k > 200)).astype(np.uint8) * liver
    vessels = ball((256, 200, 200), (6, 6, 160)) | ball((330, 256, 200), (120, 5, 5))
    scattered = np.where(np.random.default_rng(2).random(SHAPE, dtype=np.float32) < 0.0001, 2, labels).astype(np.uint8)
    files = {
        "labels": saved(folder / "labels.nii.gz", labels),
        "plain": saved(folder / "plain.nii", labels),
        "short": saved(folder / "short.nii.gz", labels.astype(np.int16)),
        "floats": saved(folder / "floats.nii.gz", labels.astype(np.float64)),
        "segments": saved(folder / "segments.nii.gz", np.asfortranarray(segments)),
        "vessels": saved(folder / "vessels.nii.gz", vessels.astype(np.uint8)),
        "scattered": saved(folder / "scattered.nii.gz", scattered),
        "liver": saved(folder / "liver.nii.gz", liver.astype(np.uint8)),
        "full": saved(folder / "full.nii.gz", np.ones(SHAPE, dtype=np.uint8)),
    }
    flags = ["--lesion-label", "2", "--liver-label", "1"]
    beside = ["--segments", files["segments"], "--vessels", files["vessels"], "--ducts", files["vessels"]]
    return {
        "14 tumors and the liver": [files["labels"], *flags],
        "the same, not packed": [files["plain"], *flags],
        "the same, 16 bits": [files["short"], *flags],
        "the same, 64-bit floats": [files["floats"], *flags],
        "with maps of segments, vessels and ducts": [files["labels"], *flags, *beside],
        "with 10,000 stray voxels": [files["scattered"], *flags],
        "the liver taken for one lesion": [files["liver"], *beside],
        "every voxel one lesion": [files["full"]],
    }


def ball(center: tuple[float, float, float], radii: object) -> NDArray[np.bool_]:
    """An ellipsoid in voxels."""
    axes = np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]]
    sizes = np.broadcast_to(np.asarray(radii, dtype=float), 3)
    away = sum(((axis - middle) / size) ** 2 for axis, middle, size in zip(axes, center, sizes, strict=True))
    return np.asfortranarray(away <= 1)


def saved(path: Path, labels: NDArray[np.generic]) -> str:
    image = nib.Nifti1Image(labels, np.diag([*SPACING, 1.0]))
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
    return str(path)


if __name__ == "__main__":
    main()

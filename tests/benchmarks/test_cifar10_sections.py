"""What the page says of networks that were to reach something."""

import cifar10_sections
import pytest

from .pages import cells


def row(name, maker, params, flash_bytes, float_top1, int8_top1, cycles):
    figures = {"params": params, "flash_bytes": flash_bytes, "float_top1": float_top1, "int8_top1": int8_top1}
    return {"name": name, "maker": maker, **figures, "ethos_u55_128_cycles": cycles, "p50_ms_1_thread": None}


@pytest.fixture
def networks(monkeypatch):
    rows = [
        row("small", "edgezoo", 9_000, 11_000, 0.71, 0.7, 10),
        row("large", "edgezoo", 90_000, 90_000, 0.95, 0.93, 30),
        row("resnet8", "peer", 78_000, 91_000, 0.9, 0.9, 20),
    ]
    monkeypatch.setattr(cifar10_sections, "_rows", lambda: rows)


def test_the_best_that_fits_is_held_against_what_was_wanted(networks):
    table, sentence = cifar10_sections.goals_section(None).split("\n\n")
    assert [line[1:] for line in cells(table)] == [
        ["77.00", "`small`", "70.00", "7.00 points short"],
        ["88.60", "`small`", "70.00", "18.60 points short"],
        ["91.30", "`large`", "93.00", "reached"],
        ["93.00", "`large`", "93.00", "reached"],
        ["92.00", "`large`", "93.00", "reached"],  # at the peer's file
        ["90.50", "`small`", "70.00", "20.50 points short"],  # at its cycles; latency was not measured
    ]
    assert "`large` loses the most in int8, 2.00 points" in sentence


def test_the_makers_own_files_stand_in_the_order_of_their_size(monkeypatch):
    figures = {
        "params": 480_330,
        "macs": 7,
        "n": 1000,
        "top1": 0.9,
        "top1_ci95": [0.88, 0.92],
        "cycles": 3,
        "p50_ms": 1,
    }
    rows = [{"name": name, "size_bytes": size, **figures} for name, size in (("large", 500_000), ("small", 90_000))]
    packages = {"ai-edge-litert": "2.3.0"}
    environment = {"cpu": "a processor", "time": "2026-11-28T12:00:00+00:00", "packages": packages}
    monkeypatch.setattr(cifar10_sections, "results", lambda name: {"rows": rows, "environment": environment})
    table, source = cifar10_sections.makers_section(None).split("\n\n")
    small, large = cells(table)
    assert "1,000 images" in table.splitlines()[0].split("|")[5] and "a processor" in source
    assert [small[0], large[0]] == ["`small`", "`large`"]
    assert large[1:] == ["480,330", "7", "500,000", "90.00 [88.00, 92.00]", "3", "1.0000"]

"""Boxes are measured: no text overlaps another, is cut, or lies outside of the window, on any kind of page."""

from __future__ import annotations

import pytest
from layout_checks import layout_faults
from webpages import POLICY, STEADY, folder_of, speech

from specaug_listen import sweep, write_report
from specaug_listen.vocoders import GriffinLim

WIDTHS = (360, 768, 1280, 1920, 2560)


@pytest.fixture(scope="module")
def pages(report, folder, sheet, tmp_path_factory):
    """Every kind of page: two clips with twins, a comparison, ten draws with twins, sweeps of numbers and policies."""
    out = tmp_path_factory.mktemp("layout")
    other = folder_of(out / "other", ["first", "second"], STEADY, draws=1)
    many = folder_of(out / "many", ["a clip with a name that is quite long, as those of corpora are"], POLICY, draws=10,
                     original_phase=True)  # fmt: skip
    names = ["LB", "LD", "SM", "SS", "espnet", "nemo", "icefall", "whisper"]
    eight = sweep(speech(seconds=1.0), vary={"policy": names}, vocoder=GriffinLim(n_iter=1), rng=0)
    return {
        "report": report,
        "comparison": write_report([folder, other], out / "both.html"),
        "ten draws": write_report(many),
        "sheet": sheet / "sweep.html" if sheet.is_dir() else sheet,
        "eight policies": eight.save(out / "eight"),
    }


@pytest.mark.parametrize("kind", ["report", "comparison", "ten draws", "sheet", "eight policies"])
def test_no_text_overlaps_is_cut_or_lies_outside(opened, pages, kind, subtests):
    page = opened(pages[kind])
    for width in WIDTHS:
        page.page.set_viewport_size({"width": width, "height": 900})
        for media in ({"color_scheme": "light"}, {"color_scheme": "dark"}):
            page.page.emulate_media(**media)
            page.settle()
            with subtests.test(width=width, **media):
                assert layout_faults(page.page) == []
    # Every version in its turn, the longest labels of all: gains are beside the names.
    page.page.set_viewport_size({"width": 360, "height": 740})
    page.run("p.page.setMatched(true)")
    for place in range(page.run("return p.slots.length")):
        page.run(f"p.choose({place})")
        with subtests.test(width=360, version=place):
            assert layout_faults(page.page) == []
    # A sheet of A4 paper between its margins.
    page.page.set_viewport_size({"width": 718, "height": 1040})
    page.page.emulate_media(media="print", color_scheme="light")
    page.settle()
    with subtests.test(media="print"):
        assert layout_faults(page.page) == []


def test_faults_of_layout_are_found(opened, report):
    page = opened(report)
    page.run("""
      const texts = "<p id=a>one text</p><p id=b>another text</p><p id=c>cut off at its end</p><p id=d>555 s</p>" +
        "<svg class=x-axis><text y=20>10</text><text y=24>12</text></svg>" +
        "<div><div class=panels id=e><p id=f>e</p></div></div>";
      document.body.insertAdjacentHTML("afterbegin", texts);
      const style = (id, values) => Object.assign(document.getElementById(id).style, values);
      for (const id of ["a", "b"]) style(id, { position: "absolute", left: "20px", top: "20px" });
      const list = document.createElement("select");
      list.append(new Option("1 original, which is long"));
      list.style.width = "100px";
      document.body.prepend(list);
      style("c", { width: "40px", overflow: "hidden", whiteSpace: "nowrap" });
      style("d", { width: "2.2em" });
      style("e", { display: "block", overflowX: "auto" });
      style("f", { width: "9999px", maxWidth: "none" });
    """)
    faults = layout_faults(page.page)
    assert "cut: 1 original, which is long in a list" in faults
    assert any(fault.startswith("overlap: one text") for fault in faults)
    assert "cut: cut off at its end" in faults
    assert "broken: 5 s | 555 s" in faults
    assert "crowded: 10 | 12" in faults
    assert "unsaid: panels goes on to the right" in faults

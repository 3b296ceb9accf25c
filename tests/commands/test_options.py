"""What the values of options may look like, and what they become."""

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edgezoo.commands import options
from edgezoo.commands.options import NameList, NameOrFile, Names, Numbers, Setting, Shape, WindowSettings

SIDES = st.integers(1, 10_000)
#: Text of the letters that the formats are made of, which comes nearer to them than any text.
NEARLY = st.text("0123456789,=?x-. nfpsd[]{}:&*!'\"", max_size=12) | st.text(max_size=12)


def converted(kind, text):
    """The value, or ``None`` where a user is told what is wrong with it."""
    try:
        return kind.convert(text, None, None)
    except click.BadParameter as error:
        assert repr(text) in error.message
        return None


@given(st.lists(st.none() | SIDES, min_size=3, max_size=3), st.sampled_from(["?", "None", " ? "]))
def test_a_shape_is_what_was_written(sides, anything):
    text = ",".join(anything if side is None else str(side) for side in sides)
    assert converted(Shape(), text) == tuple(sides)


@given(NEARLY)
def test_a_shape_has_three_positive_or_variable_sides(text):
    shape = converted(Shape(), text)
    assert shape is None or (len(shape) == 3 and all(side is None or side > 0 for side in shape))


@pytest.mark.parametrize("text", ["28x28", "28,28", "28,28,1,1", "0,28,1", "-1,2,3", "28,28,", "", "a,b,c"])
def test_what_is_no_shape(text):
    with pytest.raises(click.BadParameter, match="is not HEIGHT,WIDTH,CHANNELS such as 28,28,1"):
        Shape().convert(text, None, None)


@given(st.lists(SIDES))
def test_numbers_are_what_was_written(numbers):
    assert converted(Numbers(), ",".join(map(str, numbers))) == tuple(numbers)


@given(NEARLY)
def test_numbers_are_positive(text):
    numbers = converted(Numbers(), text)
    assert numbers is None or all(number > 0 for number in numbers)


@pytest.mark.parametrize("text", ["0", "1,0", "-1", "1,,2", "one", "1;2", "1.5", " "])
def test_what_are_no_numbers(text):
    with pytest.raises(click.BadParameter, match="is not a list of positive whole numbers such as 1,2"):
        Numbers().convert(text, None, None)


@given(st.from_regex(r"[a-z_]+", fullmatch=True), st.integers() | st.booleans() | st.none() | st.lists(st.integers()))
def test_a_setting_is_read_as_yaml(key, value):
    import yaml

    text = f"{key}={yaml.safe_dump(value, default_flow_style=True)}"
    assert converted(Setting(), text) == (key, tuple(value) if isinstance(value, list) else value)


@given(NEARLY | NEARLY.map("a={}".format))
def test_a_setting_is_a_pair_with_a_key(text):
    setting = converted(Setting(), text)
    assert setting is None or (len(setting) == 2 and setting[0] and text.startswith(f"{setting[0]}="))


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=same", "same"), ("a=3", 3), ("a=true", True), ("a=[8, 16]", (8, 16)), ("a=1=2", "1=2"), ("a=", None)],
)
def test_settings_mean_what_they_look_like(text, value):
    assert Setting().convert(text, None, None) == ("a", value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pading", "is not KEY=VALUE, such as padding=valid or"),
        ("=3", "is not KEY=VALUE, such as padding=valid or"),
        ("a=[1", "the value of .* cannot be read"),
        ("a=2001-99-99", "the value of .* cannot be read"),
        ("a=!!bool 3", "the value of .* cannot be read"),
    ],
)
def test_what_is_no_setting(text, message):
    with pytest.raises(click.BadParameter, match=message):
        Setting().convert(text, None, None)


LENGTHS = st.integers(0, 500)
PAIRS = st.tuples(LENGTHS, LENGTHS)


@given(st.fixed_dictionaries({"n": PAIRS, "f": PAIRS}, optional={"s": PAIRS, "d": PAIRS, "p": PAIRS}))
def test_a_window_is_what_was_written(given_pairs):
    text = ",".join(f"{key}={height}x{width}" for key, (height, width) in given_pairs.items())
    window = converted(WindowSettings(), text)
    assert window["input_size"] == given_pairs["n"] and window["kernel"] == given_pairs["f"]
    assert window.get("stride") == given_pairs.get("s") and window.get("dilation") == given_pairs.get("d")
    if "p" in given_pairs:
        assert window["padding"] == tuple((side, side) for side in given_pairs["p"])


@given(NEARLY | NEARLY.map("n=7,f=3,{}".format))
def test_a_window_has_an_input_and_a_kernel(text):
    window = converted(WindowSettings(), text)
    assert window is None or {"input_size", "kernel"} <= set(window)


def test_a_side_alone_is_height_and_width_and_padding_may_be_a_word():
    window = WindowSettings().convert("n=28, f=3x5, p=same", None, None)
    assert window == {"input_size": (28, 28), "kernel": (3, 5), "padding": "same"}


@pytest.mark.parametrize("text", ["n=7", "f=3", "n=7,f=3,q=1", "n=7,f=a", "n=7,f=3,p=full", "n=1x2x3,f=3", "n,f", ""])
def test_what_is_no_window(text):
    with pytest.raises(click.BadParameter, match=r"is not n=SIZE,f=KERNEL and any of"):
        WindowSettings().convert(text, None, None)


@pytest.mark.parametrize(
    ("kind", "text"), [(Shape(), "8,?,1"), (Numbers(), "1,2"), (Setting(), "a=[1]"), (WindowSettings(), "n=7,f=3")]
)
def test_what_is_converted_is_taken_as_it_is(kind, text):
    value = kind.convert(text, None, None)
    assert kind.convert(value, None, None) == value


def test_names_are_looked_up_when_they_are_needed():
    asked = []

    def names():
        asked.append(1)
        return {"one": 1, "two": 2}

    kind = Names(names)

    @click.command()
    @click.option("--what", type=kind, default="one", show_default=True)
    def command(what):
        click.echo(what)

    assert not asked
    runner = CliRunner()
    assert runner.invoke(command, ["--what", "two"]).output == "two\n"
    assert "'three' is not one of 'one', 'two'" in runner.invoke(command, ["--what", "three"]).output
    assert "[one|two]" in runner.invoke(command, ["--help"]).output
    assert len(asked) == 1


def test_lists_of_names_are_taken_at_once_and_one_by_one():
    runner = CliRunner()

    @click.command()
    @options.targets(help="Devices.")
    def command(targets):
        click.echo(" ".join(targets))

    assert runner.invoke(command, []).output == "\n"
    given = ["--target", "coral, tflm", "--target", "tflm", "--target", "phone"]
    assert runner.invoke(command, given).output == "coral tflm phone\n"
    from edgezoo.export import TARGETS

    assert runner.invoke(command, ["--target", "all"]).output.split() == [*TARGETS]
    for wrong in ("corral", "tflm,corral", "corral,all"):
        result = runner.invoke(command, ["--target", wrong])
        assert result.exit_code == 2 and "unknown target 'corral'; did you mean 'coral'?" in result.output
    assert runner.invoke(command, ["--target", "coral,"]).exit_code == 2


def test_completion_of_a_list_offers_what_may_follow():
    kind = NameList("name", lambda: ["one", "two"])
    assert [item.value for item in kind.shell_complete(None, None, "")] == ["one", "two", "all"]
    assert [item.value for item in kind.shell_complete(None, None, "two,o")] == ["two,one"]
    assert kind.convert(("one",), None, None) == ("one",)


def test_completion_offers_names_and_files_where_none_fits():
    kind = NameOrFile(lambda: ["strided_s", "strided_m"])
    offered = kind.shell_complete(None, None, "strided")
    assert [(item.type, item.value) for item in offered] == [("plain", "strided_s"), ("plain", "strided_m")]
    offered = kind.shell_complete(None, None, "./out")
    assert [(item.type, item.value) for item in offered] == [("file", "./out")]


def test_any_text_is_a_name_or_a_file():
    assert NameOrFile(lambda: []).convert("anything", None, None) == "anything"


def test_the_shared_names_are_those_of_the_registries():
    from edgezoo.datasets import known_datasets
    from edgezoo.zoo import list_models

    assert [item.value for item in options.MODEL.shell_complete(None, None, "")] == list_models()
    names = [row["name"] for row in known_datasets()]
    assert [item.value for item in options.DATASET.shell_complete(None, None, "")] == names

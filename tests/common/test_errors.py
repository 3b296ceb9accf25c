from edgezoo.common.errors import UnknownName


def test_unknown_name_suggests_and_says_where_to_look():
    message = str(UnknownName("data set", "fashion_mnst", ["mnist", "fashion_mnist"], "`edgezoo datasets` lists them"))
    assert message.startswith("unknown data set 'fashion_mnst'; did you mean 'fashion_mnist'")
    assert message.endswith("`edgezoo datasets` lists them.")
    assert "did you mean" not in str(UnknownName("model", "zzz", ["strided_s"]))

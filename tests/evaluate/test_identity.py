import gzip

import pytest

from edgezoo.evaluate.identity import describe_file


@pytest.mark.parametrize(
    ("name", "model", "scheme", "network"),
    [
        ("strided_s_int8.tflite", "strided_s", "int8", None),
        ("global_m_int8_96.tflite", "global_m", "int8", None),
        ("my_int8_net_float16.tflite", "my_int8_net", "float16", None),
        ("a_int16x8.tflite", "a", "int16x8", None),
        ("strided_s.keras", "strided_s", "keras", "ba7816bf8f"),
        ("mobilenet_v2.tflite", "mobilenet_v2", None, None),
    ],
)
def test_names_tell_model_and_scheme_but_never_the_network(tmp_path, name, model, scheme, network):
    path = tmp_path / name
    path.write_bytes(b"abc")
    described = describe_file(path)
    assert (described["model"], described["scheme"], described["network"]) == (model, scheme, network)
    # FIPS 180-2, appendix B.1.
    assert described["sha256"] == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert described["size_bytes"] == 3
    assert described["gzip_bytes"] == len(gzip.compress(b"abc", 9))

import hashlib
import os
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from PIL import Image

from edgezoo.common.errors import EdgezooError
from edgezoo.datasets import load_dataset


def grays(split):
    """The gray value that each image is filled with."""
    return split.read(np.arange(len(split)))[:, 4, 4, 0].tolist()


def test_one_sub_folder_a_class(flowers):
    dataset = load_dataset(flowers)
    assert dataset.name == "flowers"
    assert dataset.class_names == ("daisy", "tulip")
    assert dataset.input_shape == (8, 8, 1)
    assert all(np.unique(split.labels).tolist() == [0, 1] for split in dataset.splits.values())
    everything = sorted(value for split in dataset.splits.values() for value in grays(split))
    assert everything == [*range(10), *range(100, 110)]
    for split in dataset.splits.values():
        assert [value // 100 for value in grays(split)] == split.labels.tolist()


def test_the_same_seed_gives_the_same_splits(flowers):
    first, again, other = (grays(load_dataset(flowers, seed=seed).test) for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("validation", ["val", "validation", "Valid", None])
def test_train_and_test_folders(tmp_path, write, validation):
    for name in ("b", "a"):
        for i in range(10):
            write(f"d/Train/{name}/{i}.png", i)
        write(f"d/test/{name}/deep/er/t.png", 200)
        if validation:
            write(f"d/{validation}/{name}/v.png", 150)
    dataset = load_dataset(tmp_path / "d")
    assert dataset.class_names == ("a", "b")
    assert grays(dataset.test) == [200, 200]
    if validation:
        assert grays(dataset.validation) == [150, 150]
        assert grays(dataset.train) == [*range(10), *range(10)]
        assert dataset.source["split_from_train"] == []
    else:
        assert sorted(grays(dataset.train) + grays(dataset.validation)) == sorted([*range(10), *range(10)])
        assert dataset.source["split_from_train"] == ["validation"]


def test_without_a_test_folder_test_comes_from_train(tmp_path, write):
    for name in ("a", "b"):
        for i in range(10):
            write(f"d/train/{name}/{i}.png", i)
        write(f"d/val/{name}/v.png", 150)
    dataset = load_dataset(tmp_path / "d")
    assert grays(dataset.validation) == [150, 150]
    assert set(dataset.test.labels) == {0, 1} and max(grays(dataset.test)) < 10
    assert sorted(grays(dataset.test) + grays(dataset.train)) == sorted([*range(10), *range(10)])
    # The same picture of both classes, so of both in the same split.
    assert grays(dataset.test) == 2 * grays(dataset.test)[: len(dataset.test) // 2]


def test_train_can_be_a_class(tmp_path, write):
    for name in ("train", "tram"):
        for i in range(5):
            write(f"d/{name}/side view/{i}.png", i)
    assert load_dataset(tmp_path / "d").class_names == ("train", "tram")


@pytest.mark.parametrize(
    ("paths", "says"),
    [
        (["train/a/0.png", "test/a/0.png", "annotations/0.png"], "'annotations' beside"),
        (["train/a/0.png", "val/a/0.png", "valid/a/0.png"], "two folders for validation"),
        (["train/a/0.png", "test/b/0.png"], "no training images of 'b'"),
        (["train/a/0.png", "train/b/0.png", "train/b/1.png", "test/0.png"], "'a' has 1 images"),
        (["0.png", "1.png"], "no images in sub-folders"),
        (["a/0.png", "a/1.png", "a/2.png"], "found 1"),
        (["a/0.png", "b/0.png", "b/1.png", "b/2.png"], "'a' has 1 images"),
        (["val/a/0.png", "val/b/0.png", "test/a/0.png", "test/b/0.png"], "'test' and 'val', and no folder of training"),
        (["train/a/0.png", "train/b/0.png", "docs/readme.txt"], "'docs' beside its training"),
        (["test/a/0.png", "test/b/0.png"], "'test', and no folder of training images; name the one"),
        (["train/0.png", "test/0.png"], "'test' and 'train' look like splits, but no folder in them says which class"),
        (["train/0.png", "test/0.png", "bus/0.png"], "'test' and 'train' look like splits"),
        (
            ["fold1/a/0.png", "fold1/b/0.png", "fold2/a/0.png", "fold2/b/0.png"],
            "'fold1' and 'fold2' hold the same sub-",
        ),
        (
            ["train/a/0.png", "train/b/0.png", "query/a/0.png", "query/b/0.png"],
            r"\('a' and 'b'\).*train, validation and",
        ),
        (["cat/train/0.png", "cat/test/0.png", "dog/train/0.png", "dog/test/0.png"], "'cat' and 'dog' hold the same"),
        ([f"{c}/{part}/0.png" for c in "abcdef" for part in "xy"], "'a', 'b', 'c', 'd' and 2 more hold the same"),
        (["a/0.heic", "a/1.heic", "b/notes.txt"], r"no images in sub-folders.* What is there: 2 \.heic, 1 \.txt"),
    ],
)
def test_layouts_that_cannot_be_meant(tmp_path, write, paths, says):
    for path in paths:
        if path.endswith(".png"):
            write(f"d/{path}")
        else:
            (tmp_path / "d" / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / "d" / path).write_text("x")
    with pytest.raises(EdgezooError, match=says):
        load_dataset(tmp_path / "d")


@pytest.mark.parametrize(
    "names",
    [
        {"train": "training_set", "test": "test_set"},
        {"train": "TRAIN-IMAGES", "validation": "Valid Images", "test": "Test Images"},
        {"train": "seg_train/seg_train", "test": "seg_test/seg_test"},  # as an archive unpacks
        {"train": "train", "validation": "dev", "test": "holdout"},
        {"train": "train", "test": "eval"},
        {"train": "train/images", "validation": "val/images"},
        {"train": "flowers17/train", "test": "flowers17/test"},
        {"train": "unpacked/flowers/train2017", "validation": "unpacked/flowers/val2017"},
    ],
)
def test_splits_under_the_names_that_people_give(tmp_path, write, capfd, names):
    grey = {"train": 0, "validation": 100, "test": 200}
    for part, name in names.items():
        for i in range(20):
            write(f"d/{name}/cat/{i}.png", grey[part] + i)
            write(f"d/{name}/dog/{i}.png", grey[part] + 20 + i)
    dataset = load_dataset(tmp_path / "d")
    assert dataset.class_names == ("cat", "dog")
    assert dataset.source["folders"] == names
    assert dataset.source["split_from_train"] == sorted({"test", "validation"} - set(names))
    for part in names:
        assert {value // 100 for value in grays(dataset.splits[part])} == {grey[part] // 100}
    assert f"train images are those in {names['train']}" in capfd.readouterr().err


def test_splits_under_their_own_names_need_no_note(tmp_path, write, capfd):
    for part in ("train", "test"):
        for i in range(4):
            write(f"d/{part}/a/{i}.png", i if part == "train" else 100 + i)
            write(f"d/{part}/b/{i}.png", i + 50 if part == "train" else 150 + i)
    load_dataset(tmp_path / "d")
    assert capfd.readouterr().err == ""


def test_the_only_folder_is_opened(tmp_path, write, capfd):
    for name in ("cat", "dog"):
        for i in range(5):
            write(f"d/pets/{name}/{i}.png")
            write(f"d/__MACOSX/pets/{name}/{i}.png")
    dataset = load_dataset(tmp_path / "d")
    assert (dataset.name, dataset.class_names) == ("d", ("cat", "dog"))
    assert dataset.source["ignored"] == 10
    assert "the images are taken from pets, the only folder there" in capfd.readouterr().err


def test_classes_may_hold_folders_of_their_own(tmp_path, write):
    for name, below in (("cat", "day"), ("cat", "night"), ("dog", "day"), ("bird", ".")):
        for i in range(5):
            write(f"d/{name}/{below}/{i}.png")
    assert load_dataset(tmp_path / "d").class_names == ("bird", "cat", "dog")


@pytest.mark.parametrize("suffix", [".jfif", ".JFIF", ".jpe", ".tif", ".TIFF"])
def test_other_endings_of_the_same_formats(tmp_path, suffix):
    for label, name in enumerate(("a", "b")):
        (tmp_path / "d" / name).mkdir(parents=True)
        for i in range(10):
            image = Image.new("L", (8, 8), 100 * label + 5 * i)
            image.save(tmp_path / "d" / name / f"{i}{suffix}", format="TIFF" if "t" in suffix.lower() else "JPEG")
    dataset = load_dataset(tmp_path / "d")
    assert dataset.source["files"] == 20
    assert sorted(value for split in dataset.splits.values() for value in grays(split)) == pytest.approx(
        [100 * label + 5 * i for label in (0, 1) for i in range(10)], abs=2
    )


def test_added_pictures_leave_the_splits_of_the_others(flowers, write):
    def held_out():
        dataset = load_dataset(flowers)
        assert dataset.source["split_by"] == "content"
        return {part: set(grays(split)) for part, split in dataset.splits.items()}

    before = held_out()
    for i in range(10, 60):
        write(f"flowers/daisy/a new one {i}.png", i)
    after = held_out()
    assert not before["train"] & (after["validation"] | after["test"])


def test_pictures_that_are_renamed_or_saved_anew_stay_where_they_are(flowers):
    before = grays(load_dataset(flowers).test)
    for path in sorted((flowers / "daisy").iterdir()):
        Image.open(path).convert("RGB").save(path.with_name(f"x{9 - int(path.stem)}.bmp"))
        path.unlink()
    assert sorted(grays(load_dataset(flowers).test)) == sorted(before)


def test_an_empty_class_is_named(flowers):
    (flowers / "violet").mkdir()
    with pytest.raises(EdgezooError, match="'violet' has 0 images"):
        load_dataset(flowers)


def test_an_unlabelled_test_folder(tmp_path, write):
    for i in range(5):
        write(f"d/train/a/{i}.png")
        write(f"d/train/b/{i}.png")
        write(f"d/test/{i}.png")
    with pytest.raises(EdgezooError, match="no test images"):
        load_dataset(tmp_path / "d")


@pytest.fixture
def spoiled(flowers):
    """Flowers with every kind of bad file, and with good ones that look odd."""
    good = (flowers / "daisy" / "0.png").read_bytes()
    (flowers / "daisy" / "empty.png").touch()
    (flowers / "daisy" / "text.jpg").write_text("not a picture")
    (flowers / "tulip" / "cut.png").write_bytes(good[: len(good) * 2 // 3])
    (flowers / "tulip" / "Ünï ćode 猫.webp").write_bytes(b"RIFF\0\0\0\0WEBP")
    (flowers / "tulip" / "new\nline.png").write_bytes(b"x")
    (flowers / "tulip" / "link.png").symlink_to("nowhere")
    return flowers


BAD = [
    "daisy/empty.png",
    "daisy/text.jpg",
    "tulip/cut.png",
    "tulip/Ünï ćode 猫.webp",
    "'tulip/new\\nline.png'",
    "tulip/link.png",
]


def test_all_bad_files_are_named_in_one_line(spoiled):
    with pytest.raises(EdgezooError) as caught:
        load_dataset(spoiled)
    message = str(caught.value)
    assert message.startswith("6 of 26 image files")
    assert "\n" not in message
    assert [name for name in BAD if name not in message] == []
    assert "--skip-bad" in message


def test_skip_bad_goes_on_and_records_them(spoiled):
    dataset = load_dataset(spoiled, skip_bad=True)
    assert sum(map(len, dataset.splits.values())) == 20
    assert sorted(row["file"] for row in dataset.source["skipped"]) == sorted(BAD)
    assert {row["file"]: row["problem"] for row in dataset.source["skipped"]}["daisy/empty.png"] == "empty"


def test_nothing_but_bad_files(tmp_path):
    for name in ("a", "b"):
        (tmp_path / "d" / name).mkdir(parents=True)
        (tmp_path / "d" / name / "x.png").touch()
    with pytest.raises(EdgezooError, match="none of the 2"):
        load_dataset(tmp_path / "d", skip_bad=True)


def test_a_name_that_is_not_utf_8(flowers):
    os.rename(flowers / "daisy" / "0.png", os.fsencode(flowers / "daisy") + b"/\xff\xfe.png")
    assert len(load_dataset(flowers).source["sha256"]) == 64
    with open(os.fsencode(flowers / "daisy") + b"/\xff\xff.png", "wb") as file:
        file.write(b"x")
    with pytest.raises(EdgezooError, match=r"udcff") as caught:
        load_dataset(flowers)
    str(caught.value).encode()


def test_odd_pictures_are_decoded_not_refused(flowers):
    Image.new("CMYK", (8, 8)).save(flowers / "daisy" / "cmyk.jpg")
    Image.new("RGBA", (8, 8)).save(flowers / "daisy" / "alpha.png")
    Image.new("I;16", (8, 8)).save(flowers / "daisy" / "deep.png")
    Image.new("P", (8, 8)).save(flowers / "tulip" / "palette.GIF")
    Image.new("1", (8, 8)).save(flowers / "tulip" / "猫.bmp")
    dataset = load_dataset(flowers)
    assert dataset.source["files"] == 25
    assert dataset.source["skipped"] == []


def test_other_files_are_left_alone_and_counted(flowers, capfd):
    for name in ("daisy/.DS_Store", "daisy/._0.png", "tulip/notes.txt", "tulip/x.svg", "labels.csv"):
        (flowers / name).write_text("x")
    (flowers / ".cache" / "a").mkdir(parents=True)
    (flowers / ".cache" / "a" / "0.png").write_text("x")
    os.mkfifo(flowers / "daisy" / "pipe.png")
    dataset = load_dataset(flowers)
    assert dataset.source["ignored"] == 6
    assert dataset.class_names == ("daisy", "tulip")
    assert "6 files are left alone" in capfd.readouterr().err


def test_what_systems_leave_behind_is_no_class(flowers, capfd):
    for name in ("__MACOSX/daisy/._0.png", "daisy/__MACOSX/._1.png", "Thumbs.db", "tulip/Thumbs.db", "@eaDir/x.png",
                 "tulip/desktop.ini", "$RECYCLE.BIN/0.png", "System Volume Information/x"):  # fmt: skip
        (flowers / name).parent.mkdir(exist_ok=True, parents=True)
        (flowers / name).write_text("x")
    dataset = load_dataset(flowers)
    assert dataset.class_names == ("daisy", "tulip")
    assert (dataset.source["files"], dataset.source["ignored"]) == (20, 8)
    told = capfd.readouterr().err
    assert "8 files are left alone (" in told and "2 .db" in told and "2 __MACOSX" in told


def test_links_to_class_folders_count_links_in_circles_do_not(flowers, tmp_path):
    (tmp_path / "linked").mkdir()
    for name in ("daisy", "tulip"):
        (tmp_path / "linked" / name).symlink_to(flowers / name)
    (flowers / "loop").symlink_to(flowers)
    (flowers / "daisy" / "loop").symlink_to(flowers)
    assert load_dataset(tmp_path / "linked").source["files"] == 20
    assert load_dataset(flowers).source["files"] == 20


def test_an_accent_in_one_or_two_letters_is_the_same_class(tmp_path, write):
    for i in range(5):
        write(f"d/train/{unicodedata.normalize('NFD', 'épée')}/{i}.png")
        write(f"d/train/sabre/{i}.png")
    write(f"d/test/{unicodedata.normalize('NFC', 'épée')}/0.png")
    dataset = load_dataset(tmp_path / "d")
    assert dataset.class_names == ("sabre", "épée")
    assert dataset.test.labels.tolist() == [1]


def test_channels_go_by_the_pixels(flowers, write):
    write("flowers/daisy/gray but stored as rgb.png", (9, 9, 9))
    assert load_dataset(flowers).input_shape == (8, 8, 1)
    write("flowers/daisy/colour.png", (9, 9, 10))
    assert load_dataset(flowers).input_shape == (8, 8, 3)
    assert load_dataset(flowers, channels=1).input_shape == (8, 8, 1)
    with pytest.raises(EdgezooError, match="channels=4"):
        load_dataset(flowers, channels=4)


def test_size_asked_for(flowers, write):
    write("flowers/daisy/wide.png", 50, size=(640, 16))
    dataset = load_dataset(flowers, image_size=(12, 20))
    assert dataset.train.read([0]).shape == (1, 12, 20, 1)
    assert dataset.source["sizes"] == {"distinct": 2, "smallest": [8, 8], "largest": [16, 640]}
    assert load_dataset(flowers).input_shape == (32, 32, 1)


def test_sha256_is_that_of_sha256sums_listing(flowers):
    """The record can be checked with coreutils: find, sort and sha256sum."""
    listing = subprocess.check_output(
        "find * -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum", shell=True, cwd=flowers
    )
    assert load_dataset(flowers).source["sha256"] == hashlib.sha256(listing).hexdigest()
    (flowers / "daisy" / "0.png").write_bytes((flowers / "tulip" / "0.png").read_bytes())
    assert load_dataset(flowers).source["sha256"] != hashlib.sha256(listing).hexdigest()


def test_pipeline_streams_the_same_images(flowers, write):
    write("flowers/daisy/colour.png", (200, 100, 50), size=(30, 20))
    split = load_dataset(flowers, image_size=16).train
    order = np.random.default_rng(0).permutation(len(split))
    batches = list(split.pipeline(order, 4).as_numpy_iterator())
    assert np.array_equal(np.concatenate([images for images, _ in batches]), split.read(order))
    assert np.concatenate([labels for _, labels in batches]).tolist() == split.labels[order].tolist()


MEMORY_PROBE = """
import resource, sys
import numpy as np
from edgezoo.common.quiet import import_tensorflow
from edgezoo.datasets import load_dataset

import_tensorflow().constant(0)  # TensorFlow's own memory is not what is measured
def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

small = load_dataset(sys.argv[2], image_size=256, channels=3).train
list(small.batches(16)), list(small.pipeline(np.arange(len(small)), 16))  # thread pools and buffers exist now
before = peak_mb()
train = load_dataset(sys.argv[1], image_size=256, channels=3).train
seen = sum(len(labels) for _, labels in train.batches(16))
seen += sum(len(labels) for _, labels in train.pipeline(np.arange(len(train)), 16))
print(len(train), seen, peak_mb() - before)
"""


def test_a_folder_never_needs_the_memory_of_all_its_images(tmp_path, flowers):
    """3,000 images of 256×256×3 are 590 MB; reading all of them twice may not add a tenth of that."""
    picture = (flowers / "daisy" / "0.png").read_bytes()
    for name in ("a", "b"):
        (tmp_path / "many" / name).mkdir(parents=True)
        for i in range(1500):
            (tmp_path / "many" / name / f"{i}.png").write_bytes(picture)
    output = subprocess.check_output(
        [sys.executable, "-c", MEMORY_PROBE, tmp_path / "many", flowers], text=True, stderr=subprocess.DEVNULL
    )
    images, seen, growth_mb = map(float, output.split())
    assert seen == 2 * images > 4000
    assert growth_mb < 59

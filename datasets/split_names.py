"""Which split a name means: of a folder (``training_set``) or of an array in a file (``x_valid``).

People write the same few words in many ways: ``training_set``, ``seg_train``, ``images-test``, ``val2017``. A name is
taken apart into words: one of them names the split, words such as «set» and «images» say nothing, and what is left must
be the same in all names of a data set.
"""

import collections
import re

TRAIN, VALIDATION, TEST = "train", "validation", "test"
#: The second set of two: the test images, or the validation images where there is a test set as well.
_EVAL = "eval"

_WORDS = {
    TRAIN: "train training trn trainval",
    VALIDATION: "val valid validation validate validating dev devel development",
    TEST: "test testing tst holdout heldout",
    _EVAL: "eval evaluation evaluate evaluating",
}
_ROLES = {word: role for role, words in _WORDS.items() for word in words.split()}
_FILLING = """
    set sets data dataset datasets split splits subset part folder folders dir file files
    image images img imgs picture pictures pics photo photos sample samples
"""
_SAY_NOTHING = frozenset(_FILLING.split())


def _any_of(words):
    return "|".join(sorted(words, key=len, reverse=True))


_GLUED = re.compile(rf"({_any_of(_ROLES)})({_any_of(_SAY_NOTHING)})")


def words_of(name):
    """The words of a name in lower case: ``"TrainingSet-2"`` and ``"trainingset2"`` → ``["training", "set", "2"]``."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()
    name = re.sub(r"\b(hold|held)[\W_]out", r"\1out", name)
    words = []
    for word in re.findall(r"\d+|[^\W\d_]+", name):
        glued = None if word in _ROLES else _GLUED.fullmatch(word)
        words += glued.groups() if glued else [word]
    return words


def says_nothing(name):
    """Whether a name has no words but those that any folder of images may have: ``images``, ``data_set``."""
    return _SAY_NOTHING.issuperset(words_of(name))


def role_of(words):
    """``(role, the words left over)``; a role is a split, ``"eval"``, or ``None`` where no word or several tell it."""
    roles = {_ROLES[word] for word in words if word in _ROLES}
    if roles == {TRAIN, VALIDATION}:  # «train_val» is what there is to train with
        roles = {TRAIN}
    rest = tuple(word for word in words if word not in _ROLES and word not in _SAY_NOTHING)
    return (roles.pop() if len(roles) == 1 else None), rest


def splits_among(names):
    """The names that look like splits of one data set.

    Args:
        names: names of folders side by side.

    Returns:
        ``{name: role}``, a role as ``settled`` takes it. Where the names have something else in them, it is the same in
        all of these: of ``seg_train, seg_test, train_station`` the first two.
    """
    groups = collections.defaultdict(dict)
    for name in names:
        role, rest = role_of(words_of(name))
        if role:
            groups[rest][name] = role
    if not groups:
        return {}
    return groups[max(groups, key=lambda rest: (len(groups[rest]), -len(rest)))]


def settled(roles):
    """The splits that roles mean together.

    ``eval`` is the test set where there is no other: it is what people report who have two sets, and a test set is
    never tuned on. Beside a test set it is the validation set.

    Args:
        roles: ``{anything: role}``.

    Returns:
        ``{anything: "train", "validation" or "test"}``.
    """
    second = VALIDATION if TEST in roles.values() else TEST
    return {key: second if role == _EVAL else role for key, role in roles.items()}

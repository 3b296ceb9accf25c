"""LiteRT.js, what runs ``.tflite`` files in browsers: the files of its packages that a page needs."""

from ..common.npm import Package

VERSION = "2.5.3"
#: Folder → package.
PACKAGES = {
    "core": Package(
        "@litertjs/core",
        VERSION,
        "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
    ),
    "wasm-utils": Package(
        "@litertjs/wasm-utils",
        VERSION,
        "sha512-4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
    ),
}
#: Of four builds a page loads one: with threads, without, and for browsers without relaxed SIMD. The fourth one is for
#: WebNN, which is not used.
_BUILDS = ("internal", "threaded_internal", "compat_internal")
_NEEDED = {
    "core": (
        "package.json",
        "dist/index.js",
        *(f"wasm/litert_wasm_{build}.{kind}" for build in _BUILDS for kind in ("js", "wasm")),
    ),
    "wasm-utils": ("package.json", "dist/index.js"),
}


def litertjs_files():
    """``bytes`` by path, ``core/dist/index.js`` and so on: 29 MB, of which a browser loads a third.

    Raises:
        EdgezooError: the packages are not in the cache, and cannot be fetched.
    """
    found = {}
    for folder, package in PACKAGES.items():
        files = package.files()
        found |= {f"{folder}/{name}": files[name] for name in _NEEDED[folder]}
    return found

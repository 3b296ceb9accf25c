"""float32 throughout."""

from .scheme import Scheme, Source

SCHEME = Scheme("float32", weights="float32", activations="float32", make=Source.float_file)

"""What can be asked of a model."""

#: Each question, and whether it is asked about a picture.
QUESTIONS = {
    "feature-maps": True,
    "filters": False,
    "saliency": True,
    "grad-cam": True,
    "occlusion": True,
    "activation-maximization": False,
    "receptive-field": True,
    "pipeline": True,
}

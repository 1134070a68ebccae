"""Picture files, decoded: the one way from a file's bytes to pixels, for reading, training and the app.

`formats` tells what a file is, `still` decodes what holds one picture, `moving` what holds several, and
`container` finds what Pillow does not say: how long each is shown, and where a JPEG ends. Pillow and
NumPy do the work; nothing else of this package is needed but `errors`.
"""

"""The web app: sign to the camera, read files, learn the letters, compare models.

`server` starts it; `main` is the script that Streamlit runs for every visitor; each page has a module
or a package of its own. Pages hold no logic that could be tested without a browser: that is in the
modules beside them, which know nothing of Streamlit.
"""

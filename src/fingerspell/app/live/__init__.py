"""Reading a camera in the browser: the component takes pictures, the socket carries them, the session
reads them.
"""

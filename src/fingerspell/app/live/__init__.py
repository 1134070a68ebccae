"""Reading a camera in the browser.

The component takes pictures, the socket carries them, the session reads them.
"""

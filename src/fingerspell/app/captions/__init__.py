"""What is signed on this computer, for other programs: a page of captions, and a stream of events."""

from fingerspell.app.readers import reader_of, unspelled


def test_who_asks_again_is_given_the_same_reader():
    """A session that is given another one begins a new text, and what was signed is lost."""
    assert unspelled("default") is unspelled("default")


def test_unspelled_shares_the_model_but_does_not_correct():
    assert unspelled("default").classifier is reader_of("default").classifier
    assert unspelled("default").speller is None
    assert reader_of("default").speller is not None

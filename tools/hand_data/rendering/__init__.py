"""Hands that sign, drawn at random: bones, poses, skin, clothes, light, and what a camera sees."""

"""Tarivel, the sample language: its lexicon, morphology and sentences, and what is made from them."""
